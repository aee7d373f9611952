import { type Address, addressEquals } from '@synos/interfaces';
import {
  formatAddress,
  inPrefix,
  ipv4,
  ipv4Any,
  ipv6Any,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  parseAddress,
  parsePrefix,
  setIpv4,
  setWords,
} from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyAddress } from './support.js';

const bigint = (a: Address): bigint =>
  [a.w0, a.w1, a.w2, a.w3].reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n);

test('what formatAddress writes parseAddress reads', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test('parseAddress answers any text without throwing', () => {
  const pieces = fc.constantFrom(':', '::', '.', '0', '1', 'ffff', '10', '256', 'g', '/', '1.2.3.4', '');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
      ),
      (text) => {
        const address = parseAddress(text);
        if (address) expect(parseAddress(formatAddress(address))).toEqual(address);
        parsePrefix(text);
      },
    ),
  );
});

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::', '2001:db8::'],
  ['::1.2.3.4', '::102:304'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
])('RFC 4291 §2.2: %s is read', (text, canonical) => {
  expect(formatAddress(parseAddress(text)!)).toBe(canonical);
});

test.each([
  // §4.2.2: one group of zeros is not shortened.
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  // §4.2.3: the longest run, and of equal ones the first.
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['0:0:1:2:3:0:0:4', '::1:2:3:0:0:4'],
  ['1:0:0:2:3:4:0:0', '1::2:3:4:0:0'],
  ['10:0:0:0:0:0:0:100', '10::100'],
])('RFC 5952: %s is written %s', (text, canonical) => {
  expect(formatAddress(parseAddress(text)!)).toBe(canonical);
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4 ',
  '0x1.2.3.4',
  '1..2.3',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  // Eight groups and a "::" that would stand for none.
  '1:2:3:4:5:6:7::8',
  '12345::',
  '::g',
  '1.2.3.4::',
  '::1.2.3.4:5',
  ':1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:',
])('"%s" is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test('inPrefix compares the leading bits', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.nat(128), fc.nat(128), (a, other, bits, shared) => {
      // Addresses that share a prefix of about the length asked for.
      const mask = (1n << BigInt(128 - shared)) - 1n;
      const value = (bigint(a) & ~mask) | (bigint(other) & mask);
      const word = (i: number): number => Number(BigInt.asIntN(32, value >> BigInt(96 - 32 * i)));
      const b = { w0: word(0), w1: word(1), w2: word(2), w3: word(3) };
      expect(inPrefix(a, b, bits)).toBe(bigint(a) >> BigInt(128 - bits) === bigint(b) >> BigInt(128 - bits));
    }),
  );
});

test('parsePrefix', () => {
  expect(parsePrefix('10.0.0.0/24')).toEqual({ address: ipv4(10, 0, 0, 0), bits: 120 });
  expect(parsePrefix('0.0.0.0/0')).toEqual({ address: ipv4Any, bits: 96 });
  expect(parsePrefix('10.1.2.3')).toEqual({ address: ipv4(10, 1, 2, 3), bits: 128 });
  expect(parsePrefix('2001:db8::/32')).toEqual({ address: { w0: 0x20010db8, w1: 0, w2: 0, w3: 0 }, bits: 32 });
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '/8', '10.0.0.0/-1']) {
    expect(parsePrefix(text), text).toBeUndefined();
  }
});

describe('kinds of addresses', () => {
  const is = (test: (a: Address) => boolean, text: string): boolean => test(parseAddress(text)!);

  test('loopback', () => {
    expect(is(isLoopback, '127.0.0.1') && is(isLoopback, '127.255.0.1') && is(isLoopback, '::1')).toBe(true);
    expect(is(isLoopback, '128.0.0.1') || is(isLoopback, '0.0.0.1') || is(isLoopback, '::2')).toBe(false);
  });

  test('multicast and limited broadcast', () => {
    expect(is(isMulticast, '224.0.0.1') && is(isMulticast, '239.255.255.255') && is(isMulticast, 'ff02::1')).toBe(true);
    expect(is(isMulticast, '223.255.255.255') || is(isMulticast, '240.0.0.0') || is(isMulticast, 'fe80::1')).toBe(
      false,
    );
    expect(is(isLimitedBroadcast, '255.255.255.255')).toBe(true);
    expect(is(isLimitedBroadcast, '::ffff:ffff') || is(isLimitedBroadcast, '10.255.255.255')).toBe(false);
  });
});

test('setIpv4 and setWords overwrite with int32', () => {
  const target = { w0: 1, w1: 2, w2: 3, w3: 4 };
  setIpv4(target, 0xc0a80001);
  expect(addressEquals(target, ipv4(192, 168, 0, 1))).toBe(true);
  setWords(target, 0, 0, 0, 0);
  expect(addressEquals(target, ipv6Any)).toBe(true);
});
