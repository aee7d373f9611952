import { assert, type Packet } from '@synos/interfaces';

/** A bounded first-in, first-out queue of packets. Owns what it holds. */
export class PacketQueue {
  /** How many it takes. */
  readonly limit: number;
  /** How many wait. */
  count: number;
  private readonly slots: (Packet | null)[];
  private readonly mask: number;
  private head: number;

  constructor(limit: number) {
    assert(Number.isInteger(limit) && limit >= 1 && limit <= 1_048_576, 'a queue holds 1 to 1,048,576 packets');
    let size = 1;
    while (size < limit) size *= 2;
    this.limit = limit;
    this.count = 0;
    this.slots = new Array<Packet | null>(size).fill(null);
    this.mask = size - 1;
    this.head = 0;
  }

  get isFull(): boolean {
    return this.count === this.limit;
  }

  /** Adds a packet at the end. The caller has looked at {@link isFull}. */
  push(packet: Packet): void {
    assert(this.count < this.limit, 'push to a full queue');
    this.slots[(this.head + this.count) & this.mask] = packet;
    this.count++;
  }

  /** The oldest, which stays, or `null`. */
  first(): Packet | null {
    return this.count === 0 ? null : (this.slots[this.head] as Packet);
  }

  /** Takes the oldest, or `null`. */
  shift(): Packet | null {
    if (this.count === 0) return null;
    const packet = this.slots[this.head] as Packet;
    this.slots[this.head] = null;
    this.head = (this.head + 1) & this.mask;
    this.count--;
    return packet;
  }

  /** Releases everything and answers how many that were. */
  clear(): number {
    const cleared = this.count;
    for (let packet = this.shift(); packet !== null; packet = this.shift()) packet.pool.release(packet);
    return cleared;
  }
}
