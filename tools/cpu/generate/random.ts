/** Chance from a seed: the same numbers for the same seed. */
export interface Chance {
  /** 32 bits, signed. */
  bits(): number;
  /** 0 to `below` - 1. */
  below(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** Marsaglia's xorshift32 behind a mixer (murmur3's), so that seeds beside one another are unlike. */
export function createChance(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) || 1;
  const bits = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35) | 0;
  };
  const below = (limit: number): number => Math.floor(((bits() >>> 0) / 2 ** 32) * limit);
  return {
    bits,
    below,
    once: (times) => below(times) === 0,
    pick: (list) => list[below(list.length)]!,
  };
}
