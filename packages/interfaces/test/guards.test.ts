import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Address,
  addressEquals,
  assert,
  copyAddress,
  failure,
  failureName,
  isIpv4Mapped,
  isUnspecified,
} from '../src/index.js';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const address: fc.Arbitrary<Address> = fc.record({ w0: word, w1: word, w2: word, w3: word });

describe('addresses', () => {
  test('equal exactly when all 128 bits are', () => {
    fc.assert(
      fc.property(address, address, (a, b) => {
        const same = a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
        expect(addressEquals(a, b)).toBe(same);
        expect(addressEquals(a, { ...a })).toBe(true);
      }),
    );
  });

  test('a changed word makes another address', () => {
    fc.assert(
      fc.property(address, fc.constantFrom('w0', 'w1', 'w2', 'w3'), (a, name) => {
        expect(addressEquals(a, { ...a, [name]: a[name] ^ 1 })).toBe(false);
      }),
    );
  });

  test('a copy is equal', () => {
    fc.assert(
      fc.property(address, (a) => {
        const target = { w0: 1, w1: 2, w2: 3, w3: 4 };
        copyAddress(target, a);
        expect(target).toEqual(a);
      }),
    );
  });

  test('RFC 4291 §2.5.5.2: ::ffff:0:0/96 is IPv4, nothing else is', () => {
    fc.assert(
      fc.property(word, (w3) => {
        expect(isIpv4Mapped({ w0: 0, w1: 0, w2: 0xffff, w3 })).toBe(true);
        expect(isIpv4Mapped({ w0: 0, w1: 0, w2: 0, w3 })).toBe(false);
        expect(isIpv4Mapped({ w0: 1, w1: 0, w2: 0xffff, w3 })).toBe(false);
        expect(isIpv4Mapped({ w0: 0, w1: 1, w2: 0xffff, w3 })).toBe(false);
      }),
    );
  });

  test('unspecified is 0.0.0.0 or ::', () => {
    expect(isUnspecified({ w0: 0, w1: 0, w2: 0xffff, w3: 0 })).toBe(true);
    expect(isUnspecified({ w0: 0, w1: 0, w2: 0, w3: 0 })).toBe(true);
    expect(isUnspecified({ w0: 0, w1: 0, w2: 0xffff, w3: 1 })).toBe(false);
    expect(isUnspecified({ w0: 0, w1: 0, w2: 1, w3: 0 })).toBe(false);
  });
});

describe('failures', () => {
  test('codes are negative and distinct, and names lead back', () => {
    const codes = Object.values(failure);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [name, code] of Object.entries(failure)) {
      expect(code).toBeLessThan(0);
      expect(failureName(code)).toBe(name);
    }
    expect(failureName(0)).toBeUndefined();
    expect(failureName(-1000)).toBeUndefined();
  });
});

describe('assert', () => {
  test('throws with a code when its condition fails', () => {
    expect(() => assert(true, 'fine')).not.toThrow();
    expect(() => assert(false, 'broken')).toThrow(
      expect.objectContaining({ code: 'ERR_ASSERTION', message: 'broken' }),
    );
  });
});
