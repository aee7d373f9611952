import type { Entropy, PacketPool } from '@synos/interfaces';
import { createCounters, type IpCounters } from './counters.js';
import type { PacketForwarder } from './forwarding/forwarding.js';
import type { IpParts } from './ip.js';
import { type IpLimits, limitsFrom } from './options.js';

/** What all parts of one network layer share: the time of this entry, counters, bounds, packets and chance. */
export class Context {
  /** Milliseconds; set at each entry, never back. */
  now: number;
  /** A poll runs: calls from inside it belong to its entry, and so have its time. */
  isPolling: boolean;
  /** Goes up when a route, address, link or path MTU changes: routes that were found before look again. */
  generation: number;
  /** Called when there is something to do: once until the next poll. */
  onWork: (() => void) | null;
  /** `onWork` was called (or would have been) since the last poll. */
  isNoted: boolean;
  /** Who passes on what is for others; `null` where nobody does (RFC 1122 §3.2.1.3). */
  forwarder: PacketForwarder | null;
  /** When any of the parts with timers (neighbours, fragments, path MTUs) wants to be advanced; may be early. */
  dueMs: number;
  readonly counters: IpCounters;
  readonly limits: IpLimits;
  readonly packets: PacketPool;
  readonly entropy: Entropy;

  constructor({ options = {}, packets, entropy }: IpParts) {
    this.now = 0;
    this.isPolling = false;
    this.generation = 1;
    this.onWork = null;
    this.isNoted = false;
    this.forwarder = null;
    this.dueMs = Number.POSITIVE_INFINITY;
    this.counters = createCounters();
    this.limits = limitsFrom(options);
    this.packets = packets;
    this.entropy = entropy;
  }

  /** Something is to be done: says so once until the next poll. During a poll its result says it. */
  notify(): void {
    if (this.isNoted || this.isPolling) return;
    this.isNoted = true;
    this.onWork?.();
  }

  /** A part has something to do at `deadlineMs`. */
  isDueAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs;
  }

  /** 32 unpredictable bits as an int32. */
  randomWord(): number {
    const words = new Int32Array(1);
    this.entropy.fill(new Uint8Array(words.buffer));
    return words[0]!;
  }
}

/** Mixes the bits of an int32: what secret-keyed tables of this package hash with (the key goes in by xor before). */
export function mixBits(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
