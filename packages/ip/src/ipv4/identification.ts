import { type Context, mixBits } from '../context.js';

const counterCount = 1024;

/**
 * Identifications (RFC 6864). Packets that nobody may fragment need none and get 0. Others draw from counters chosen
 * and offset by a keyed hash of the flow (RFC 7739 §5.3 for the idea): unique for long, and nobody can predict
 * another's or count our packets from its own.
 */
export class Identification {
  private readonly counters: Uint16Array<ArrayBuffer>;
  private readonly key: number;
  private readonly otherKey: number;

  constructor(context: Context) {
    this.counters = new Uint16Array(counterCount);
    context.entropy.fill(new Uint8Array(this.counters.buffer));
    this.key = context.randomWord();
    this.otherKey = context.randomWord();
  }

  /** 0 to 65,535, for `packets` that may be fragmented: this number and those that follow it. */
  next(source: number, destination: number, protocol: number, packets: number): number {
    const hash = mixBits(mixBits(mixBits(destination ^ this.key) ^ source ^ this.otherKey) ^ protocol);
    const slot = hash & (counterCount - 1);
    const count = this.counters[slot]!;
    this.counters[slot] = count + packets;
    return (count + (hash >>> 16)) & 0xffff;
  }
}
