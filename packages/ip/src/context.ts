import type { Entropy, PacketPool } from '@synos/interfaces';
import type { IpCounters } from './counters.js';
import type { IpLimits } from './options.js';

const poolBytes = 256;

/** What all parts of one network layer share: the time of this entry, counters, bounds, packets and chance. */
export class Context {
  /** Milliseconds; set at each entry, never back. */
  now: number;
  /** A poll runs: calls from inside it belong to its entry, and so have its time. */
  isPolling: boolean;
  /** Goes up when a route, address, link or path MTU changes: routes that were found before look again. */
  generation: number;
  /** When any of the parts with timers (neighbours, fragments, path MTUs) wants to be advanced; may be early. */
  dueMs: number;
  readonly counters: IpCounters;
  readonly limits: IpLimits;
  readonly packets: PacketPool;
  readonly entropy: Entropy;
  private readonly randomBytes: Uint8Array<ArrayBuffer>;
  private readonly randomView: DataView<ArrayBuffer>;
  private randomAt: number;

  constructor(counters: IpCounters, limits: IpLimits, packets: PacketPool, entropy: Entropy) {
    this.now = 0;
    this.isPolling = false;
    this.generation = 1;
    this.dueMs = Number.POSITIVE_INFINITY;
    this.counters = counters;
    this.limits = limits;
    this.packets = packets;
    this.entropy = entropy;
    this.randomBytes = new Uint8Array(poolBytes);
    this.randomView = new DataView(this.randomBytes.buffer);
    this.randomAt = poolBytes;
  }

  /** A part has something to do at `deadlineMs`. */
  isDueAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs;
  }

  /** 32 unpredictable bits as an int32. */
  randomWord(): number {
    if (this.randomAt === poolBytes) {
      this.entropy.fill(this.randomBytes);
      this.randomAt = 0;
    }
    const word = this.randomView.getInt32(this.randomAt);
    this.randomAt += 4;
    return word;
  }
}

/** Mixes the bits of an int32: what secret-keyed tables of this package hash with (the key goes in by xor before). */
export function mixBits(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
