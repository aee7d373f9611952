import { check, equal, within } from '../check.js';
import { createSeededRandom } from '../seeded.js';
import type { AddHeapCase, HeapBench } from './fixture.js';

/** What statistics say, and that nothing is lost. */
export function addStatsCases(add: AddHeapCase): void {
  add('HeapStats', 'a fresh heap has all of it free', (bench) => {
    const { start, end } = bench.fixture;
    const stats = bench.heap.stats();
    equal(stats.totalBytes, end - start, 'totalBytes');
    equal(stats.usedBytes, 0, 'usedBytes');
    equal(stats.usableBytes, 0, 'usableBytes');
    equal(stats.liveBlocks, 0, 'liveBlocks');
    equal(stats.freeBlocks, 1, 'freeBlocks');
    equal(stats.spanBytes, 0, 'spanBytes');
    within(stats.freeBytes, 1, stats.totalBytes, 'freeBytes');
    within(stats.largestFreeBytes, 1, stats.freeBytes, 'largestFreeBytes');
  });

  add('HeapStats.usableBytes', 'is the sum over live blocks', (bench) => {
    for (const size of [10, 0, 1000, 64]) {
      bench.malloc(size);
      expectCounted(bench);
    }
    bench.free(bench.held[2]!);
    expectCounted(bench);
  });

  add('HeapStats.spanBytes', 'reaches to the end of the highest block that ever was, and never back', (bench) => {
    const { start } = bench.fixture;
    for (const size of [100, 2000, 10]) bench.malloc(size);
    const endOf = (): number => Math.max(...bench.held.map((block) => block.address + block.byteLength));
    const { spanBytes, totalBytes } = bench.heap.stats();
    within(spanBytes, endOf() - start, totalBytes, 'spanBytes');
    bench.freeAll();
    equal(bench.heap.stats().spanBytes, spanBytes, 'spanBytes after all is freed');
    bench.malloc(50);
    equal(bench.heap.stats().spanBytes, spanBytes, 'spanBytes after a smaller block');
  });

  add('HeapStats.largestFreeBytes', 'is what malloc can give, and no byte more', (bench) => {
    const random = createSeededRandom(1);
    for (let round = 0; round < 30; round++) {
      bench.fillUp(20 + (random.nextUint32() % 900));
      for (const block of [...bench.held]) if (random.nextUint32() % 3 === 0) bench.free(block);
      const { largestFreeBytes } = bench.heap.stats();
      bench.answersNothing('one byte more than the largest', () => bench.heap.malloc(largestFreeBytes + 1));
      if (largestFreeBytes > 0) bench.malloc(largestFreeBytes);
    }
  });

  for (const [order, pick] of orders) {
    add('Heap.free', `after all is freed, ${order}, the largest block can be had again`, (bench) => {
      const fresh = bench.heap.stats();
      for (const size of [24, 200, 900]) {
        bench.fillUp(size);
        while (bench.held.length > 0) bench.free(bench.held[pick(bench.held.length)]!);
        const { largestFreeBytes, liveBlocks, usedBytes, freeBlocks } = bench.heap.stats();
        equal(liveBlocks, 0, 'liveBlocks');
        equal(usedBytes, 0, 'usedBytes');
        equal(freeBlocks, 1, 'freeBlocks');
        equal(largestFreeBytes, fresh.largestFreeBytes, 'largestFreeBytes');
        bench.free(bench.malloc(largestFreeBytes));
      }
    });
  }

  add('Heap.free', 'neighbours that are free become one, whichever was freed first', (bench) => {
    for (const order of [
      [3, 4, 5],
      [5, 4, 3],
      [3, 5, 4],
      [4, 3, 5],
    ]) {
      bench.fillUp(1000);
      const blocks = [...bench.held].sort((a, b) => a.address - b.address);
      for (const at of order) bench.free(blocks[at]!);
      const { address } = bench.malloc(3000);
      equal(address, blocks[3]!.address, 'where the three were');
      bench.freeAll();
    }
  });

  add('Heap.malloc', 'the same again and again takes no more room', (bench) => {
    for (let round = 0; round < 3000; round++) {
      const address = bench.heap.malloc(100 + (round % 5));
      check(address !== 0, `no room in round ${round}`);
      bench.heap.free(address);
    }
    within(bench.heap.stats().spanBytes, 100, 2000, 'spanBytes');
  });
}

const orders: readonly [string, (length: number) => number][] = [
  ['first to last', () => 0],
  ['last to first', (length) => length - 1],
  ['from the middle', (length) => length >> 1],
];

function expectCounted(bench: HeapBench): void {
  const stats = bench.heap.stats();
  const usable = bench.held.reduce((sum, block) => sum + bench.heap.usableBytes(block.address), 0);
  equal(stats.usableBytes, usable, 'usableBytes');
  equal(stats.liveBlocks, bench.held.length, 'liveBlocks');
  within(stats.usedBytes, usable, stats.totalBytes, 'usedBytes');
  within(stats.usedBytes + stats.freeBytes, 1, stats.totalBytes, 'usedBytes + freeBytes');
}
