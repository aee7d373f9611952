import { copyBytes, copyWords, createMemory, larger, smaller } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const length = fc.oneof(fc.nat(80), fc.nat(1000));

test('copyBytes copies between arrays', () => {
  fc.assert(
    fc.property(length, fc.nat(70), fc.nat(70), fc.nat(9), (count, sourceAt, targetAt, spare) => {
      const source = Uint8Array.from({ length: sourceAt + count + spare }, (_, i) => i * 31 + 7);
      const target = new Uint8Array(targetAt + count + spare).fill(0xee);
      const expected = Array.from(target);
      for (let i = 0; i < count; i++) expected[targetAt + i] = source[sourceAt + i]!;
      copyBytes(target, targetAt, source, sourceAt, count);
      expect(Array.from(target)).toEqual(expected);
    }),
  );
});

test('copyBytes moves inside one array, overlapping or not', () => {
  fc.assert(
    fc.property(length, fc.nat(90), fc.nat(90), (count, from, to) => {
      const bytes = Uint8Array.from({ length: Math.max(from, to) + count }, (_, i) => i * 31 + 7);
      const expected = Array.from(bytes);
      expected.splice(to, count, ...Array.from(bytes.subarray(from, from + count)));
      copyBytes(bytes, to, bytes, from, count);
      expect(Array.from(bytes)).toEqual(expected);
    }),
  );
});

test('copyWords copies whole words and touches no other', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(9), fc.nat(9), fc.nat(5), (count, sourceAt, targetAt, spare) => {
      const source = Uint32Array.from({ length: sourceAt + count + spare }, (_, i) => i * 0x9e37_79b9 + 7);
      const target = new Uint32Array(targetAt + count + spare).fill(0xeeee_eeee);
      const expected = Array.from(target);
      for (let i = 0; i < count; i++) expected[targetAt + i] = source[sourceAt + i]!;
      copyWords(target, targetAt, source, sourceAt, count);
      expect(Array.from(target)).toEqual(expected);
    }),
  );
});

test('larger and smaller are what Math says of integers', () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(int32, int32, (a, b) => {
      expect([larger(a, b), smaller(a, b)]).toEqual([Math.max(a, b), Math.min(a, b)]);
    }),
  );
});

test('createMemory shows one stretch of the buffer in three ways', () => {
  const memory = createMemory(new ArrayBuffer(64), 8, 20);
  memory.bytes.set([1, 2, 3, 4], 16);
  expect(memory.view.getUint32(16)).toBe(0x01020304);
  expect(memory.words[4]).toBe(new Uint32Array(Uint8Array.of(1, 2, 3, 4).buffer)[0]);
  expect([memory.bytes.length, memory.view.byteLength, memory.words.length]).toEqual([20, 20, 5]);
  expect(createMemory(new ArrayBuffer(64), 8).bytes.length).toBe(56);
});

test('createMemory refuses what does not fit', () => {
  expect(() => createMemory(new ArrayBuffer(64), 4)).toThrow('not aligned');
  expect(() => createMemory(new ArrayBuffer(64), 8, 60)).toThrow(RangeError);
  expect(() => createMemory(new ArrayBuffer(64), 72)).toThrow(RangeError);
  expect(() => createMemory(new ArrayBuffer(64), -8)).toThrow(RangeError);
});
