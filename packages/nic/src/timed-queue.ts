import type { Packet } from '@synos/interfaces';

/** A bounded queue of packets by time; equal times leave in the order they came. Owns what it holds. */
export class TimedQueue {
  readonly limit: number;
  count: number;
  readonly #packets: (Packet | null)[];
  readonly #dueMs: number[];
  readonly #order: number[];
  #nextOrder: number;

  constructor(limit: number) {
    this.limit = limit;
    this.count = 0;
    this.#packets = [];
    this.#dueMs = [];
    this.#order = [];
    this.#nextOrder = 0;
  }

  get isFull(): boolean {
    return this.count >= this.limit;
  }

  /** When the first is due, `Infinity` if there is none. */
  get firstDueMs(): number {
    return this.count === 0 ? Infinity : (this.#dueMs[0] as number);
  }

  /** Adds a packet; the caller has looked at {@link isFull}. */
  push(packet: Packet, dueMs: number): void {
    let at = this.count++;
    const order = this.#nextOrder++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // The newcomer is the youngest: among equals it stays below.
      if ((this.#dueMs[parent] as number) <= dueMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#packets[at] = packet;
    this.#dueMs[at] = dueMs;
    this.#order[at] = order;
  }

  /** Takes the first if it is due, else `null`. */
  shiftDue(nowMs: number): Packet | null {
    return this.count === 0 || (this.#dueMs[0] as number) > nowMs ? null : this.#shift();
  }

  /** Releases everything and answers how many that were. */
  clear(): number {
    const cleared = this.count;
    while (this.count > 0) {
      const packet = this.#shift();
      packet.pool.release(packet);
    }
    return cleared;
  }

  #shift(): Packet {
    const first = this.#packets[0] as Packet;
    const last = --this.count;
    const lastDueMs = this.#dueMs[last] as number;
    const lastOrder = this.#order[last] as number;
    const lastPacket = this.#packets[last] as Packet;
    this.#packets[last] = null;
    if (last > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= last) break;
        if (child + 1 < last && this.#isBefore(child + 1, this.#dueMs[child] as number, this.#order[child] as number)) {
          child++;
        }
        if (!this.#isBefore(child, lastDueMs, lastOrder)) break;
        this.#move(child, at);
        at = child;
      }
      this.#packets[at] = lastPacket;
      this.#dueMs[at] = lastDueMs;
      this.#order[at] = lastOrder;
    }
    return first;
  }

  #isBefore(at: number, dueMs: number, order: number): boolean {
    const mineMs = this.#dueMs[at] as number;
    return mineMs < dueMs || (mineMs === dueMs && (this.#order[at] as number) < order);
  }

  #move(from: number, to: number): void {
    this.#packets[to] = this.#packets[from] as Packet;
    this.#dueMs[to] = this.#dueMs[from] as number;
    this.#order[to] = this.#order[from] as number;
  }
}
