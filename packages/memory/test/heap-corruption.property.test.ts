import { createHeap, type WalkableHeap } from '@synos/memory/heap';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const runs = process.env.SYNOS_LONG ? 20_000 : 700;
const start = 72;
const end = 9000;
const guard = 0xa5;

const operation = fc.record({
  kind: fc.constantFrom('malloc', 'malloc', 'free', 'free', 'realloc', 'memalign', 'stats'),
  byteLength: fc.oneof(fc.nat(140), fc.nat(1500)),
  which: fc.nat(),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Live blocks, by address: what each can hold. */
type Live = Map<number, number>;

function run(heap: WalkableHeap, live: Live, { kind, byteLength, which }: Operation): void {
  const enter = (address: number): void => {
    if (address === 0) return;
    const usable = heap.usableBytes(address);
    expect(address).toBeGreaterThanOrEqual(start);
    expect(address + usable).toBeLessThanOrEqual(end);
    for (const [other, otherUsable] of live) {
      expect(address + usable <= other || other + otherUsable <= address).toBe(true);
    }
    live.set(address, usable);
  };
  const address = [...live.keys()][which % live.size];
  if (kind === 'malloc') enter(heap.malloc(byteLength));
  else if (kind === 'memalign') enter(heap.memalign(64, byteLength));
  else if (kind === 'stats') heap.stats();
  else if (address === undefined) return;
  else if (kind === 'free') {
    heap.free(address);
    live.delete(address);
  } else {
    const moved = heap.realloc(address, byteLength);
    if (moved === 0) return;
    live.delete(address);
    enter(moved);
  }
}

test('any byte that is the heap’s own, overwritten: an assertion with the address, or a result that is right', () => {
  let told = 0;
  const property = fc.property(
    fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' }),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' }),
    (before, where, flip, after) => {
      const buffer = new ArrayBuffer(10_000);
      const bytes = new Uint8Array(buffer).fill(guard);
      const heap = createHeap({ buffer, start, end });
      const live: Live = new Map();
      for (const step of before) run(heap, live, step);

      const isPayload = (at: number): boolean => [...live].some(([from, length]) => at >= from && at < from + length);
      let at = start + (where % (end - start));
      while (isPayload(at)) at = start + ((at + 1 - start) % (end - start));
      bytes[at]! ^= flip;

      for (const step of after) {
        try {
          run(heap, live, step);
        } catch (error) {
          if (
            (error as { code?: string }).code !== 'ERR_ASSERTION' ||
            !(error as Error).message.startsWith('heap: block 0x')
          )
            throw error;
          told += 1;
        }
      }
      expect(bytes.subarray(0, start).every((byte) => byte === guard)).toBe(true);
      expect(bytes.subarray(end).every((byte) => byte === guard)).toBe(true);
    },
  );
  fc.assert(property, { numRuns: runs });
  expect(told).toBeGreaterThan(runs / 20);
});

test('whatever is read back through a header is checked: each bit of each header, free or live', () => {
  const buffer = new ArrayBuffer(9000);
  const bytes = new Uint8Array(buffer);
  const heap = createHeap({ buffer });
  const addresses = [10, 300, 60, 700, 20, 900, 300].map((length) => heap.malloc(length));
  for (const at of [1, 3, 5]) heap.free(addresses[at]!);
  const { length } = heap.blocks().filter((block) => !block.isLive);
  expect(length).toBe(4);
  for (const { address, isLive } of heap.blocks().slice(0, -1)) {
    for (let bit = 0; bit < 64; bit++) {
      const at = address - 8 + (bit >> 3);
      bytes[at]! ^= 1 << (bit & 7);
      const name = `0x${address.toString(16)}:`;
      expect(() => heap.blocks()).toThrow(name);
      if (isLive) expect(() => heap.free(address)).toThrow(name);
      if (isLive) expect(() => heap.realloc(address, 5)).toThrow(name);
      bytes[at]! ^= 1 << (bit & 7);
    }
  }
  for (const at of [0, 2, 4, 6]) heap.free(addresses[at]!);
  expect(heap.stats().freeBlocks).toBe(1);
});

test('a heap in the place of an earlier one does not take its blocks for its own', () => {
  const buffer = new ArrayBuffer(4096);
  const earlier = createHeap({ buffer });
  const old = [40, 600, 600].map((length) => earlier.malloc(length));
  const heap = createHeap({ buffer });
  heap.malloc(3000);
  for (const address of old.slice(1)) expect(() => heap.free(address)).toThrow(`0x${address.toString(16)}:`);
});

test('a heap whose buffer is detached says so, whatever is called, and gives out nothing', () => {
  const buffer = new ArrayBuffer(60_000);
  const heap = createHeap({ buffer });
  const [small, large] = [heap.malloc(10), heap.malloc(1000)];
  heap.free(heap.malloc(100));
  const fresh = new ArrayBuffer(1000);
  const unused = createHeap({ buffer: fresh });
  structuredClone(null, { transfer: [buffer, fresh] });
  const calls = [
    () => heap.malloc(100),
    () => heap.malloc(2000),
    () => heap.calloc(1, 10),
    () => heap.memalign(64, 10),
    () => heap.realloc(small, 5000),
    () => heap.free(small),
    () => heap.free(large),
    () => heap.usableBytes(large),
    () => heap.stats(),
    () => heap.blocks(),
    () => unused.malloc(10),
    () => unused.memalign(64, 10),
  ];
  for (const call of calls) expect(call).toThrow('the buffer is gone');
});

test('a heap takes a buffer, and no view that would be copied', () => {
  const wrong: unknown[] = [new ArrayBuffer(100), {}, { buffer: new Uint8Array(100) }, { buffer: 100 }];
  for (const options of wrong) expect(() => createHeap(options as { buffer: ArrayBuffer })).toThrow('no view of one');
});

test.each([
  [-1, 100],
  [0.5, 100],
  [50, 40],
  [0, 101],
  [0, Number.NaN],
])('no heap from %d to %d of 100 bytes', (from, to) => {
  expect(() => createHeap({ buffer: new ArrayBuffer(100), start: from, end: to })).toThrow('heap:');
});

test.each([0, 1, 7, 15, 30, 39, 40, 44, 60])(
  'a heap of %d bytes has room for what it says, and no more',
  (byteLength) => {
    for (let from = 0; from < 20; from++) {
      const buffer = new ArrayBuffer(100);
      const heap = createHeap({ buffer, start: from, end: from + byteLength });
      const { largestFreeBytes } = heap.stats();
      expect(heap.malloc(largestFreeBytes + 1)).toBe(0);
      if (largestFreeBytes > 0) expect(heap.malloc(largestFreeBytes)).toBeGreaterThan(from);
      expect(heap.malloc(0)).toBe(0);
      const bytes = new Uint8Array(buffer);
      expect(bytes.subarray(0, from).every((byte) => byte === 0)).toBe(true);
      expect(bytes.subarray(from + byteLength).every((byte) => byte === 0)).toBe(true);
    }
  },
);
