import { createHeap } from '@synos/memory/heap';
import { expect, test } from 'vitest';

/** A heap with room for so many granules of 16 bytes. */
const heapOf = (granules: number) => createHeap({ buffer: new ArrayBuffer(16 * granules + 8) });
/** What a block of so many granules holds. */
const bytesOf = (granules: number): number => 16 * granules - 8;

test('memalign finds the one place there is, in a free block that is just large enough', () => {
  const heap = heapOf(100);
  const [, free] = [3, 8, 89].map((granules) => heap.malloc(bytesOf(granules)));
  expect(free! % 64).toBe(0);
  heap.free(free!);
  expect(heap.memalign(64, bytesOf(9))).toBe(0);
  expect(heap.memalign(64, bytesOf(8))).toBe(free);
});

test('realloc splits off what is large enough to be a block', () => {
  const heap = heapOf(100);
  const address = heap.malloc(bytesOf(40));
  heap.malloc(0);
  expect(heap.realloc(address, bytesOf(39))).toBe(address);
  expect(heap.usableBytes(address)).toBe(bytesOf(40));
  expect(heap.realloc(address, bytesOf(38))).toBe(address);
  expect(heap.usableBytes(address)).toBe(bytesOf(38));
});

test.each([99, 100])('realloc of the last block to %d granules of 100 takes all of them', (granules) => {
  const heap = heapOf(100);
  const address = heap.malloc(bytesOf(40));
  expect(heap.realloc(address, bytesOf(101))).toBe(0);
  expect(heap.realloc(address, bytesOf(granules))).toBe(address);
  expect(heap.usableBytes(address)).toBe(bytesOf(100));
  expect(heap.blocks()).toHaveLength(1);
});

test.each([79, 80])('realloc to %d granules takes the free neighbour, whole', (granules) => {
  const heap = heapOf(100);
  const [address, neighbour] = [40, 40, 20].map((size) => heap.malloc(bytesOf(size)));
  heap.free(neighbour!);
  expect(heap.realloc(address!, bytesOf(granules))).toBe(address);
  expect(heap.usableBytes(address!)).toBe(bytesOf(80));
  expect(heap.blocks()).toHaveLength(2);
});
