import { checksumState, type DeviceListener, type NetDevice, type Packet, type PacketPool } from '@synos/interfaces';

/** A card in a test's hand: frames out are kept as bytes, frames in are put there. */
export class FakeDevice implements NetDevice {
  readonly medium = 'ethernet';
  readonly address: Uint8Array<ArrayBuffer>;
  readonly counters: Record<string, number> = {};
  mtuBytes = 1500;
  linkUp = true;
  isLoopback = false;
  features = { fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 };
  /** Frames that were transmitted. */
  sent: Uint8Array<ArrayBuffer>[] = [];
  /** Checksum states and segment sizes of the frames in `sent`. */
  marks: { checksum: number; segmentBytes: number }[] = [];
  /** How many more frames are taken before it is busy. */
  room = Number.POSITIVE_INFINITY;
  peer: FakeDevice | null = null;
  private wasBusy = false;
  private readonly waiting: Packet[] = [];
  private listener: DeviceListener | null = null;

  readonly name: string;
  private readonly pool: PacketPool;

  constructor(name: string, pool: PacketPool, mac = 1) {
    this.name = name;
    this.pool = pool;
    this.address = new Uint8Array([2, 0, 0, 0, 0, mac]);
  }

  transmit(packet: Packet): boolean {
    if (this.room <= 0) {
      this.wasBusy = true;
      return false;
    }
    this.room--;
    if (this.peer !== null) {
      this.peer.put(packet);
      return true;
    }
    this.sent.push(packet.memory.bytes.slice(packet.start, packet.end));
    this.marks.push({ checksum: packet.checksum, segmentBytes: packet.segmentBytes });
    packet.pool.release(packet);
    return true;
  }

  /** Room for more frames: says so once if it was busy. */
  makeRoom(frames: number): void {
    this.room = frames;
    if (!this.wasBusy) return;
    this.wasBusy = false;
    this.listener?.writable();
  }

  /** Frames that were sent since the last call. */
  take(): Uint8Array<ArrayBuffer>[] {
    this.marks = [];
    return this.sent.splice(0);
  }

  /** Puts a frame into the receive queue. */
  inject(bytes: Uint8Array, verified = false): void {
    const packet = this.pool.take(bytes.length, false);
    if (packet === null) throw new Error('the test has no packet left');
    packet.start -= 14;
    packet.memory.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    if (verified) packet.checksum = checksumState.verified;
    this.put(packet);
  }

  put(packet: Packet): void {
    this.waiting.push(packet);
    if (this.waiting.length === 1) this.listener?.readable();
  }

  receive(): Packet | null {
    return this.waiting.shift() ?? null;
  }

  changed(): void {
    this.listener?.changed();
  }

  listen(listener: DeviceListener | null): void {
    this.listener = listener;
    if (this.waiting.length > 0) listener?.readable();
  }

  advance(): void {}

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  close(): void {
    for (const packet of this.waiting.splice(0)) packet.pool.release(packet);
  }
}
