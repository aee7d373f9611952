import {
  addSums,
  createMemory,
  foldSum,
  invertSum,
  ipv4FromWord,
  pseudoHeaderSum,
  sumBytes,
  updateSum16,
} from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { int32, ipv4Address, memoryWith, naiveSum, uint8, uint16 } from './support.js';

describe('sumBytes', () => {
  test('RFC 1071 §3: the worked example', () => {
    const memory = memoryWith(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7));
    expect(sumBytes(memory, 0, 8)).toBe(0xddf2);
  });

  test('equals the reference at every alignment and every length up to 300', () => {
    const memory = createMemory(new ArrayBuffer(512));
    for (let i = 0; i < 512; i++) memory.bytes[i] = (i * 2_654_435_761) >>> 11;
    for (let start = 0; start < 8; start++) {
      for (let length = 0; length <= 300; length++) {
        const expected = naiveSum(memory.bytes.subarray(start, start + length));
        if (sumBytes(memory, start, start + length) !== expected) expect.fail(`start ${start}, length ${length}`);
      }
    }
  });

  test('equals the reference for any bytes, start and length', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.tuple(fc.constantFrom(0, 0xff), fc.nat(70_000)).map(([fill, length]) => new Uint8Array(length).fill(fill)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 7 }), fc.nat(16), (data, start, spare) => {
        const memory = createMemory(new ArrayBuffer(start + data.length + spare));
        // What lies around the range must not count.
        memory.bytes.fill(0xa5);
        memory.bytes.set(data, start);
        expect(sumBytes(memory, start, start + data.length)).toBe(naiveSum(data));
      }),
    );
  });

  test('works in a memory that begins inside its buffer', () => {
    const buffer = new ArrayBuffer(256);
    new Uint8Array(buffer).forEach((_, i, all) => {
      all[i] = i * 7;
    });
    const memory = createMemory(buffer, 40, 200);
    expect(sumBytes(memory, 3, 190)).toBe(naiveSum(memory.bytes.subarray(3, 190)));
  });

  test('is exact for a megabyte of ones', () => {
    const memory = createMemory(new ArrayBuffer(1 << 20));
    memory.bytes.fill(0xff);
    expect(sumBytes(memory, 0, 1 << 20)).toBe(0xffff);
    memory.bytes[77_777] = 0;
    expect(sumBytes(memory, 0, 1 << 20)).toBe(0xff00);
  });
});

test('foldSum is the sum modulo 65535, zero for nothing but zero', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (sum) => {
      const rest = Number(BigInt(sum) % 65_535n);
      expect(foldSum(sum)).toBe(rest === 0 && sum > 0 ? 0xffff : rest);
    }),
  );
  expect(foldSum(0)).toBe(0);
  expect(foldSum(2 ** 53 - 1)).toBe(Number((2n ** 53n - 1n) % 65_535n));
});

test('addSums adds what sumBytes gives of two parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (first, second) => {
      const head = first.subarray(0, first.length & ~1);
      const whole = Uint8Array.of(...head, ...second);
      expect(addSums(naiveSum(head), naiveSum(second))).toBe(naiveSum(whole));
    }),
  );
});

test('RFC 1624: updateSum16 gives the checksum of the changed data', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 40 }), uint16, (data, word) => {
      const view = new DataView(data.buffer, data.byteOffset, data.length);
      const before = invertSum(naiveSum(data));
      const old = view.getUint16(2);
      view.setUint16(2, word);
      // Both forms of zero verify alike.
      const after = naiveSum(data);
      const updated = updateSum16(before, old, word);
      expect(addSums(updated, after) % 0xffff).toBe(0);
      if (after !== 0) expect(updated).toBe(invertSum(after));
    }),
  );
});

describe('pseudoHeaderSum', () => {
  test('RFC 9293 §3.1: equals the sum of the IPv4 pseudo-header', () => {
    fc.assert(
      fc.property(ipv4Address, ipv4Address, uint8, uint16, (source, destination, protocol, length) => {
        const bytes = new Uint8Array(12);
        const view = new DataView(bytes.buffer);
        view.setInt32(0, source.w3);
        view.setInt32(4, destination.w3);
        view.setUint16(8, protocol);
        view.setUint16(10, length);
        expect(pseudoHeaderSum(source, destination, protocol, length) % 0xffff).toBe(naiveSum(bytes) % 0xffff);
      }),
    );
  });

  test('RFC 8200 §8.1: equals the sum of the IPv6 pseudo-header', () => {
    const address = fc.tuple(int32, int32, int32, int32);
    fc.assert(
      fc.property(address, address, uint8, fc.nat(), (from, to, protocol, length) => {
        const bytes = new Uint8Array(40);
        const view = new DataView(bytes.buffer);
        from.forEach((word, i) => {
          view.setInt32(4 * i, word);
        });
        to.forEach((word, i) => {
          view.setInt32(16 + 4 * i, word);
        });
        view.setUint32(32, length);
        view.setUint32(36, protocol);
        const [source, destination] = [from, to].map(([w0, w1, w2, w3]) => ({ w0, w1, w2, w3 }));
        expect(pseudoHeaderSum(source!, destination!, protocol, length)).toBe(naiveSum(bytes));
      }),
    );
  });

  test('is never zero, so that a right checksum always sums to 0xffff', () => {
    expect(pseudoHeaderSum(ipv4FromWord(-1), ipv4FromWord(-1), 0, 0)).toBe(0xffff);
  });
});
