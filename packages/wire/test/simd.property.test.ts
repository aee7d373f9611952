import type { ByteMemory, FastBytes } from '@synos/interfaces';
import { createMemory, createStackMemory, sumBytes } from '@synos/wire';
import { createSimdMemory } from '@synos/wire/simd';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { naiveSum, sameBytes } from './support.js';

const megabyte = 1 << 20;

/** Its own ways: whoever lacks them runs none of these tests for what they say. */
function waysOf({ fast }: ByteMemory): FastBytes {
  if (!fast) throw new Error('this engine has no WebAssembly with SIMD, or did not take the module');
  return fast;
}

const sumOf = (memory: ByteMemory): FastBytes['sum'] => waysOf(memory).sum;

describe('the sum of a SIMD memory', () => {
  test('equals the reference at every alignment and every length up to 300', () => {
    const memory = createSimdMemory(512);
    const sum = sumOf(memory);
    for (let i = 0; i < 512; i++) memory.bytes[i] = (i * 2_654_435_761) >>> 11;
    for (let start = 0; start < 32; start++) {
      for (let length = 0; length <= 300; length++) {
        const expected = naiveSum(memory.bytes.subarray(start, start + length));
        if (sum(start, start + length) !== expected) expect.fail(`start ${start}, length ${length}`);
      }
    }
  });

  test('equals the reference, and the sum of plain memory, for any bytes, start and length', () => {
    const memory = createSimdMemory(80_000);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.tuple(fc.constantFrom(0, 0xff), fc.nat(70_000)).map(([fill, length]) => new Uint8Array(length).fill(fill)),
    );
    fc.assert(
      fc.property(bytes, fc.nat(40), (data, start) => {
        // What lies around the range must not count.
        memory.bytes.fill(0xa5);
        memory.bytes.set(data, start);
        const expected = naiveSum(data);
        expect(sumOf(memory)(start, start + data.length)).toBe(expected);
        expect(sumBytes(memory, start, start + data.length)).toBe(expected);
        const plain = createMemory(new ArrayBuffer(80_000));
        plain.bytes.set(data, start);
        expect(sumBytes(plain, start, start + data.length)).toBe(expected);
      }),
    );
  });

  test('does not overflow within its megabyte, nor does a sum that is longer than it', () => {
    const memory = createSimdMemory(2 * megabyte + 8);
    memory.bytes.fill(0xff);
    expect(sumOf(memory)(3, 3 + megabyte)).toBe(0xffff);
    memory.bytes.fill(0xfe, 0, megabyte);
    expect(sumOf(memory)(0, megabyte)).toBe(naiveSum(memory.bytes.subarray(0, megabyte)));
    for (const length of [megabyte - 1, megabyte, megabyte + 1, 2 * megabyte]) {
      expect(sumBytes(memory, 5, 5 + length)).toBe(naiveSum(memory.bytes.subarray(5, 5 + length)));
    }
  });

  test('never reads outside the memory', () => {
    const sum = sumOf(createSimdMemory(65_536));
    expect(sum(65_500, 65_536)).toBe(0);
    for (const [start, end] of [
      [65_530, 65_540],
      [-2, 40],
      [65_536, 65_600],
    ] as const) {
      expect(() => sum(start, end)).toThrow(/out of bounds/);
    }
  });
});

describe('the copy of a SIMD memory', () => {
  test('copies any bytes from anywhere to anywhere, touches nothing else, and answers their sum', () => {
    const memory = createSimdMemory(65_536);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(70), fc.nat(70), (data, start, gap) => {
        const from = 100 + start;
        const to = 8192 + gap;
        memory.bytes.fill(0x5a);
        memory.bytes.set(data, from);
        const expected = memory.bytes.slice();
        expected.set(data, to);
        expect(waysOf(memory).copy(from, from + data.length, to)).toBe(naiveSum(data));
        expect(sameBytes(memory.bytes, expected)).toBe(true);
        // And downwards.
        memory.bytes.copyWithin(0, to, to + data.length);
        expected.copyWithin(0, to, to + data.length);
        expect(waysOf(memory).copy(to, to + data.length, from)).toBe(naiveSum(data));
        expect(sameBytes(memory.bytes, expected)).toBe(true);
      }),
    );
  });

  test('a move is a copyWithin, overlapping or not', () => {
    const memory = createSimdMemory(65_536);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4000, maxLength: 4000 }),
        fc.nat(3000),
        fc.nat(3000),
        fc.nat(1000),
        (data, from, to, length) => {
          memory.bytes.set(data);
          data.copyWithin(to, from, from + length);
          expect(waysOf(memory).move(from, from + length, to)).toBe(from + length);
          expect(sameBytes(memory.bytes.subarray(0, 4000), data)).toBe(true);
        },
      ),
    );
  });

  test('never writes outside the memory', () => {
    const memory = createSimdMemory(65_536);
    for (const [start, end, to] of [
      [0, 64, 65_500],
      [65_500, 65_540, 0],
      [0, 10, -4],
    ] as const) {
      expect(() => waysOf(memory).copy(start, end, to)).toThrow(/out of bounds/);
      expect(() => waysOf(memory).move(start, end, to)).toThrow(/out of bounds/);
    }
  });
});

describe('createSimdMemory', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('gives zeros in a plain ArrayBuffer, exactly as many as asked for', () => {
    for (const length of [0, 1, 4096, 65_536, 65_537]) {
      const { bytes, view, words } = createSimdMemory(length);
      expect([bytes.length, view.byteLength, words.length]).toEqual([length, length, length >>> 2]);
      expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
  });

  test('carries packets and rings of a stack', () => {
    const { memory, packets, blocks } = createStackMemory({
      smallPackets: 64,
      ringBytes: 65_536,
      allocate: createSimdMemory,
    });
    const packet = packets.take(1000, true)!;
    expect(packet.memory).toBe(memory);
    expect(blocks.take(4096)!.memory).toBe(memory);
    packet.end = packet.start + 1000;
    memory.bytes.fill(0x12, packet.start, packet.end);
    expect(sumOf(memory)(packet.start, packet.end)).toBe(naiveSum(memory.bytes.subarray(packet.start, packet.end)));
  });

  test.each([
    ['no WebAssembly', undefined],
    [
      'a policy that forbids to compile',
      {
        Memory: WebAssembly.Memory,
        Module: class {
          constructor() {
            throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
          }
        },
      },
    ],
    [
      'no room for addresses',
      {
        Memory: class {
          constructor() {
            throw new RangeError('could not allocate memory');
          }
        },
      },
    ],
  ])('is plain memory where there is %s', (_, stub) => {
    vi.stubGlobal('WebAssembly', stub);
    const memory = createSimdMemory(2000);
    expect(memory.fast).toBeNull();
    memory.bytes.fill(0x37);
    expect(sumBytes(memory, 1, 1999)).toBe(naiveSum(memory.bytes.subarray(1, 1999)));
  });

  test('refuses a length that no memory has', () => {
    expect(() => createSimdMemory(-1)).toThrow(RangeError);
  });
});
