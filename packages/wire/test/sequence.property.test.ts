import {
  seqBetween,
  seqDistance,
  seqGreater,
  seqGreaterOrEqual,
  seqLess,
  seqLessOrEqual,
  seqMax,
  seqMin,
} from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { int32 } from './support.js';

// RFC 9293 §3.4: all arithmetic is modulo 2^32. Distances below 2^31 are ordered.
test('RFC 9293 §3.4: order holds anywhere on the circle', () => {
  fc.assert(
    fc.property(int32, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (a, ahead) => {
      const b = (a + ahead) | 0;
      expect([seqLess(a, b), seqLessOrEqual(a, b), seqGreater(a, b), seqGreaterOrEqual(a, b)]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      expect([seqLess(b, a), seqLessOrEqual(b, a), seqGreater(b, a), seqGreaterOrEqual(b, a)]).toEqual([
        false,
        false,
        true,
        true,
      ]);
      expect(seqDistance(a, b)).toBe(ahead);
      expect(seqDistance(b, a)).toBe(-ahead);
      expect([seqMax(a, b), seqMax(b, a), seqMin(a, b), seqMin(b, a)]).toEqual([b, b, a, a]);
    }),
  );
});

test('a number is neither before nor after itself', () => {
  fc.assert(
    fc.property(int32, (a) => {
      expect([seqLess(a, a), seqGreater(a, a), seqLessOrEqual(a, a), seqGreaterOrEqual(a, a)]).toEqual([
        false,
        false,
        true,
        true,
      ]);
    }),
  );
});

test('unsigned arguments mean the same as int32 ones', () => {
  expect(seqLess(0xffffffff, 0)).toBe(true);
  expect(seqMax(0xffffffff, 0xfffffff0)).toBe(-1);
  expect(seqBetween(0xfffffff0, 4, 16)).toBe(true);
});

test('seqBetween: low is inside, high is not', () => {
  const width = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(int32, width, width, (low, size, offset) => {
      expect(seqBetween(low, (low + offset) | 0, (low + size) | 0)).toBe(offset < size);
      if (size > 0) expect(seqBetween(low, (low - 1 - (offset >>> 1)) | 0, (low + size) | 0)).toBe(false);
    }),
  );
});
