import type { Block } from '@synos/interfaces';
import { createBlockPool, createMemory, createStackMemory } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const kilo = 1024;
const mega = 1024 * kilo;

describe('take', () => {
  test('rounds up to a power of two, 4 KB at least, 4 MB at most', () => {
    const pool = createBlockPool({ limitBytes: 64 * mega });
    for (const [asked, given] of [
      [0, 4 * kilo],
      [1, 4 * kilo],
      [4096, 4 * kilo],
      [4097, 8 * kilo],
      [mega + 1, 2 * mega],
      [4 * mega, 4 * mega],
    ] as const) {
      const block = pool.take(asked)!;
      expect(block.byteLength).toBe(given);
      expect(block.offset % 64).toBe(0);
      expect(pool.usedBytes).toBe(given);
      pool.release(block);
    }
    for (const asked of [4 * mega + 1, 2 ** 33, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(pool.take(asked)).toBeNull();
    }
  });

  test('answers null at the limit', () => {
    const pool = createBlockPool({ limitBytes: 8 * kilo, chunkBytes: 4 * kilo });
    expect(pool.take(8 * kilo)).not.toBeNull();
    expect(pool.take(1)).toBeNull();
    const small = createBlockPool({ limitBytes: 8 * kilo, chunkBytes: 4 * kilo });
    const blocks = [small.take(1), small.take(1)];
    expect(blocks.every((block) => block !== null)).toBe(true);
    expect(small.take(1)).toBeNull();
    expect(createBlockPool({ limitBytes: 4095 }).take(1)).toBeNull();
  });

  test('uses the memory given first, from its offset on', () => {
    const memory = createMemory(new ArrayBuffer(64 * kilo));
    const pool = createBlockPool({ memory, offset: 64, byteLength: 20 * kilo, limitBytes: mega });
    const inside = [pool.take(16 * kilo)!, pool.take(4 * kilo)!];
    for (const block of inside) {
      expect(block.memory).toBe(memory);
      expect(block.offset).toBeGreaterThanOrEqual(64);
      expect(block.offset + block.byteLength).toBeLessThanOrEqual(64 + 20 * kilo);
    }
    expect(pool.take(4 * kilo)!.memory).not.toBe(memory);
  });

  test('goes back to the memory given as soon as there is room: what lies beside packets is copied faster', () => {
    const memory = createMemory(new ArrayBuffer(256 * kilo));
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 4097, max: 64 * kilo }), { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (lengths, which) => {
          const pool = createBlockPool({ memory, limitBytes: 64 * mega, chunkBytes: mega });
          const out = lengths.map((length) => pool.take(length)!);
          while (out.length > 0) pool.release(out.splice(which.next().value! % out.length, 1)[0]!);
          for (let left = 256; left > 0; left -= 16) expect(pool.take(16 * kilo)!.memory).toBe(memory);
          expect(pool.take(16 * kilo)!.memory).not.toBe(memory);
        },
      ),
    );
  });

  test('a first chunk longer than the limit is not used beyond it', () => {
    const pool = createBlockPool({ memory: createMemory(new ArrayBuffer(64 * kilo)), limitBytes: 8 * kilo });
    expect(pool.take(16 * kilo)).toBeNull();
    expect([pool.take(4096), pool.take(4096), pool.take(4096)].map((block) => block !== null)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('memory that the chunk does not fit into is refused', () => {
    const memory = createMemory(new ArrayBuffer(8192));
    expect(() => createBlockPool({ memory, offset: 32, limitBytes: mega })).toThrow('outside its memory');
    expect(() => createBlockPool({ memory, byteLength: 8193, limitBytes: mega })).toThrow('outside its memory');
  });
});

describe('release', () => {
  test('twice asserts, also after the block was joined with its neighbour', () => {
    const pool = createBlockPool({ limitBytes: mega, chunkBytes: 8 * kilo });
    const [first, second] = [pool.take(4096)!, pool.take(4096)!];
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      for (const block of order) pool.release(block);
      for (const block of order) expect(() => pool.release(block)).toThrow('not taken from this pool');
      expect(pool.usedBytes).toBe(0);
      expect([pool.take(4096), pool.take(4096)]).toEqual(expect.arrayContaining([first, second]));
    }
  });

  test('to another pool asserts', () => {
    const block = createBlockPool({ limitBytes: mega }).take(1)!;
    expect(() => createBlockPool({ limitBytes: mega }).release(block)).toThrow('not taken from this pool');
  });
});

test('blocks never overlap, the count is right, and all joins again', () => {
  const command = fc.record({
    take: fc.integer({ min: 0, max: 9 }).map((n) => n < 6),
    bytes: fc.constantFrom(1, 5000, 16_000, 60_000, 200_000, mega, 4 * mega),
    index: fc.nat(1000),
  });
  const first = fc.constantFrom(0, 4096, 300_000, 5 * mega);
  const commands = fc.array(command, { maxLength: 120 });
  fc.assert(
    fc.property(first, fc.constantFrom(0, 128), commands, (firstBytes, offset, steps) => {
      const memory = createMemory(new ArrayBuffer(offset + firstBytes));
      const limitBytes = 14 * mega;
      const pool = createBlockPool({ memory, offset, limitBytes, chunkBytes: 5 * mega });
      const held: Block[] = [];
      let usedBytes = 0;
      for (const { take, bytes, index } of steps) {
        if (take) {
          const block = pool.take(bytes);
          if (!block) continue;
          expect(block.byteLength).toBeGreaterThanOrEqual(bytes);
          expect(block.offset + block.byteLength).toBeLessThanOrEqual(block.memory.bytes.length);
          for (const other of held) {
            if (other.memory !== block.memory) continue;
            const apart =
              block.offset + block.byteLength <= other.offset || other.offset + other.byteLength <= block.offset;
            expect(apart).toBe(true);
          }
          held.push(block);
          usedBytes += block.byteLength;
        } else if (held.length > 0) {
          const [block] = held.splice(index % held.length, 1);
          usedBytes -= block!.byteLength;
          pool.release(block!);
        }
        expect(pool.usedBytes).toBe(usedBytes);
        expect(usedBytes).toBeLessThanOrEqual(limitBytes);
      }
      for (const block of held) pool.release(block);
      expect(pool.usedBytes).toBe(0);
      // Joined again: whatever a fresh pool of this memory can give as a whole, this one can.
      const fresh = createBlockPool({ memory, offset, limitBytes, chunkBytes: 5 * mega });
      let largest = 0;
      while (fresh.take(4 * mega)) largest++;
      for (let i = 0; i < largest; i++) expect(pool.take(4 * mega)).not.toBeNull();
    }),
    { numRuns: process.env.SYNOS_LONG ? 500 : 40 },
  );
});

test('neighbours join in whatever order they come back', () => {
  const units = 64;
  const order = fc.shuffledSubarray([...Array(units).keys()], { minLength: units, maxLength: units });
  fc.assert(
    fc.property(order, fc.nat(units), (indices, again) => {
      const pool = createBlockPool({ limitBytes: units * 4096, chunkBytes: units * 4096 });
      const blocks = indices.map(() => pool.take(4096)!);
      expect(new Set(blocks.map((block) => block.offset)).size).toBe(units);
      expect(pool.take(1)).toBeNull();
      // Some go out and come back once more in between.
      for (const index of indices.slice(0, again)) pool.release(blocks[index]!);
      const retaken = indices.slice(0, again).map(() => pool.take(4096)!);
      expect(pool.usedBytes).toBe(units * 4096);
      for (const block of [...retaken, ...indices.slice(again).map((index) => blocks[index]!)]) pool.release(block);
      expect(pool.take(units * 4096)).not.toBeNull();
    }),
  );
});

test('createStackMemory puts packets and rings into one buffer, apart', () => {
  const { packets, blocks, memory } = createStackMemory({
    smallPackets: 8,
    largePackets: 1,
    ringBytes: 100_000,
    ringLimitBytes: 200_000,
  });
  const block = blocks.take(64 * kilo)!;
  expect(block.memory).toBe(memory);
  for (let i = 0; i < 8; i++) {
    const packet = packets.take(0, true)!;
    expect(packet.memory).toBe(memory);
    expect(packet.slotStart).toBeGreaterThanOrEqual(100_000);
  }
  expect(packets.take(60_000, false)).not.toBeNull();
  // The rest of the first 100,000 bytes, then a chunk of its own.
  expect(blocks.take(64 * kilo)!.memory).not.toBe(memory);
});
