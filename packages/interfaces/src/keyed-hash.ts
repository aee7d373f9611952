import type { Address } from './address.js';
import type { Entropy } from './chance.js';

/** Three words of an IPv4 flow, six more of a longer one, and the tweak. */
const mostWords = 10;

/**
 * HalfSipHash of a flow: a keyed hash short enough for each packet, whose collisions nobody can choose without the key.
 * Transports order their demultiplexers by it (1 and 3 rounds), so that senders cannot crowd one place; with a key of
 * its own it makes initial sequence numbers (2 and 4 rounds; RFC 6528 §3 asks for a keyed pseudo-random function).
 */
export class KeyedHash {
  readonly key0: number;
  readonly key1: number;
  private readonly absorbRounds: number;
  private readonly finishRounds: number;
  private readonly message: Int32Array<ArrayBuffer>;

  /** @param key0 - with `key1` the 64 bits of the key */
  constructor(key0: number, key1: number, absorbRounds: number, finishRounds: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
    this.absorbRounds = absorbRounds;
    this.finishRounds = finishRounds;
    this.message = new Int32Array(mostWords);
  }

  /** The same function under another key. */
  withKey(key0: number, key1: number): KeyedHash {
    return new KeyedHash(key0, key1, this.absorbRounds, this.finishRounds);
  }

  /** 32 bits of a four-tuple, as int32. `tweak` separates uses of one key. */
  ofFlow(local: Address, localPort: number, remote: Address, remotePort: number, tweak: number): number {
    const { message } = this;
    let count = 3;
    message[0] = local.w3;
    message[1] = remote.w3;
    message[2] = (localPort << 16) | remotePort;
    // IPv4-mapped addresses differ in their last word alone.
    if ((((local.w2 | remote.w2) ^ 0xffff) | local.w0 | local.w1 | remote.w0 | remote.w1) !== 0) {
      count = 9;
      message[3] = local.w0;
      message[4] = local.w1;
      message[5] = local.w2;
      message[6] = remote.w0;
      message[7] = remote.w1;
      message[8] = remote.w2;
    }
    message[count] = tweak;
    let v0 = this.key0;
    let v1 = this.key1;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
    for (let at = 0; at <= count + 1; at++) {
      const isEnd = at > count;
      const word = isEnd ? 0 : message[at]!;
      if (isEnd) v2 ^= 0xff;
      v3 ^= word;
      for (let rounds = isEnd ? this.finishRounds : this.absorbRounds; rounds > 0; rounds--) {
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
      v0 ^= word;
    }
    return v1 ^ v3;
  }
}

/** A hash with a key that nobody knows. */
export function secretHash(entropy: Entropy, absorbRounds: number, finishRounds: number): KeyedHash {
  const bytes = new Uint8Array(8);
  entropy.fill(bytes);
  const view = new DataView(bytes.buffer);
  return new KeyedHash(view.getInt32(0), view.getInt32(4), absorbRounds, finishRounds);
}
