import { check, equal } from '../check.js';
import { createSeededRandom } from '../seeded.js';
import type { AddHeapCase, HeapBench } from './fixture.js';

const seeds = 12;
const steps = 250;
const guard = 0xa5;

/** Programs drawn by chance, beside a model that remembers what it was given. */
export function addRandomCases(add: AddHeapCase): void {
  for (let seed = 1; seed <= seeds; seed++) {
    add('Heap', `a program of chance (${seed}): blocks stay apart and whole, none is lost`, (bench) => {
      const { start, end } = bench.fixture;
      bench.bytes.fill(guard, 0, start);
      bench.bytes.fill(guard, end);
      const fresh = bench.heap.stats().largestFreeBytes;
      runProgram(bench, seed, () => equal(bench.heap.stats().liveBlocks, bench.held.length, 'liveBlocks'));
      bench.freeAll();
      equal(bench.heap.stats().largestFreeBytes, fresh, 'largestFreeBytes after all is freed');
      const isGuard = (byte: number): boolean => byte === guard;
      check(bench.bytes.subarray(0, start).every(isGuard), 'bytes before the start were overwritten');
      check(bench.bytes.subarray(end).every(isGuard), 'bytes behind the end were overwritten');
    });

    add(
      'HeapStats',
      `a program of chance (${seed}): statistics equal a recount`,
      (bench) => {
        recount(bench);
        runProgram(bench, seed, () => recount(bench));
        bench.freeAll();
        recount(bench);
      },
      ['walk'],
    );
  }
}

function runProgram(bench: HeapBench, seed: number, look: () => void): void {
  const random = createSeededRandom(seed);
  const below = (bound: number): number => random.nextUint32() % bound;
  const { heap, held } = bench;
  const drawLength = (): number => (below(3) === 0 ? below(4000) : below(300));
  for (let step = 0; step < steps; step++) {
    const kind = below(10);
    const length = drawLength();
    if (kind < 4) takeIn(bench, heap.malloc(length), length);
    else if (kind < 5) takeIn(bench, heap.memalign(2 ** below(9), length), length);
    else if (held.length === 0) continue;
    else {
      const block = held[below(held.length)]!;
      if (kind < 8) bench.free(block);
      else {
        bench.isWhole(block);
        const address = heap.realloc(block.address, length);
        if (address === 0) bench.isWhole(block);
        else {
          bench.forget(block);
          bench.holds(address, Math.min(length, block.byteLength), block.fill);
          bench.hold(address, length);
        }
      }
    }
    look();
    if (step % 16 === 0) bench.allWhole();
  }
}

function takeIn(bench: HeapBench, address: number, length: number): void {
  if (address !== 0) bench.hold(address, length);
}

function recount(bench: HeapBench): void {
  const { heap, fixture } = bench;
  check(fixture.blocks !== undefined, "the fixture has no 'blocks', yet does not lack 'walk'");
  const blocks = fixture.blocks();
  const stats = heap.stats();
  const live = blocks.filter((block) => block.isLive);
  const free = blocks.filter((block) => !block.isLive);
  const bytesOf = (some: typeof blocks): number => some.reduce((sum, block) => sum + block.byteLength, 0);
  equal(stats.liveBlocks, live.length, 'liveBlocks');
  equal(stats.freeBlocks, free.length, 'freeBlocks');
  equal(stats.usedBytes, bytesOf(live), 'usedBytes');
  equal(stats.freeBytes, bytesOf(free), 'freeBytes');
  equal(
    stats.usableBytes,
    live.reduce((sum, block) => sum + heap.usableBytes(block.address), 0),
    'usableBytes',
  );
  check(stats.largestFreeBytes <= Math.max(0, ...free.map((block) => block.byteLength)), 'largestFreeBytes');
  const addresses = (some: readonly { address: number }[]): string =>
    some
      .map((block) => block.address)
      .sort((a, b) => a - b)
      .join(' ');
  equal(addresses(live), addresses(bench.held), 'live blocks');
}
