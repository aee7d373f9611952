import { createMemory } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Place, readRing, writeRing } from '../src/ring.js';
import { UserBytes } from '../src/user-bytes.js';

const ringBytes = 256;

/** A ring that does not begin at the memory's beginning, full of what must stay. */
function createRing() {
  const memory = createMemory(new ArrayBuffer(1024));
  memory.bytes.fill(0xee);
  return { memory, offset: 64, byteLength: ringBytes };
}

// Arrays as programs have them: of their own, or a piece of a larger one on any boundary.
const arrays = [0, 1, 2, 3, 4, 8].map((at) =>
  Uint8Array.from({ length: 420 }, (_, i) => i * 31 + at * 7).subarray(at, 410 - at),
);
const copyOf = fc.record({
  array: fc.nat(arrays.length - 1),
  from: fc.oneof(
    fc.nat(40),
    fc.nat(10).map((n) => n * 4),
  ),
  at: fc.oneof(
    fc.nat(ringBytes - 1),
    fc.nat(ringBytes / 4 - 1).map((n) => n * 4),
  ),
  length: fc.oneof(
    fc.nat(200),
    fc.nat(40).map((n) => n * 4),
  ),
});

describe('short copies by words', () => {
  test('whatever arrays come, how often and where: the ring holds the bytes, and nothing else has changed', () => {
    fc.assert(
      fc.property(fc.array(copyOf, { minLength: 1, maxLength: 12 }), (copies) => {
        const ring = createRing();
        const model = Array.from(ring.memory.bytes);
        const user = new UserBytes();
        for (const { array, from, at, length } of copies) {
          writeRing(ring, at, user.of(arrays[array]!), from, length);
          for (let i = 0; i < length; i++) model[64 + ((at + i) % ringBytes)] = arrays[array]![from + i]!;
        }
        expect(Array.from(ring.memory.bytes)).toEqual(model);
      }),
    );
  });

  test('and out of the ring likewise', () => {
    fc.assert(
      fc.property(fc.array(copyOf, { minLength: 1, maxLength: 12 }), (copies) => {
        const ring = createRing();
        for (let i = 0; i < ringBytes; i++) ring.memory.bytes[64 + i] = i;
        const targets = arrays.map((each) => {
          const whole = new Uint8Array(420);
          return whole.subarray(each.byteOffset, each.byteOffset + each.length);
        });
        const models = targets.map((each) => new Array<number>(each.length).fill(0));
        const user = new UserBytes();
        for (const { array, from, at, length } of copies) {
          readRing(ring, at, user.of(targets[array]!), from, length);
          for (let i = 0; i < length; i++) models[array]![from + i] = (at + i) % ringBytes;
        }
        expect(targets.map((each) => Array.from(each))).toEqual(models);
      }),
    );
  });

  test('words are seen from the second time on, where the array lies on their boundaries', () => {
    const user = new UserBytes();
    const words = (bytes: Uint8Array) => (user.of(bytes) satisfies Place).words;
    const own = new Uint8Array(10);
    expect(words(own)).toBe(null);
    expect(words(own)).toHaveLength(2);
    expect(words(own)).toBe(words(own));
    const odd = new Uint8Array(10).subarray(2);
    expect([words(odd), words(odd), words(odd)]).toEqual([null, null, null]);
    expect(words(own)).toBe(null);
  });

  test('an array of more than 2 GB has offsets that are no int32', () => {
    // On no word boundary: goes byte by byte in any case.
    const at = 2 ** 31 + 15;
    const bytes = new Uint8Array(at + 48);
    const last = Uint8Array.from({ length: 48 }, (_, i) => i + 1);
    bytes.set(last, at);
    const ring = createRing();
    const user = new UserBytes();
    for (let i = 0; i < 3; i++) {
      ring.memory.bytes.fill(0, 64, 112);
      writeRing(ring, 0, user.of(bytes), at, 48);
      expect(Array.from(ring.memory.bytes.subarray(64, 112))).toEqual(Array.from(last));
    }
  });

  test('memory that shrinks is read by its own length', () => {
    const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(64, {
      maxByteLength: 64,
    });
    const bytes = new Uint8Array(buffer);
    const ring = createRing();
    const user = new UserBytes();
    for (let i = 0; i < 3; i++) writeRing(ring, 0, user.of(bytes), 0, 64);
    (buffer as unknown as { resize(length: number): void }).resize(16);
    bytes.fill(7);
    writeRing(ring, 0, user.of(bytes), 0, 16);
    expect(Array.from(ring.memory.bytes.subarray(64, 82))).toEqual([...new Array(16).fill(7), 0, 0]);
  });
});
