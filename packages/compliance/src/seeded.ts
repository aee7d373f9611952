import type { Entropy, Random } from '@synos/interfaces';

/**
 * A small seeded generator (splitmix32): the same seed gives the same sequence in every engine.
 *
 * @example
 * ```ts
 * const random = createSeededRandom(7);
 * random.nextUint32(); // always the same number
 * ```
 */
export function createSeededRandom(seed: number): Random {
  let state = seed | 0;
  return {
    nextUint32(): number {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    },
  };
}

/**
 * "Entropy" that can be predicted, so that a run can be repeated. For tests alone.
 *
 * @example
 * ```ts
 * const entropy = createSeededEntropy(7);
 * entropy.fill(new Uint8Array(16));
 * ```
 */
export function createSeededEntropy(seed: number): Entropy {
  const random = createSeededRandom(seed);
  return {
    fill(bytes: Uint8Array<ArrayBuffer>): void {
      for (let at = 0; at < bytes.length; at++) bytes[at] = random.nextUint32() >>> 11;
    },
  };
}
