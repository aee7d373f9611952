import { checksumState, type DeviceListener, type NetDevice, type Packet } from '@synos/interfaces';

const queueFrames = 1024;

/**
 * How packets to the host itself travel while no other loopback device is attached: a bounded queue shaped as a device,
 * so that they take the same way as all others and nothing re-enters.
 */
export class OwnLoopback implements NetDevice {
  readonly name = 'lo';
  readonly address: Uint8Array<ArrayBuffer> = new Uint8Array(6);
  readonly medium = 'ethernet';
  readonly isLoopback = true;
  readonly mtuBytes = 65_535;
  readonly linkUp = true;
  readonly features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_535 + 14 };
  readonly counters = { txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: 0 };
  private readonly ring: (Packet | null)[] = new Array<Packet | null>(queueFrames).fill(null);
  private head = 0;
  private count = 0;
  private hasRefused = false;
  private listener: DeviceListener | null = null;

  transmit(packet: Packet): boolean {
    if (this.count === queueFrames) {
      this.hasRefused = true;
      return false;
    }
    this.counters.txPackets++;
    this.counters.txBytes += packet.end - packet.start;
    packet.checksum = checksumState.verified;
    this.ring[(this.head + this.count) % queueFrames] = packet;
    if (this.count++ === 0) this.listener?.readable();
    return true;
  }

  receive(): Packet | null {
    const packet = this.ring[this.head]!;
    if (packet === null) return null;
    this.ring[this.head] = null;
    this.head = (this.head + 1) % queueFrames;
    this.count--;
    this.counters.rxPackets++;
    this.counters.rxBytes += packet.end - packet.start;
    if (this.hasRefused) {
      this.hasRefused = false;
      this.listener?.writable();
    }
    return packet;
  }

  listen(listener: DeviceListener | null): void {
    this.listener = listener;
    if (this.count > 0) listener?.readable();
  }

  advance(): void {}

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  close(): void {
    for (let packet = this.receive(); packet !== null; packet = this.receive()) packet.pool.release(packet);
  }
}
