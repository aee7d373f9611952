import type { DeviceFeatures, DeviceListener, NetDevice, Packet } from '@synos/interfaces';

/** Hands everything on to another device. Decorators override what they change. */
export abstract class DeviceDecorator implements NetDevice {
  readonly medium: 'ethernet';
  protected readonly inner: NetDevice;

  constructor(inner: NetDevice) {
    this.medium = 'ethernet';
    this.inner = inner;
  }

  get name(): string {
    return this.inner.name;
  }

  get address(): Uint8Array<ArrayBuffer> {
    return this.inner.address;
  }

  get isLoopback(): boolean {
    return this.inner.isLoopback;
  }

  get mtuBytes(): number {
    return this.inner.mtuBytes;
  }

  get linkUp(): boolean {
    return this.inner.linkUp;
  }

  get features(): DeviceFeatures {
    return this.inner.features;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.inner.counters;
  }

  transmit(packet: Packet): boolean {
    return this.inner.transmit(packet);
  }

  receive(): Packet | null {
    return this.inner.receive();
  }

  listen(listener: DeviceListener | null): void {
    this.inner.listen(listener);
  }

  advance(nowMs: number): void {
    this.inner.advance(nowMs);
  }

  nextDeadline(): number {
    return this.inner.nextDeadline();
  }

  close(): void {
    this.inner.close();
  }
}
