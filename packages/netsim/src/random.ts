import { assert, type Entropy, type Random } from '@synos/interfaces';

/** A seeded source of chance with the usual conveniences. */
export interface SeededRandom extends Random {
  /** 0 (included) to 1 (not included), in steps of 2^-32. */
  unit(): number;
  /** A whole number from 0 to `limit - 1`; `limit` 1 to 2^32. */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A source of its own that follows from this one's seed and a label, whatever was drawn here meanwhile. */
  fork(label: string): SeededRandom;
}

/**
 * Chance that repeats: the same seed gives the same sequence on every engine.
 *
 * The generator is xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix32 as its authors advise. Not for secrets.
 *
 * @param seed - any number or text
 * @example
 * const random = createRandom(42);
 * if (random.chance(0.1)) drop();
 */
export function createRandom(seed: number | string): SeededRandom {
  return new Xoshiro(seed);
}

/**
 * An {@link Entropy} that is none: predictable, from a seed, so that a simulated stack chooses the same ports and
 * sequence numbers in each run. For simulations and tests alone.
 *
 * @example
 * const entropy = createTestEntropy('host a');
 */
export function createTestEntropy(seed: number | string): Entropy {
  const random = createRandom(seed);
  return {
    fill(bytes) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = random.nextUint32() >>> 24;
    },
  };
}

class Xoshiro implements SeededRandom {
  readonly #seed: string;
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    let state = hashText(this.#seed);
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) | 0;
    };
    this.#s0 = next();
    this.#s1 = next();
    this.#s2 = next();
    // A state of all zeros would stay there; an odd word keeps out of it.
    this.#s3 = next() | 1;
  }

  nextUint32(): number {
    const result = Math.imul(rotate(Math.imul(this.#s1, 5), 7), 9);
    const t = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= t;
    this.#s3 = rotate(this.#s3, 11);
    return result >>> 0;
  }

  unit(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  below(limit: number): number {
    assert(Number.isInteger(limit) && limit >= 1 && limit <= 0x1_0000_0000, 'a limit is 1 to 2^32');
    return Math.floor(this.unit() * limit);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  fork(label: string): SeededRandom {
    return new Xoshiro(`${this.#seed}/${label}`);
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
