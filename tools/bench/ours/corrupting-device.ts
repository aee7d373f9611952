import type { DeviceFeatures, DeviceListener, NetDevice, Packet } from '@synos/interfaces';

/** A device that flips one bit of one frame that it sends and is otherwise, features included, the one it stands for. */
export class CorruptingDevice implements NetDevice {
  /** Frames up to this length are left alone. */
  smallestBytes = 200;
  /** How many longer frames pass before the next is hit; negative: none is. */
  passes = -1;
  /** Distance of the bit's byte from the frame's end. */
  fromEnd = 100;
  private readonly device: NetDevice;

  constructor(device: NetDevice) {
    this.device = device;
  }

  get name(): string {
    return this.device.name;
  }
  get address(): Uint8Array<ArrayBuffer> {
    return this.device.address;
  }
  get medium(): 'ethernet' {
    return this.device.medium;
  }
  get isLoopback(): boolean {
    return this.device.isLoopback;
  }
  get mtuBytes(): number {
    return this.device.mtuBytes;
  }
  get linkUp(): boolean {
    return this.device.linkUp;
  }
  get features(): DeviceFeatures {
    return this.device.features;
  }
  get counters(): Readonly<Record<string, number>> {
    return this.device.counters;
  }

  transmit(packet: Packet): boolean {
    const isData = packet.end - packet.start > this.smallestBytes;
    if (isData && this.passes === 0) {
      // A busy device leaves the packet with its owner, who would send the damage again.
      const at = packet.end - this.fromEnd;
      const { bytes } = packet.memory;
      bytes[at] = bytes[at]! ^ 0x10;
      if (this.device.transmit(packet)) {
        this.passes = -1;
        return true;
      }
      bytes[at] = bytes[at]! ^ 0x10;
      return false;
    }
    const isTaken = this.device.transmit(packet);
    if (isTaken && isData && this.passes > 0) this.passes -= 1;
    return isTaken;
  }

  receive(): Packet | null {
    return this.device.receive();
  }
  listen(listener: DeviceListener | null): void {
    this.device.listen(listener);
  }
  advance(nowMs: number): void {
    this.device.advance(nowMs);
  }
  nextDeadline(): number {
    return this.device.nextDeadline();
  }
  close(): void {
    this.device.close();
  }
}
