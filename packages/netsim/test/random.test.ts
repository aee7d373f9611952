import { describe, expect, test } from 'vitest';
import { createRandom, createTestEntropy } from '../src/index.js';

describe('seeded chance', () => {
  test('is xoshiro128**: the same steps worked out apart, with 64-bit arithmetic', () => {
    const mask = 0xffff_ffffn;
    const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    // The state after seeding by splitmix32 from FNV-1a of '1'.
    let seed = ((0x811c9dc5n ^ 0x31n) * 0x01000193n) & mask;
    const next = (): bigint => {
      seed = (seed + 0x9e3779b9n) & mask;
      let z = seed;
      z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
      z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
      return z ^ (z >> 15n);
    };
    const s = [next(), next(), next(), next() | 1n] as [bigint, bigint, bigint, bigint];
    const random = createRandom(1);
    for (let i = 0; i < 1000; i++) {
      const expected = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
      const t = (s[1] << 9n) & mask;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotate(s[3], 11n);
      expect(random.nextUint32()).toBe(Number(expected));
    }
  });

  test('the same seed repeats, another does not; a number and its text are one seed', () => {
    const draw = (seed: number | string) => {
      const random = createRandom(seed);
      return Array.from({ length: 8 }, () => random.nextUint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw('7')).toEqual(draw(7));
    expect(draw(8)).not.toEqual(draw(7));
  });

  test('is spread evenly enough: bytes by chi-squared, all ranges hit', () => {
    const random = createRandom('spread');
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < 256 * 200; i++) {
      const byte = random.below(256);
      counts[byte] = (counts[byte] as number) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    // 255 degrees of freedom: mean 255, deviation 22.6.
    expect(chiSquared).toBeGreaterThan(165);
    expect(chiSquared).toBeLessThan(345);
  });

  test('a fork does not depend on what was drawn', () => {
    const one = createRandom(3);
    const two = createRandom(3);
    two.nextUint32();
    expect(one.fork('x').nextUint32()).toBe(two.fork('x').nextUint32());
    expect(one.fork('x').nextUint32()).not.toBe(one.fork('y').nextUint32());
  });

  test('test entropy follows from its seed', () => {
    const fill = (seed: string) => {
      const bytes = new Uint8Array(16);
      createTestEntropy(seed).fill(bytes);
      return bytes;
    };
    expect(fill('a')).toEqual(fill('a'));
    expect(fill('a')).not.toEqual(fill('b'));
  });
});
