import { translate } from '@synos/compliance';
import type { PhysicalMemory } from '@synos/interfaces';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPageWalker, createRam, right, walk } from '../src/index.js';

const runs = process.env.SYNOS_LONG ? 20_000 : 1_500;

/** Eight frames of memory, a hole, and one frame that is only half there. */
const memoryOf = (): PhysicalMemory =>
  createRam({
    byteLength: 12 * 4096,
    memoryMap: [
      { address: 0, byteLength: 8 * 4096, kind: 'usable' },
      { address: 9 * 4096, byteLength: 4096, kind: 'reserved' },
      { address: 10 * 4096, byteLength: 2048, kind: 'usable' },
    ],
  });

/** Mostly an entry that leads to a table nearby, with any flags; sometimes any 64 bits. */
const entry = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 0, max: 15 }))
      .map(([frame, flags, odd]) => {
        const present = odd === 0 ? BigInt(flags) : BigInt(flags | 7);
        const small = odd < 12 ? present & ~0x80n : present;
        return (BigInt(frame) << 12n) | small | (odd === 1 || odd === 13 ? 1n << 63n : 0n);
      }),
  },
  // A large page, with and without bits below its size.
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.bigInt(0n, 2n ** 22n - 1n), fc.integer({ min: 0, max: 51 }))
      .map(([page, odd]) => (page << 30n) | (odd > 12 ? 1n << BigInt(odd) : 0n) | 0x87n),
  },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
);

const address = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 47 - 1 }),
  fc.integer({ min: -(2 ** 47), max: -1 }),
  // The first few entries of every table, which the tables below fill.
  fc
    .array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 })
    .map(([a, b, c, d]) => a! * 2 ** 39 + b! * 2 ** 30 + c! * 2 ** 21 + d! * 4096 + 0x123),
);
const access = fc.integer({ min: 0, max: 7 });

const fill = (memory: PhysicalMemory, words: readonly bigint[]): void => {
  for (const frame of [0, 1, 2, 3, 4, 5, 6, 7, 9]) {
    const bytes = memory.mem(frame * 4096, 4096);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 4096);
    for (let index = 0; index < 512; index++)
      view.setBigUint64(index * 8, words[(index + frame) % words.length]!, true);
  }
};

const inWords = (bits: number) => ({
  write: (bits & right.write) !== 0,
  user: (bits & right.user) !== 0,
  fetch: (bits & right.execute) !== 0,
});

describe('a walk over any bytes', () => {
  test('comes to what the independent walker comes to (SDM vol. 3, 4.5 to 4.7)', () => {
    const seen = new Map<string, number>();
    const property = fc.property(
      fc.array(entry, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 12 }),
      fc.array(fc.tuple(address, access), { minLength: 20, maxLength: 20 }),
      (words, root, probes) => {
        const memory = memoryOf();
        fill(memory, words);
        const walker = createPageWalker(memory);
        for (const [at, bits] of probes) {
          const ours = walker.walk(root * 4096, at, bits);
          const theirs = translate(memory, root * 4096, at, inWords(bits));
          const translated = walker.translate(root * 4096, at, bits);
          expect(translated).toBe(ours.fault === null ? ours.address : -1 - ours.errorCode);
          const kind = ours.fault ?? `leaf of ${ours.pageBytes}`;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          if (ours.fault !== null) {
            expect(ours.errorCode).toBe(theirs.errorCode);
            continue;
          }
          expect(theirs.errorCode).toBe(null);
          if (theirs.leaf === null) return;
          expect(ours.address).toBe(theirs.physical);
          expect(ours.frame).toBe(Math.floor(theirs.physical / 4096) * 4096);
          expect(ours.pageBytes).toBe(theirs.leaf.pageBytes);
          expect(ours.accessed).toBe(theirs.leaf.isAccessed);
          expect(ours.dirty).toBe(theirs.leaf.isDirty);
          const { isWritable, isUser, isExecutable, isGlobal } = theirs.leaf;
          expect((ours.rights & right.write) !== 0).toBe(isWritable);
          expect((ours.rights & right.user) !== 0).toBe(isUser);
          expect((ours.rights & right.execute) !== 0).toBe(isExecutable);
          expect((ours.rights & right.global) !== 0).toBe(isGlobal);
        }
      },
    );
    fc.assert(property, { numRuns: runs });
    // The bytes are not so random that nothing is reached.
    const kinds = ['leaf of 4096', 'leaf of 2097152', 'leaf of 1073741824', 'not-present', 'protection'];
    for (const kind of [...kinds, 'reserved-bit', 'outside-memory']) expect(seen.get(kind), kind).toBeGreaterThan(30);
  });

  test('changes nothing but accessed and dirty bits, and those only where the access is allowed', () => {
    const property = fc.property(
      fc.array(entry, { minLength: 1, maxLength: 12 }),
      address,
      access,
      (words, at, bits) => {
        const memory = memoryOf();
        fill(memory, words);
        const before = memory.mem(0, 8 * 4096).slice();
        const isAsBefore = (): boolean => memory.mem(0, 8 * 4096).every((byte, index) => byte === before[index]);
        const plain = walk(memory, 0, at, bits);
        expect(isAsBefore()).toBe(true);
        const marked = walk(memory, 0, at, bits, { marks: true });
        const after = memory.mem(0, 8 * 4096);
        if (plain.fault !== null) {
          expect(marked).toEqual(plain);
          expect(isAsBefore()).toBe(true);
          return;
        }
        let changed = 0;
        for (let index = 0; index < before.length; index++) {
          if (after[index] === before[index]) continue;
          changed += 1;
          expect(index % 8).toBe(0);
          expect(after[index]! & ~0x60).toBe(before[index]! & ~0x60);
          expect(after[index]! & before[index]!).toBe(before[index]);
        }
        expect(changed).toBeLessThanOrEqual(4);
        const again = walk(memory, 0, at, 0);
        if (again.fault !== null) return;
        expect(again.accessed).toBe(true);
        if ((bits & right.write) !== 0) expect(again.dirty).toBe(true);
      },
    );
    fc.assert(property, { numRuns: Math.ceil(runs / 8) });
  });

  test('no number is too odd', () => {
    const memory = memoryOf();
    const odd = [Number.NaN, Infinity, -Infinity, 2 ** 47, -(2 ** 47) - 1, 2 ** 63, -1.5, 0.5, -0, 2 ** 52, 2 ** 53];
    for (const root of odd) for (const at of odd) expect(() => walk(memory, root, at, 7)).not.toThrow();
    for (const at of [Number.NaN, Infinity, 2 ** 47, -(2 ** 47) - 1]) {
      expect(walk(memory, 0, at, right.write)).toEqual({ fault: 'not-canonical', level: 0, errorCode: 0 });
    }
  });
});
