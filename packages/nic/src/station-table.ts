import { assert } from '@synos/interfaces';

/** What {@link StationTable.lookUp} answers for an address that it does not know. */
export const noPort = -1;

/**
 * Which port a hardware address was last heard at (IEEE 802.1D §7.8, the filtering database). Bounded: when it is full
 * of entries that have not aged, new addresses are not learned, so that a flood of made-up senders cannot push out the
 * stations that talk.
 */
export class StationTable {
  readonly #ageMs: number;
  readonly #limit: number;
  readonly #mask: number;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #ports: Int32Array;
  readonly #heardMs: Float64Array;
  #used: number;
  #sweepMs: number;

  /**
   * @param limit - how many addresses, 1 to 65,536
   * @param ageMs - how long an address that is not heard stays
   */
  constructor(limit: number, ageMs: number) {
    assert(Number.isInteger(limit) && limit >= 1 && limit <= 65_536, 'a station table holds 1 to 65,536 addresses');
    assert(ageMs > 0, 'an address stays for some time');
    let size = 4;
    while (size < 2 * limit) size *= 2;
    this.#ageMs = ageMs;
    this.#limit = limit;
    this.#mask = size - 1;
    this.#high = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#ports = new Int32Array(size).fill(noPort);
    this.#heardMs = new Float64Array(size);
    this.#used = 0;
    this.#sweepMs = 0;
  }

  /** Addresses kept, those included that have aged and were not looked at since. */
  get size(): number {
    return this.#used;
  }

  /** Notes that the address at `at` was heard at `port`. False: there was no place. */
  learn(bytes: Uint8Array, at: number, port: number, nowMs: number): boolean {
    const high = highWord(bytes, at);
    const low = lowWord(bytes, at);
    let slot = this.#find(high, low);
    if (this.#ports[slot] === noPort) {
      if (this.#used === this.#limit) {
        if (nowMs < this.#sweepMs) return false;
        this.#sweep(nowMs);
        if (this.#used === this.#limit) return false;
        slot = this.#find(high, low);
      }
      this.#used++;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#ports[slot] = port;
    this.#heardMs[slot] = nowMs;
    return true;
  }

  /** The port of an address, or {@link noPort}. */
  lookUp(bytes: Uint8Array, at: number, nowMs: number): number {
    const slot = this.#find(highWord(bytes, at), lowWord(bytes, at));
    const port = this.#ports[slot] as number;
    if (port !== noPort && nowMs - (this.#heardMs[slot] as number) >= this.#ageMs) return noPort;
    return port;
  }

  /** Forgets every address at a port: its cable was pulled (IEEE 802.1D §17.11). */
  forgetPort(port: number): void {
    this.#rebuild((slot) => this.#ports[slot] !== port);
  }

  #find(high: number, low: number): number {
    let slot = Math.imul(high ^ Math.imul(low, 0x9e3779b1), 0x85ebca6b);
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    while (this.#ports[slot] !== noPort && (this.#low[slot] !== low || this.#high[slot] !== high)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #sweep(nowMs: number): void {
    this.#rebuild((slot) => nowMs - (this.#heardMs[slot] as number) < this.#ageMs);
    // A flood must not buy a walk over the table per frame: nothing ages before the oldest that is left.
    let oldestMs = Infinity;
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#ports[slot] !== noPort) oldestMs = Math.min(oldestMs, this.#heardMs[slot] as number);
    }
    this.#sweepMs = oldestMs === Infinity ? nowMs : oldestMs + this.#ageMs;
  }

  #rebuild(keeps: (slot: number) => boolean): void {
    const kept: [high: number, low: number, port: number, heardMs: number][] = [];
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#ports[slot] === noPort || !keeps(slot)) continue;
      kept.push([
        this.#high[slot] as number,
        this.#low[slot] as number,
        this.#ports[slot] as number,
        this.#heardMs[slot] as number,
      ]);
    }
    this.#ports.fill(noPort);
    for (const [high, low, port, heardMs] of kept) {
      const slot = this.#find(high, low);
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#ports[slot] = port;
      this.#heardMs[slot] = heardMs;
    }
    this.#used = kept.length;
    this.#sweepMs = 0;
  }
}

function highWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function lowWord(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at + 2] as number) << 24) |
    ((bytes[at + 3] as number) << 16) |
    ((bytes[at + 4] as number) << 8) |
    (bytes[at + 5] as number)
  );
}
