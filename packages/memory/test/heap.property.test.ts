import { createHeap } from '@synos/memory/heap';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const runs = process.env.SYNOS_LONG ? 3000 : 150;

const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(3000) },
  { weight: 1, arbitrary: fc.nat(20_000) },
);
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('malloc' as const), bytes: sizes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('calloc' as const), bytes: sizes }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('memalign' as const),
      bytes: sizes,
      shift: fc.integer({ min: 0, max: 12 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('realloc' as const), which: fc.nat(), bytes: sizes }) },
);

interface Live {
  address: number;
  length: number;
  fill: number;
}

test('blocks do not overlap, contents stay, statistics equal a recount, and all is one again in the end', () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 120, size: 'max' }),
      fc.nat(40),
      fc.nat(40),
      fc.boolean(),
      (operations, startBytes, tailBytes, looks) => {
        const buffer = new ArrayBuffer(40_000);
        const bytes = new Uint8Array(buffer).fill(0xee);
        const heap = createHeap({ buffer, start: startBytes, end: buffer.byteLength - tailBytes });
        const largestAtFirst = heap.stats().largestFreeBytes;
        const live: Live[] = [];
        let fill = 0;
        const enter = (address: number, length: number): void => {
          if (address === 0) return;
          fill = (fill + 1) & 0xff;
          expect(address % 16).toBe(0);
          expect(heap.usableBytes(address)).toBeGreaterThanOrEqual(length);
          bytes.fill(fill, address, address + heap.usableBytes(address));
          live.push({ address, length, fill });
        };
        const isWhole = ({ address, length, fill: wanted }: Live): boolean =>
          bytes.subarray(address, address + length).every((byte) => byte === wanted);

        for (const step of operations) {
          if (step.kind === 'malloc') enter(heap.malloc(step.bytes), step.bytes);
          else if (step.kind === 'calloc') {
            const address = heap.calloc(1, step.bytes);
            if (address !== 0) expect(bytes.subarray(address, address + step.bytes).every((b) => b === 0)).toBe(true);
            enter(address, step.bytes);
          } else if (step.kind === 'memalign') {
            const address = heap.memalign(2 ** step.shift, step.bytes);
            expect(address % 2 ** step.shift).toBe(0);
            enter(address, step.bytes);
          } else if (live.length > 0) {
            const at = step.which % live.length;
            const block = live[at]!;
            expect(isWhole(block)).toBe(true);
            if (step.kind === 'free') {
              heap.free(block.address);
              live.splice(at, 1);
            } else {
              const moved = heap.realloc(block.address, step.bytes);
              if (moved !== 0) {
                live.splice(at, 1);
                const length = Math.min(block.length, step.bytes);
                expect(isWhole({ address: moved, length, fill: block.fill })).toBe(true);
                enter(moved, step.bytes);
              }
            }
          }
          if (!looks) continue;
          expect(live.every(isWhole)).toBe(true);
          const walk = heap.blocks();
          const stats = heap.stats();
          let next = walk[0]?.address ?? 0;
          for (const block of walk) {
            expect(block.address).toBe(next);
            next += block.byteLength;
          }
          const sum = (some: readonly { byteLength: number }[]): number =>
            some.reduce((all, b) => all + b.byteLength, 0);
          const used = walk.filter((block) => block.isLive);
          const free = walk.filter((block) => !block.isLive);
          expect(used.map((block) => block.address)).toEqual(live.map((b) => b.address).sort((a, b) => a - b));
          expect(stats.usedBytes).toBe(sum(used));
          expect(stats.freeBytes).toBe(sum(free));
          expect(stats.liveBlocks).toBe(used.length);
          expect(stats.freeBlocks).toBe(free.length);
          expect(stats.usableBytes).toBe(used.reduce((all, b) => all + heap.usableBytes(b.address), 0));
          expect(stats.largestFreeBytes).toBe(Math.max(0, ...free.map((b) => b.byteLength - 8)));
        }
        expect(live.every(isWhole)).toBe(true);
        for (const { address } of live) heap.free(address);
        const { largestFreeBytes, freeBlocks } = heap.stats();
        expect(largestFreeBytes).toBe(largestAtFirst);
        expect(freeBlocks).toBe(1);
        expect(heap.malloc(largestFreeBytes + 1)).toBe(0);
        expect(heap.malloc(largestFreeBytes)).not.toBe(0);
        expect(bytes.subarray(0, startBytes).every((byte) => byte === 0xee)).toBe(true);
        expect(bytes.subarray(40_000 - tailBytes).every((byte) => byte === 0xee)).toBe(true);
      },
    ),
    { numRuns: runs },
  );
});
