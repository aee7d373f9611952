import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  readLayout,
  readSockaddr,
  readSockaddrFamily,
  readSockaddrIn,
  readSockaddrIn6,
  type SockaddrIn,
  type SockaddrIn6,
  sockaddrIn6Layout,
  sockaddrInLayout,
  sockaddrSize,
  writeSockaddr,
} from '../src/index.js';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const port = fc.nat(0xffff);
const v4: fc.Arbitrary<SockaddrIn> = fc.record({ family: fc.constant(AF_INET), port, address: int32 });
const v6: fc.Arbitrary<SockaddrIn6> = fc.record({
  family: fc.constant(AF_INET6),
  port,
  flowinfo: fc.nat(0xffff_ffff),
  address: fc.record({ w0: int32, w1: int32, w2: int32, w3: int32 }),
  scopeId: fc.nat(0xffff_ffff),
});
const address = fc.oneof(v4, v6);

const viewOf = (...bytes: number[]): DataView => new DataView(Uint8Array.from(bytes).buffer);
const loopback = viewOf(2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
const linkLocal = viewOf(10, 0, 0, 80, 0, 0, 0, 5, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 3, 0, 0, 0);

describe('reading', () => {
  test('127.0.0.1:8080', () => {
    const expected = { family: AF_INET, port: 8080, address: 0x7f000001 };
    expect(readSockaddrIn(loopback, 0, 16)).toEqual(expected);
    expect(readSockaddr(loopback, 0, 16)).toEqual(expected);
    expect(readSockaddr(loopback, 0, 16)).toMatchObject({ port: readLayout(sockaddrInLayout, loopback, 0).port });
  });

  test('[fe80::9%3]:80 with flow information 5', () => {
    const expected = {
      family: AF_INET6,
      port: 80,
      flowinfo: 5,
      address: { w0: 0xfe800000 | 0, w1: 0, w2: 0, w3: 9 },
      scopeId: 3,
    };
    expect(readSockaddrIn6(linkLocal, 0, 28)).toEqual(expected);
    expect(readSockaddr(linkLocal, 0, 28)).toEqual(expected);
    expect(readLayout(sockaddrIn6Layout, linkLocal, 0)).toMatchObject({ port: 80, flowinfo: 5, scopeId: 3 });
  });

  test('sin_zero may hold anything', () => {
    const bytes = new Uint8Array(loopback.buffer.slice(0)).fill(0xff, 8);
    expect(readSockaddrIn(new DataView(bytes.buffer), 0, 16)).toMatchObject({ port: 8080 });
  });

  test('a stated length beyond the structure is no error (a program may pass sizeof(sockaddr_storage))', () => {
    expect(readSockaddrIn(loopback, 0, 128)).toMatchObject({ port: 8080 });
    expect(readSockaddrIn6(linkLocal, 0, 128)).toMatchObject({ port: 80 });
  });

  test('every length too short for the family is truncated, stated or real', () => {
    for (let length = 0; length < 16; length++) {
      expect(readSockaddrIn(loopback, 0, length)).toBe('truncated');
      expect(readSockaddr(loopback, 0, length)).toBe('truncated');
      expect(readSockaddrIn(new DataView(loopback.buffer, 0, length), 0, 16)).toBe('truncated');
    }
    for (let length = 0; length < 28; length++) {
      const cut = new DataView(linkLocal.buffer, 0, length);
      expect(readSockaddrIn6(cut, 0, 28)).toBe('truncated');
      expect(readSockaddr(cut, 0, 28)).toBe('truncated');
    }
  });

  test('RFC 2133: a sockaddr_in6 of 24 bytes has no scope', () => {
    for (let length = 0; length < 24; length++) expect(readSockaddrIn6(linkLocal, 0, length)).toBe('truncated');
    for (let length = 24; length < 28; length++) {
      expect(readSockaddrIn6(linkLocal, 0, length)).toMatchObject({ address: { w3: 9 }, scopeId: 0 });
      expect(readSockaddrIn6(new DataView(linkLocal.buffer, 0, length), 0, length)).toMatchObject({ scopeId: 0 });
    }
  });

  test('another family is an error of its own, found after the length', () => {
    expect(readSockaddrIn(linkLocal, 0, 28)).toBe('family');
    expect(readSockaddrIn6(viewOf(2, ...new Array<number>(27).fill(0)), 0, 28)).toBe('family');
    expect(readSockaddr(viewOf(AF_UNIX, 0, 0x2f), 0, 3)).toBe('family');
    expect(readSockaddrIn(viewOf(AF_UNIX, 0), 0, 2)).toBe('truncated');
  });

  test('AF_UNSPEC needs its family only', () => {
    expect(readSockaddr(viewOf(0, 0), 0, 2)).toEqual({ family: AF_UNSPEC });
    expect(readSockaddr(viewOf(0, 0), 0, 1)).toBe('truncated');
    expect(readSockaddrFamily(viewOf(0x34, 0x12), 0, 2)).toBe(0x1234);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'an offset of %s is outside the view',
    (offset) => {
      const view = new DataView(new Uint8Array(64).fill(0).buffer);
      expect(readSockaddrFamily(view, offset, 16)).toBe('truncated');
      expect(readSockaddr(view, offset, 16)).toBe('truncated');
    },
  );

  test('any bytes at any offset with any length: a value or a reason, never an exception', () => {
    const anyNumber = fc.oneof(fc.integer({ min: -4, max: 40 }), fc.double(), fc.constantFrom(Number.NaN, 2 ** 53, -0));
    const familyFirst = fc.tuple(
      fc.constantFrom(AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX),
      fc.uint8Array({ maxLength: 40 }),
    );
    const bytes = familyFirst.map(([family, rest]) => Uint8Array.of(family, 0, ...rest));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), bytes), anyNumber, anyNumber, (data, offset, length) => {
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        for (const read of [readSockaddr, readSockaddrIn, readSockaddrIn6, readSockaddrFamily]) {
          const result = read(view, offset, length);
          if (typeof result === 'string') expect(['truncated', 'family']).toContain(result);
          else expect(length).toBeGreaterThanOrEqual(2);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('writing', () => {
  test('round trip: what is written is read, anywhere in a view', () => {
    fc.assert(
      fc.property(address, fc.nat(9), (value, offset) => {
        const bytes = new Uint8Array(160).fill(0xa5);
        const view = new DataView(bytes.buffer, 7);
        const size = writeSockaddr(view, offset, 128, value);
        expect(size).toBe(sockaddrSize(value.family));
        expect(readSockaddr(view, offset, size)).toEqual(value);
        expect(bytes.subarray(0, 7 + offset).every((byte) => byte === 0xa5)).toBe(true);
        expect(bytes.subarray(7 + offset + size).every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  test('is as the description says, sin_zero zero', () => {
    fc.assert(
      fc.property(v4, (value) => {
        const view = new DataView(new Uint8Array(16).fill(0xa5).buffer);
        writeSockaddr(view, 0, 16, value);
        const fields = { ...value, address: value.address >>> 0, zero: new Uint8Array(8) };
        expect(readLayout(sockaddrInLayout, view, 0)).toEqual(fields);
      }),
    );
    fc.assert(
      fc.property(v6, (value) => {
        const view = new DataView(new Uint8Array(28).fill(0xa5).buffer);
        writeSockaddr(view, 0, 28, value);
        const { w0, w1, w2, w3 } = value.address;
        const bytes = [w0, w1, w2, w3].flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]);
        expect(readLayout(sockaddrIn6Layout, view, 0)).toEqual({ ...value, address: Uint8Array.from(bytes) });
      }),
    );
  });

  test('too little room: as many bytes as there is room for, and the full size as the result', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: -1, max: 30 }), (value, capacity) => {
        const whole = new Uint8Array(40).fill(0xa5);
        const size = writeSockaddr(new DataView(whole.buffer), 0, 40, value);
        const cut = new Uint8Array(40).fill(0xa5);
        expect(writeSockaddr(new DataView(cut.buffer), 0, capacity, value)).toBe(size);
        const written = Math.max(0, Math.min(capacity, size));
        expect(cut.subarray(0, written)).toEqual(whole.subarray(0, written));
        expect(cut.subarray(written).every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });
});
