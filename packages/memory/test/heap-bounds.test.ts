import { createHeap } from '@synos/memory/heap';
import { expect, test } from 'vitest';

/** A heap with room for so many granules of 16 bytes. */
const heapOf = (granules: number, buffer = new ArrayBuffer(16 * granules + 8)) => createHeap({ buffer });
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

test('no scrap is split off', () => {
  const heap = heapOf(200);
  const [free] = [100, 100].map((size) => heap.malloc(bytesOf(size)));
  heap.free(free!);
  expect(heap.malloc(bytesOf(95))).toBe(free);
  expect(heap.usableBytes(free!)).toBe(bytesOf(100));
});

test.each([63, 64, 65, 66, 127, 128, 129])('a free block of %d granules serves so many, and no more', (size) => {
  const heap = heapOf(200);
  const [free] = [size, 200 - size].map((granules) => heap.malloc(bytesOf(granules)));
  heap.free(free!);
  expect(heap.malloc(bytesOf(size + 1))).toBe(0);
  expect(heap.malloc(bytesOf(size))).toBe(free);
});

test('the largest free block is not the last that was freed', () => {
  const heap = heapOf(200);
  const [larger, , smaller] = [65, 2, 64, 69].map((size) => heap.malloc(bytesOf(size)));
  heap.free(larger!);
  heap.free(smaller!);
  expect(heap.stats().largestFreeBytes).toBe(bytesOf(65));
});

test('a block that was merged with the one before is not freed again', () => {
  const heap = heapOf(200);
  const [first, second] = [40, 40, 40].map((size) => heap.malloc(bytesOf(size)));
  heap.free(first!);
  heap.free(second!);
  expect(() => heap.free(second!)).toThrow('not live');
  expect(heap.stats().liveBlocks).toBe(1);
});

const uses = ['free the one before', 'free the one behind', 'take it', 'grow the one before'] as const;
test.each(uses)('links that were overwritten are found: %s', (use) => {
  for (const change of ['next', 'previous', 'header behind'] as const) {
    if (change === 'header behind' && use === 'free the one before') continue;
    const buffer = new ArrayBuffer(16 * 240 + 8);
    const words = new Int32Array(buffer, 0, 4 * 240);
    const heap = heapOf(240, buffer);
    const [before, free, behind, other] = [40, 40, 40, 40, 80].map((size) => heap.malloc(bytesOf(size)));
    heap.free(free!);
    heap.free(other!);
    // The other is the head of their list, and this one behind it.
    if (change === 'next') words[free! / 4] = before! / 16;
    else if (change === 'previous') words[free! / 4 + 1] = 0;
    else words[behind! / 4 - 2]! ^= 8;
    expect(() => {
      if (use === 'free the one before') heap.free(before!);
      else if (use === 'free the one behind') heap.free(behind!);
      else if (use === 'grow the one before') heap.realloc(before!, bytesOf(80));
      else [heap.malloc(bytesOf(40)), heap.malloc(bytesOf(40))];
    }, change).toThrow('overwritten');
  }
});

test('a walk over a list does not follow a block that links to nobody', () => {
  const buffer = new ArrayBuffer(16 * 200 + 8);
  const heap = heapOf(200, buffer);
  const [larger, , smaller] = [65, 2, 64, 69].map((size) => heap.malloc(bytesOf(size)));
  heap.free(larger!);
  heap.free(smaller!);
  new Int32Array(buffer, 0, 800)[larger! / 4 + 1] = 0;
  expect(() => heap.stats()).toThrow('overwritten');
});

test.each([0, 8])('a small block that is kept: its link is checked, and its size (changed by %d)', (change) => {
  const buffer = new ArrayBuffer(16 * 200 + 8);
  const words = new Int32Array(buffer, 0, 800);
  const heap = heapOf(200, buffer);
  const address = heap.malloc(bytesOf(4));
  heap.malloc(bytesOf(4));
  heap.free(address);
  // A change of both that the check alone does not see.
  words[address / 4 - 2]! ^= change;
  words[address / 4]! ^= change === 0 ? 1 : change;
  expect(() => heap.malloc(bytesOf(4))).toThrow('overwritten');
});

test('many small blocks are merged before the heap grows', () => {
  const heap = heapOf(4000);
  const small = Array.from({ length: 200 }, () => heap.malloc(bytesOf(10)));
  const last = heap.malloc(bytesOf(10));
  for (const address of small) heap.free(address);
  expect(heap.malloc(bytesOf(500))).toBeLessThan(last);
});

test('what is kept is merged before a call fails', () => {
  const heap = heapOf(200);
  for (const address of Array.from({ length: 20 }, () => heap.malloc(bytesOf(10)))) heap.free(address);
  expect(heap.malloc(bytesOf(150))).not.toBe(0);
});

test('the only small block that is kept is not freed again', () => {
  const heap = heapOf(50);
  const address = heap.malloc(10);
  heap.free(address);
  expect(() => heap.free(address)).toThrow('not live');
  expect(() => heap.realloc(address, 20)).toThrow('not live');
});

test.each([
  [0.5, 2],
  [2, 0.5],
  [-4, -4],
])('calloc of %d times %d bytes is no block', (count, byteLength) => {
  expect(heapOf(50).calloc(count, byteLength)).toBe(0);
});

test('memalign merges what is kept before it fails', () => {
  const heap = heapOf(100);
  for (const address of Array.from({ length: 10 }, () => heap.malloc(bytesOf(10)))) heap.free(address);
  expect(heap.memalign(64, bytesOf(60))).not.toBe(0);
});

test('realloc grows into what was kept, and the block knows that the one before it is free', () => {
  const heap = heapOf(60);
  const [before, address, behind] = [10, 40, 10].map((size) => heap.malloc(bytesOf(size)));
  heap.free(before!);
  heap.free(behind!);
  expect(heap.realloc(address!, bytesOf(50))).toBe(address);
  heap.free(address!);
  expect(heap.stats()).toMatchObject({ freeBlocks: 1, largestFreeBytes: bytesOf(60) });
});

test('a heap of one block', () => {
  expect(heapOf(1).malloc(0)).toBe(0);
  expect(heapOf(2).malloc(bytesOf(2))).toBe(16);
});
