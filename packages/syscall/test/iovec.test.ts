import { fc, test as property } from '@fast-check/vitest';
import { EFAULT, EINVAL, type Iovec, writeIovec } from '@synos/abi';
import { USER_END } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import {
  copiedOrFault,
  copyInIovecs,
  deliverDatagram,
  deliverStream,
  gather,
  IOV_MAX,
  iovecBytes,
  isUserRange,
  MAX_RW_BYTES,
  messageBuffer,
  readWriteBuffer,
  scatter,
} from '../src/index.js';
import { ascii, FakeMemory } from './fake-process.js';

const withPieces = (...pieces: (readonly [base: number, lengthBytes: number])[]): FakeMemory => {
  const memory = new FakeMemory(32_768);
  for (const [index, [base, lengthBytes]] of pieces.entries())
    writeIovec(memory.view, 16 * index, { base, lengthBytes });
  return memory;
};
const read = (memory: FakeMemory, count: number) => copyInIovecs(memory, 0x1000, count);

describe('import_iovec', () => {
  test('none, some, IOV_MAX, one more', () => {
    expect(read(withPieces(), 0)).toEqual([]);
    expect(read(withPieces([0x2000, 5], [0, 0]), 2)).toEqual([
      { base: 0x2000, lengthBytes: 5 },
      { base: 0, lengthBytes: 0 },
    ]);
    expect(read(withPieces(), IOV_MAX)).toHaveLength(1024);
    for (const count of [IOV_MAX + 1, 2 ** 53, -1]) expect(read(withPieces(), count)).toBe(-EINVAL);
  });

  test('an array that cannot be read', () => {
    expect(copyInIovecs(withPieces(), 5, 1)).toBe(-EFAULT);
    expect(copyInIovecs(withPieces(), 0x9000 - 15, 1)).toBe(-EFAULT);
  });

  test('a length that is negative as ssize_t is EINVAL, wherever it is, and wins over a bad address', () => {
    expect(read(withPieces([0x2000, 2 ** 63]), 1)).toBe(-EINVAL);
    expect(read(withPieces([-4096, 1], [0x2000, 2 ** 64]), 2)).toBe(-EINVAL);
  });

  test('a piece that leaves the user half is EFAULT, though it is beyond what is moved', () => {
    expect(read(withPieces([-4096, 0]), 1)).toBe(-EFAULT);
    expect(read(withPieces([0x2000, 2 ** 62]), 1)).toBe(-EFAULT);
    expect(read(withPieces([0x2000, MAX_RW_BYTES], [USER_END - 1, 2]), 2)).toBe(-EFAULT);
    expect(read(withPieces([USER_END - 1, 1]), 1)).toEqual([{ base: USER_END - 1, lengthBytes: 1 }]);
  });

  test('together they are cut at MAX_RW_COUNT', () => {
    const pieces = read(withPieces([0x2000, 0x7fff_0000], [0x3000, 0x10_0000], [0x4000, 7]), 3);
    expect(pieces).toEqual([
      { base: 0x2000, lengthBytes: 0x7fff_0000 },
      { base: 0x3000, lengthBytes: 0xf000 },
      { base: 0x4000, lengthBytes: 0 },
    ]);
    expect(iovecBytes(pieces as Iovec[])).toBe(MAX_RW_BYTES);
  });
});

test('read(2) looks at the whole range, recvfrom(2) at what is left of it', () => {
  const cut = { base: 0x1000, lengthBytes: MAX_RW_BYTES };
  expect(readWriteBuffer(0x1000, 2 ** 40)).toEqual(cut);
  expect(readWriteBuffer(0x1000, 2 ** 47)).toBe(-EFAULT);
  expect(messageBuffer(0x1000, 2 ** 64)).toEqual(cut);
  expect(messageBuffer(-1, 0)).toBe(-EFAULT);
  expect(readWriteBuffer(0, 0)).toEqual({ base: 0, lengthBytes: 0 });
  expect([isUserRange(USER_END, 0), isUserRange(USER_END, 1), isUserRange(-1, 1)]).toEqual([true, false, false]);
});

test('copiedOrFault: what was moved; EFAULT only where it was nothing', () => {
  expect([copiedOrFault(5, 9), copiedOrFault(0, 9), copiedOrFault(0, 0)]).toEqual([5, -EFAULT, 0]);
});

const layout = fc.array(fc.record({ base: fc.integer({ min: 0xfe0, max: 0x2010 }), lengthBytes: fc.nat(60) }), {
  maxLength: 6,
});

property.prop([layout, fc.nat(80), fc.nat(20), fc.nat(100)])(
  'gather and scatter are as a loop over bytes',
  (pieces, skipBytes, offset, byteLength) => {
    const addresses = pieces.flatMap(({ base, lengthBytes }) =>
      Array.from({ length: lengthBytes }, (_, at) => base + at),
    );
    const wanted = addresses.slice(skipBytes, skipBytes + byteLength);
    const fault = wanted.findIndex((address) => address < 0x1000 || address >= 0x2000);
    const good = fault < 0 ? wanted : wanted.slice(0, fault);

    const memory = new FakeMemory();
    for (let at = 0; at < 4096; at++) memory.bytes[at] = (at * 7) & 255;
    const into = new Uint8Array(200);
    expect(gather(memory, pieces, into, skipBytes, offset, byteLength)).toBe(good.length);
    const expected = new Uint8Array(200);
    for (const [index, address] of good.entries()) expected[offset + index] = memory.bytes[address - 0x1000]!;
    expect(into).toEqual(expected);

    const target = new FakeMemory();
    const from = Uint8Array.from({ length: 200 }, (_, at) => (at * 5 + 1) & 255);
    expect(scatter(target, pieces, from, skipBytes, offset, byteLength)).toBe(good.length);
    const bytes = new Uint8Array(4096);
    for (const [index, address] of good.entries()) bytes[address - 0x1000] = from[offset + index]!;
    expect(target.bytes).toEqual(bytes);
  },
);

describe('received data leaves its queue only when the program has it', () => {
  const queue = (bytes: Uint8Array<ArrayBuffer>) => {
    let waiting = bytes;
    return {
      get length() {
        return waiting.length;
      },
      peek(skip: number, into: Uint8Array<ArrayBuffer>) {
        const some = waiting.subarray(skip, skip + into.length);
        into.set(some);
        return some.length;
      },
      take(count: number) {
        waiting = waiting.slice(count);
      },
    };
  };

  test('a stream: what fits, what waits, nothing', () => {
    const memory = new FakeMemory();
    const received = queue(ascii('abcdefgh'));
    const pieces = [
      { base: 0x1000, lengthBytes: 2 },
      { base: 0x1100, lengthBytes: 3 },
    ];
    expect([deliverStream(memory, pieces, received), received.length]).toEqual([5, 3]);
    expect(String.fromCharCode(...memory.bytes.subarray(0x100, 0x103))).toBe('cde');
    expect([deliverStream(memory, pieces, received), received.length]).toEqual([3, 0]);
    expect(deliverStream(memory, pieces, received)).toBe(0);
    expect(deliverStream(memory, [], queue(ascii('x')))).toBe(0);
  });

  test('a stream with a fault keeps what the program did not get', () => {
    const memory = new FakeMemory();
    const received = queue(ascii('abcdefgh'));
    const take = (base: number) => deliverStream(memory, [{ base, lengthBytes: 8 }], received);
    expect([take(0x5000), received.length]).toEqual([-EFAULT, 8]);
    expect([take(0x1000 + 4093), received.length]).toEqual([3, 5]);
    expect([take(0x1000), received.length]).toEqual([5, 0]);
    expect(String.fromCharCode(...memory.bytes.subarray(0, 5))).toBe('defgh');
  });

  test('a long stream, with a fault far on', () => {
    const memory = new FakeMemory(200_000);
    const bytes = Uint8Array.from({ length: 200_500 }, (_, at) => (at * 31) >> 3);
    const received = queue(bytes);
    expect(deliverStream(memory, [{ base: 0x1000, lengthBytes: 300_000 }], received)).toBe(200_000);
    expect(received.length).toBe(500);
    expect(memory.bytes).toEqual(bytes.slice(0, 200_000));
  });

  test('a datagram: cut where there is no room, kept after a fault', () => {
    const memory = new FakeMemory();
    let taken = 0;
    const deliver = (base: number, lengthBytes: number) =>
      deliverDatagram(memory, [{ base, lengthBytes }], ascii('abcdef'), () => void taken++);
    expect([deliver(0x1000 + 4093, 6), taken]).toEqual([-EFAULT, 0]);
    expect([deliver(0x1000, 4), taken]).toEqual([4, 1]);
    expect([deliver(0x1000, 9), taken]).toEqual([6, 2]);
    expect([deliver(0, 0), taken]).toEqual([0, 3]);
  });
});
