import { type HeapFixture, heapSuite, runCases, selectCases } from '@synos/compliance';
import type { Heap, HeapStats } from '@synos/interfaces';
import { createHeap } from '@synos/memory/heap';
import { describe, expect, test } from 'vitest';
import { createFirstFitHeap } from './first-fit-heap.js';

const start = 40;
const end = 50_000;

describe('a second design, first fit over a list', () => {
  const setup = (): HeapFixture => {
    const buffer = new ArrayBuffer(60_000);
    const heap = createFirstFitHeap(buffer, start, end);
    return { heap, buffer, start, end, blocks: () => heap.blocks() };
  };
  const { cases, leftOut } = selectCases(heapSuite(setup), ['header']);
  for (const { name, clause, run } of cases) test(`${clause}: ${name}`, run);
  for (const { name, reason } of leftOut) test.skip(`${name}: ${reason}`);
});

/** Makes a heap wrong. `inner` is a heap that is right, `buffer` its bytes. */
type Bug = (inner: Heap, buffer: ArrayBuffer) => Partial<Heap>;

const withStats = (change: (stats: HeapStats) => Partial<HeapStats>): Bug => {
  return (inner) => ({ stats: () => ({ ...inner.stats(), ...change(inner.stats()) }) });
};
const swallow = <T>(call: () => T, otherwise: T): T => {
  try {
    return call();
  } catch {
    return otherwise;
  }
};

const bugs: Record<string, Bug> = {
  'free forgets the block': () => ({ free() {} }),
  'free of what is not live is ignored': (inner) => ({
    free: (address) => swallow(() => inner.free(address), undefined),
  }),
  'usableBytes of what is not live is 0': (inner) => ({
    usableBytes: (address) => swallow(() => inner.usableBytes(address), 0),
  }),
  'realloc of what is not live answers 0': (inner) => ({
    realloc: (address, length) => swallow(() => inner.realloc(address, length), 0),
  }),
  'the assertion does not name the address': (inner) => ({
    free(address) {
      try {
        inner.free(address);
      } catch {
        throw Object.assign(new Error('no live block'), { code: 'ERR_ASSERTION' });
      }
    },
  }),
  'malloc gives one byte too few': (inner) => ({ malloc: (length) => inner.malloc(Math.max(0, length - 1)) }),
  'malloc gives addresses at multiples of 8 alone': (inner) => ({
    malloc: (length) => inner.malloc(length + 8) && inner.malloc(length + 8) + 8,
  }),
  'malloc of no bytes is no block': (inner) => ({ malloc: (length) => (length === 0 ? 0 : inner.malloc(length)) }),
  'malloc rounds what is no length': (inner) => ({ malloc: (length) => inner.malloc(Math.floor(length)) }),
  'malloc takes lengths modulo 2^32': (inner) => ({ malloc: (length) => inner.malloc(length % 2 ** 32) }),
  'malloc gives the last block twice': (inner) => {
    let last = 0;
    let count = 0;
    return {
      malloc(length) {
        count += 1;
        if (count % 7 !== 0 || last === 0) last = inner.malloc(length);
        return last;
      },
    };
  },
  'malloc writes a word behind the block before': (inner, buffer) => ({
    malloc(length) {
      const address = inner.malloc(length);
      if (address > 32) new Uint8Array(buffer)[address - 9] = 0x77;
      return address;
    },
  }),
  'calloc does not clear': (inner) => ({ calloc: (count, length) => inner.malloc(count * length) }),
  'calloc clears one byte too few': (inner, buffer) => ({
    calloc(count, length) {
      const address = inner.malloc(count * length);
      if (address !== 0) new Uint8Array(buffer).fill(0, address, address + count * length - 1);
      return address;
    },
  }),
  'calloc multiplies in 32 bits': (inner) => ({
    calloc: (count, length) => inner.calloc(1, Math.imul(count, length) >>> 0),
  }),
  'realloc loses contents': (inner) => ({
    realloc(address, length) {
      if (address !== 0) inner.free(address);
      return inner.malloc(length);
    },
  }),
  'realloc keeps the old block as well': (inner, buffer) => ({
    realloc(address, length) {
      if (address === 0) return inner.malloc(length);
      const old = inner.usableBytes(address);
      const moved = inner.malloc(length);
      if (moved !== 0) new Uint8Array(buffer).copyWithin(moved, address, address + Math.min(old, length));
      return moved;
    },
  }),
  'realloc frees the old block when there is no room': (inner) => ({
    realloc(address, length) {
      const moved = inner.realloc(address, length);
      if (moved === 0 && address !== 0) inner.free(address);
      return moved;
    },
  }),
  'realloc copies as much as the new block holds': (inner, buffer) => ({
    realloc(address, length) {
      if (address === 0) return inner.malloc(length);
      const moved = inner.malloc(length);
      if (moved === 0) return 0;
      new Uint8Array(buffer).copyWithin(moved, address, address + 40);
      inner.free(address);
      return moved;
    },
  }),
  'realloc never makes smaller': (inner) => ({
    realloc: (address, length) =>
      address !== 0 && inner.usableBytes(address) >= length ? address : inner.realloc(address, length),
  }),
  'memalign is malloc': (inner) => ({ memalign: (_, length) => inner.malloc(length) }),
  'memalign takes any multiple of 16': (inner) => ({
    memalign: (align, length) => inner.memalign(align === 48 ? 16 : align, length),
  }),
  'memalign gives a place that is not the block': (inner) => ({
    memalign(align, length) {
      const address = inner.malloc(length + align);
      return address === 0 ? 0 : Math.ceil(address / align) * align;
    },
  }),
  'usableBytes says a byte too much': (inner) => ({ usableBytes: (address) => inner.usableBytes(address) + 1 }),
  'largestFreeBytes counts all that is free': withStats(({ freeBytes }) => ({ largestFreeBytes: freeBytes })),
  'largestFreeBytes is a little careful': withStats(({ largestFreeBytes }) => ({
    largestFreeBytes: Math.max(0, largestFreeBytes - 16),
  })),
  'usedBytes without what blocks cost': withStats(({ usableBytes }) => ({ usedBytes: usableBytes })),
  'liveBlocks is one too many': withStats(({ liveBlocks }) => ({ liveBlocks: liveBlocks + 1 })),
  'freeBlocks is always one': withStats(() => ({ freeBlocks: 1 })),
  'spanBytes is what is used': withStats(({ usedBytes }) => ({ spanBytes: usedBytes })),
  'spanBytes goes back': (inner) => ({
    stats: () => {
      const stats = inner.stats();
      return stats.liveBlocks === 0 ? { ...stats, spanBytes: 0 } : stats;
    },
  }),
  'totalBytes without the ends': withStats(({ totalBytes }) => ({ totalBytes: totalBytes - 16 })),
};

describe('planted bugs', () => {
  const planted = (bug: Bug) => (): HeapFixture => {
    const buffer = new ArrayBuffer(60_000);
    const inner = createHeap({ buffer, start, end });
    const heap = { ...inner, ...bug(inner, buffer) };
    const headerOf = (address: number) => ({ start: address - 8, end: address });
    return { heap, buffer, start, end, blocks: () => inner.blocks(), headerOf };
  };

  test.each(Object.entries(bugs))('%s: found', async (_, bug) => {
    for (const each of heapSuite(planted(bug))) {
      const [result] = await runCases([each]);
      if (result!.error !== undefined) return;
    }
    expect.fail('the suite is content');
  });

  test('and with none of them the suite is content', async () => {
    const failed = (await runCases(heapSuite(planted(() => ({}))))).filter(({ error }) => error !== undefined);
    expect(failed).toEqual([]);
  });
});
