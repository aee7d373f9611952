import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as abi from '../src/index.js';

// The functions made for one structure are compared with the description, which the C compiler has confirmed.

const u64 = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 47 - 1, 2 ** 53 - 1));
const i64 = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 0, -(2 ** 32), 2 ** 32 - 1, 2 ** 53 - 1, -(2 ** 53 - 1)));
const u32 = fc.nat(0xffff_ffff);
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const i16 = fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 });
const u16 = fc.nat(0xffff);

function arbitraryField(field: abi.LayoutField): fc.Arbitrary<number | Uint8Array> {
  if (field.bits !== undefined) return fc.nat((1 << field.bits.width) - 1);
  switch (field.type) {
    case 'bytes':
      return fc.uint8Array({ minLength: field.size, maxLength: field.size });
    case 'u8':
      return fc.nat(0xff);
    case 'u16':
    case 'u16be':
      return u16;
    case 'i16':
      return i16;
    case 'u32':
    case 'u32be':
      return u32;
    case 'i32':
      return i32;
    case 'i64':
      return i64;
    case 'u64':
    case 'pointer':
      return u64;
  }
}

function arbitraryValue(layout: abi.Layout): fc.Arbitrary<Record<string, number | Uint8Array>> {
  return fc.record(Object.fromEntries(layout.fields.map((field) => [field.key, arbitraryField(field)])));
}

/** A view that starts somewhere in its buffer, full of other bytes, and an offset in it. */
const place = (size: number) =>
  fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map(([before, offset, after]) => {
    const bytes = new Uint8Array(before + offset + size + after).fill(0xa5);
    return { view: new DataView(bytes.buffer, before), bytes, offset, at: before + offset };
  });

interface Codec {
  layout: abi.Layout;
  read(view: DataView, offset: number): object;
  write(view: DataView, offset: number, value: never): void;
}

const codecs: Codec[] = [
  { layout: abi.pollfdLayout, read: abi.readPollfd, write: abi.writePollfd },
  { layout: abi.iovecLayout, read: abi.readIovec, write: abi.writeIovec },
  { layout: abi.msghdrLayout, read: abi.readMsghdr, write: abi.writeMsghdr },
  { layout: abi.cmsghdrLayout, read: abi.readCmsghdr, write: abi.writeCmsghdr },
  { layout: abi.timespecLayout, read: abi.readTimespec, write: abi.writeTimespec },
  { layout: abi.timevalLayout, read: abi.readTimeval, write: abi.writeTimeval },
  { layout: abi.lingerLayout, read: abi.readLinger, write: abi.writeLinger },
  { layout: abi.tcpInfoLayout, read: abi.readTcpInfo, write: abi.writeTcpInfo },
];

describe.each(codecs)('$layout.name', ({ layout, read, write }) => {
  test('round trip: what is written is read', () => {
    fc.assert(
      fc.property(arbitraryValue(layout), place(layout.size), (value, { view, offset }) => {
        write(view, offset, value as never);
        expect(read(view, offset)).toEqual(value);
      }),
    );
  });

  test('is written as the description says, and nothing beside it', () => {
    fc.assert(
      fc.property(arbitraryValue(layout), place(layout.size), (value, { view, bytes, offset, at }) => {
        const expected = bytes.slice();
        abi.writeLayout(layout, new DataView(expected.buffer, view.byteOffset), offset, value);
        write(view, offset, value as never);
        expect(bytes).toEqual(expected);
        expect(bytes.subarray(0, at).every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  test('any bytes are read as the description says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: layout.size, maxLength: layout.size }), (bytes) => {
        const view = new DataView(bytes.buffer);
        expect(read(view, 0)).toEqual(abi.readLayout(layout, view, 0));
      }),
    );
  });

  test('does not fit: a RangeError, and nothing is written', () => {
    const bytes = new Uint8Array(layout.size + 4).fill(0xa5);
    const zeros = Object.fromEntries(layout.fields.map((field) => [field.key, 0])) as never;
    for (let length = 0; length < layout.size; length++) {
      expect(() => write(new DataView(bytes.buffer, 0, length), 0, zeros)).toThrow(RangeError);
    }
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
    expect(() => write(new DataView(bytes.buffer), -1, zeros)).toThrow(RangeError);
  });
});

describe('struct epoll_event', () => {
  test('round trip: all 64 bits of data come back', () => {
    fc.assert(
      fc.property(u32, u32, u32, place(12), (events, dataLow, dataHigh, { view, offset }) => {
        abi.writeEpollEvent(view, offset, { events, dataLow, dataHigh });
        expect(abi.readEpollEvent(view, offset)).toEqual({ events, dataLow, dataHigh });
        expect(view.getUint32(offset, true)).toBe(events);
        expect(view.getBigUint64(offset + 4, true)).toBe((BigInt(dataHigh) << 32n) | BigInt(dataLow));
      }),
    );
  });
});

describe('64-bit integers', () => {
  const ends = fc.constantFrom(2 ** 64, 2 ** 64 + 4096, 2 ** 63, -(2 ** 63), Number.POSITIVE_INFINITY);
  const any64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.maxSafeNat().map(BigInt));

  test('readU64 is the nearest number to the 64 bits, and below 2^53 only where they are', () => {
    fc.assert(
      fc.property(any64, (value) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setBigUint64(0, value, true);
        expect(abi.readU64(view, 0)).toBe(Number(value));
        expect(abi.readU64(view, 0) < 2 ** 53).toBe(value < 2n ** 53n);
      }),
    );
  });

  test('readI64 is the nearest number to the 64 bits', () => {
    fc.assert(
      fc.property(any64, (value) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setBigUint64(0, value, true);
        expect(abi.readI64(view, 0)).toBe(Number(BigInt.asIntN(64, value)));
      }),
    );
  });

  test('writeU64 writes what C converts to unsigned, and the largest value for what is too large', () => {
    fc.assert(
      fc.property(fc.oneof(i64, ends, fc.double({ min: 0, noNaN: true }).map(Math.floor)), (value) => {
        const view = new DataView(new ArrayBuffer(8));
        abi.writeU64(view, 0, value);
        const expected = value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt.asUintN(64, BigInt(value));
        expect(view.getBigUint64(0, true)).toBe(expected);
      }),
    );
  });

  test('writeI64 writes the value, or the end of the range', () => {
    fc.assert(
      fc.property(fc.oneof(i64, ends, fc.double({ noNaN: true }).map(Math.floor)), (value) => {
        const view = new DataView(new ArrayBuffer(8));
        abi.writeI64(view, 0, value);
        const expected = value >= 2 ** 63 ? 2n ** 63n - 1n : value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
        expect(view.getBigInt64(0, true)).toBe(expected);
      }),
    );
  });
});
