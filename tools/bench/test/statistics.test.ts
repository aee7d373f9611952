import { describe, expect, test } from 'vitest';
import { chunkBytes, createContent, expectedDigest, HashedChunks } from '../harness/content.js';
import { compare, median, type Sample } from '../harness/statistics.js';

describe('median', () => {
  test('of an odd number is the middle one, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });
  test('of an even number is the mean of the two in the middle', () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });
  test('leaves its argument alone', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('compare', () => {
  const sample = (amount: number, seconds: number, cpuSeconds = seconds): Sample => ({ amount, seconds, cpuSeconds });

  test('rates are amounts over time, whatever amount each side was given', () => {
    const result = compare(
      [sample(100, 1), sample(300, 1), sample(200, 1)],
      [sample(10, 1), sample(10, 2), sample(40, 1)],
    );
    expect(result.ours).toEqual({ median: 200, lowest: 100, highest: 300 });
    expect(result.peer).toEqual({ median: 10, lowest: 5, highest: 40 });
    expect(result.ratio).toBe(20);
    expect(result.pairRatios).toEqual({ median: 10, lowest: 5, highest: 60 });
  });

  test('per CPU-second a side that keeps two cores busy counts half', () => {
    const result = compare([sample(100, 1, 1)], [sample(100, 1, 2)]);
    expect(result.ratio).toBe(1);
    expect(result.cpuRatio).toBe(2);
  });
});

describe('the hash of received bytes', () => {
  const content = createContent();

  const digestOf = (bytes: Uint8Array, pieceBytes: number): string => {
    const hashed = new HashedChunks();
    for (let at = 0; at < bytes.length; at += pieceBytes) hashed.append(bytes.subarray(at, at + pieceBytes));
    return hashed.digest();
  };

  test('does not depend on the pieces that bytes came in', () => {
    const whole = expectedDigest(content, content.length);
    for (const pieceBytes of [1448, 4096, 65_536, 100_001]) expect(digestOf(content, pieceBytes)).toBe(whole);
  });

  test('sees a flipped bit, two chunks exchanged, and a stream of another length', () => {
    const right = digestOf(content, chunkBytes);
    const flipped = content.slice();
    flipped[70_000] = flipped[70_000]! ^ 1;
    expect(digestOf(flipped, chunkBytes)).not.toBe(right);
    const exchanged = content.slice();
    exchanged.copyWithin(0, chunkBytes, 2 * chunkBytes);
    exchanged.set(content.subarray(0, chunkBytes), chunkBytes);
    expect(digestOf(exchanged, chunkBytes)).not.toBe(right);
    expect(expectedDigest(content, chunkBytes)).not.toBe(expectedDigest(content, 2 * chunkBytes));
  });
});
