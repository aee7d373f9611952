import { createMemory, createStackMemory, sumBytes } from '@synos/wire';
import { createSimdMemory } from '@synos/wire/simd';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { naiveSum } from './support.js';

const megabyte = 1 << 20;

/** Its own sum: whoever lacks it runs none of these tests for what they say. */
function sumOf(memory: ReturnType<typeof createSimdMemory>): (start: number, end: number) => number {
  if (!memory.sum) throw new Error('this engine has no WebAssembly with SIMD, or did not take the module');
  return memory.sum;
}

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
    expect(memory.sum).toBeNull();
    memory.bytes.fill(0x37);
    expect(sumBytes(memory, 1, 1999)).toBe(naiveSum(memory.bytes.subarray(1, 1999)));
  });

  test('refuses a length that no memory has', () => {
    expect(() => createSimdMemory(-1)).toThrow(RangeError);
  });
});
