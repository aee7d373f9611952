import { check, equal } from '../check.js';
import type { AddHeapCase, HeapBench } from './fixture.js';

const sizes = [0, 1, 15, 16, 17, 24, 25, 100, 127, 128, 488, 489, 1000, 2500];
const noLengths = [-1, -16, 0.5, 100.25, Number.NaN, Infinity, -Infinity, 2 ** 32, 2 ** 32 + 16, 2 ** 53];

/** What malloc, calloc, realloc and memalign answer. */
export function addBlockCases(add: AddHeapCase): void {
  add('Heap.malloc', 'blocks of all sizes are aligned, inside, apart, and large enough', (bench) => {
    for (const size of sizes) bench.malloc(size);
    bench.allWhole();
  });

  add('Heap.malloc', 'no bytes are a block of their own', (bench) => {
    const one = bench.malloc(0);
    const two = bench.malloc(0);
    check(one.address !== two.address, 'twice the same block');
    equal(bench.heap.stats().liveBlocks, 2, 'live blocks');
    bench.freeAll();
  });

  add('Heap.malloc', 'what is no length is no room', (bench) => {
    bench.malloc(40);
    for (const length of noLengths) bench.answersNothing(`malloc(${length})`, () => bench.heap.malloc(length));
  });

  add('Heap.malloc', 'out of room: 0, and nothing has changed', (bench) => {
    bench.fillUp(1000);
    bench.answersNothing('malloc(1000)', () => bench.heap.malloc(1000));
    bench.answersNothing('calloc(10, 100)', () => bench.heap.calloc(10, 100));
    bench.answersNothing('memalign(64, 1000)', () => bench.heap.memalign(64, 1000));
    bench.free(bench.held[1]!);
    bench.malloc(1000);
  });

  add('Heap.calloc', 'all zero, where other bytes were before', (bench) => {
    bench.fillUp(200);
    bench.freeAll();
    const address = bench.heap.calloc(30, 31);
    check(address !== 0, 'no room');
    bench.holds(address, 930, 0);
    bench.hold(address, 930);
    const small = bench.heap.calloc(1, 100);
    bench.holds(small, 100, 0);
  });

  add('Heap.calloc', 'none of something, or some of nothing, is a block', (bench) => {
    bench.hold(bench.heap.calloc(0, 8), 0);
    bench.hold(bench.heap.calloc(8, 0), 0);
  });

  add('Heap.calloc', 'a product that overflows, or factors that are no lengths: no room', (bench) => {
    const factors = [
      [2 ** 16, 2 ** 16],
      [2 ** 31, 2],
      [2 ** 32 + 1, 2 ** 32],
      [2 ** 53, 2 ** 53],
      [3, 0.5],
      [0.5, 2],
      [-1, -1],
      [-2, 8],
      [Number.NaN, 1],
      [Infinity, 0],
    ] as const;
    for (const [count, length] of factors) {
      bench.answersNothing(`calloc(${count}, ${length})`, () => bench.heap.calloc(count, length));
    }
  });

  add('Heap.realloc', 'contents come along, larger and smaller', (bench) => {
    for (const first of [1, 24, 100, 500, 2000]) {
      for (const second of [0, 1, 23, 25, 90, 110, 600, 3000]) {
        const block = bench.malloc(first);
        bench.malloc(10);
        reallocHeld(bench, block.address, second);
      }
      bench.freeAll();
    }
  });

  add('Heap.realloc', 'grows into what is free behind it, and leaves the next block alone', (bench) => {
    const block = bench.malloc(100);
    const behind = bench.malloc(1000);
    bench.malloc(100);
    bench.free(behind);
    for (const length of [200, 600, 1100])
      reallocHeld(bench, bench.held.at(-1) === block ? block.address : newest(bench), length);
    bench.allWhole();
  });

  add('Heap.realloc', 'of 0 is malloc', (bench) => {
    bench.hold(bench.heap.realloc(0, 50), 50);
    equal(bench.heap.stats().liveBlocks, 1, 'live blocks');
  });

  add('Heap.realloc', 'no room, or no length: 0, and the block is as it was', (bench) => {
    bench.fillUp(500);
    const { address } = bench.held[0]!;
    const { totalBytes } = bench.heap.stats();
    bench.answersNothing('realloc to all', () => bench.heap.realloc(address, totalBytes));
    for (const length of noLengths) {
      bench.answersNothing(`realloc to ${length}`, () => bench.heap.realloc(address, length));
    }
    bench.freeAll();
  });

  add('Heap.realloc', 'what a smaller block leaves can be had again', (bench) => {
    bench.fillUp(1000);
    const block = bench.held[0]!;
    equal(bench.heap.realloc(block.address, 100), block.address, 'a block made smaller in a full heap');
    bench.forget(block);
    bench.hold(block.address, 100);
    bench.malloc(500);
    bench.allWhole();
  });

  add('Heap.free', 'of 0 does nothing', (bench) => {
    bench.malloc(10);
    const before = bench.statsText();
    bench.heap.free(0);
    equal(bench.statsText(), before, 'statistics');
  });

  add('Heap.memalign', 'every power of two up to 4,096', (bench) => {
    for (let alignBytes = 1; alignBytes <= 4096; alignBytes *= 2) {
      for (const length of [0, 1, 100, 700]) {
        const address = bench.heap.memalign(alignBytes, length);
        check(address !== 0, `memalign(${alignBytes}, ${length}): no room`);
        equal(address % alignBytes, 0, `memalign(${alignBytes}, ${length}) beyond a multiple`);
        bench.hold(address, length);
        bench.malloc(20);
      }
      bench.freeAll();
    }
  });

  add('Heap.memalign', 'takes what just fits', (bench) => {
    const { largestFreeBytes } = bench.heap.stats();
    const whole = bench.heap.malloc(largestFreeBytes);
    bench.heap.free(whole);
    const alignBytes = whole & -whole;
    const address = bench.heap.memalign(alignBytes, largestFreeBytes);
    equal(address, whole, `all of the heap at a multiple of ${alignBytes}, where it is one already`);
    bench.hold(address, largestFreeBytes);
  });

  add('Heap.memalign', 'what is no power of two answers 0', (bench) => {
    for (const alignBytes of [0, 3, 24, 48, -16, 0.5, 1.5, Number.NaN, Infinity, 2 ** 32 + 1]) {
      bench.answersNothing(`memalign(${alignBytes}, 10)`, () => bench.heap.memalign(alignBytes, 10));
    }
  });
}

function newest(bench: HeapBench): number {
  return bench.held.at(-1)!.address;
}

function reallocHeld(bench: HeapBench, address: number, byteLength: number): void {
  const block = bench.held.find((each) => each.address === address)!;
  const now = bench.heap.realloc(address, byteLength);
  check(now !== 0, `realloc to ${byteLength}: no room`);
  bench.forget(block);
  bench.holds(now, Math.min(block.byteLength, byteLength), block.fill);
  bench.hold(now, byteLength);
  bench.allWhole();
}
