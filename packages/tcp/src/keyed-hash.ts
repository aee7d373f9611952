import type { Address, Entropy } from '@synos/interfaces';

/**
 * HalfSipHash: a keyed hash short enough for each packet, whose collisions nobody can choose without the key. It
 * orders the demultiplexer (1 and 3 rounds) and, with a key of its own, makes initial sequence numbers and timestamp
 * offsets (2 and 4 rounds; RFC 6528 §3 asks for a keyed pseudo-random function).
 */
export class KeyedHash {
  readonly key0: number;
  readonly key1: number;
  private readonly absorbRounds: number;
  private readonly finishRounds: number;
  private v0: number;
  private v1: number;
  private v2: number;
  private v3: number;

  constructor(key0: number, key1: number, absorbRounds: number, finishRounds: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
    this.absorbRounds = absorbRounds;
    this.finishRounds = finishRounds;
    this.v0 = 0;
    this.v1 = 0;
    this.v2 = 0;
    this.v3 = 0;
  }

  /** The same function under another key. */
  withKey(key0: number, key1: number): KeyedHash {
    return new KeyedHash(key0, key1, this.absorbRounds, this.finishRounds);
  }

  /** 32 bits of a four-tuple, as int32. `tweak` separates uses of one key. */
  ofFlow(local: Address, localPort: number, remote: Address, remotePort: number, tweak: number): number {
    this.v0 = this.key0;
    this.v1 = this.key1;
    this.v2 = 0x6c796765 ^ this.key0;
    this.v3 = 0x74656462 ^ this.key1;
    this.absorb(local.w3);
    this.absorb(remote.w3);
    this.absorb((localPort << 16) | remotePort);
    // IPv4-mapped addresses differ in their last word alone.
    if (remote.w2 !== 0xffff || (remote.w0 | remote.w1) !== 0) {
      this.absorb(local.w0);
      this.absorb(local.w1);
      this.absorb(local.w2);
      this.absorb(remote.w0);
      this.absorb(remote.w1);
      this.absorb(remote.w2);
    }
    this.absorb(tweak);
    this.v2 ^= 0xff;
    this.rounds(this.finishRounds);
    return this.v1 ^ this.v3;
  }

  private absorb(word: number): void {
    this.v3 ^= word;
    this.rounds(this.absorbRounds);
    this.v0 ^= word;
  }

  private rounds(count: number): void {
    let { v0, v1, v2, v3 } = this;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}

/** A hash with a key that nobody knows. */
export function secretHash(entropy: Entropy, absorbRounds: number, finishRounds: number): KeyedHash {
  const bytes = new Uint8Array(8);
  entropy.fill(bytes);
  const view = new DataView(bytes.buffer);
  return new KeyedHash(view.getInt32(0), view.getInt32(4), absorbRounds, finishRounds);
}
