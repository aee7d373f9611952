import { failure, type PortOwner } from '@synos/interfaces';
import { ipv4, ipv6Any, parseAddress } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createPortTable } from '../src/index.js';
import { any, own, peer, SeededEntropy } from './support/bench.js';

const tcp = 6;
const udp = 17;

function owner(fields: Partial<PortOwner> = {}): { -readonly [K in keyof PortOwner]: PortOwner[K] } {
  return { reuseAddress: false, listening: false, autobound: false, acceptsPort: () => true, ...fields };
}

const table = (range?: [number, number]) =>
  createPortTable({ entropy: new SeededEntropy(), ...(range === undefined ? {} : { ephemeralRange: range }) });

describe('EADDRINUSE as Linux has it', () => {
  test.each([
    ['the same address', own, own, failure.addressInUse],
    ['another address', own, peer, 0],
    ['wildcard, then exact', any, own, failure.addressInUse],
    ['exact, then wildcard', own, any, failure.addressInUse],
    ['the IPv6 wildcard is the same wildcard', ipv6Any, own, failure.addressInUse],
    ['an IPv6 address beside an IPv4 one', parseAddress('fe80::1')!, own, 0],
  ])('%s', (_, first, second, expected) => {
    const ports = table();
    expect(ports.claim(tcp, first, 80, owner())).toBe(0);
    expect(ports.claim(tcp, second, 80, owner())).toBe(expected);
    expect(ports.claim(tcp, second, 81, owner())).toBe(0);
    expect(ports.claim(udp, second, 80, owner())).toBe(0);
  });

  test.each([
    ['neither', owner(), owner(), failure.addressInUse],
    ['the first only', owner({ reuseAddress: true }), owner(), failure.addressInUse],
    ['the second only', owner(), owner({ reuseAddress: true }), failure.addressInUse],
    ['both', owner({ reuseAddress: true }), owner({ reuseAddress: true }), 0],
    [
      'both, but one listens',
      owner({ reuseAddress: true, listening: true }),
      owner({ reuseAddress: true }),
      failure.addressInUse,
    ],
    ['an autobound flow and a bind', owner({ autobound: true }), owner({ reuseAddress: true }), failure.addressInUse],
  ])('SO_REUSEADDR on %s', (_, first, second, expected) => {
    const ports = table();
    expect(ports.claim(tcp, any, 80, first)).toBe(0);
    expect(ports.claim(tcp, any, 80, second)).toBe(expected);
  });

  test.each([
    ['both', { reusePort: true }, { reusePort: true }, 0],
    ['both, and one listens', { reusePort: true, listening: true }, { reusePort: true }, 0],
    ['the first only', { reusePort: true }, {}, failure.addressInUse],
    ['the second only', {}, { reusePort: true }, failure.addressInUse],
    ['one, SO_REUSEADDR on the other', { reusePort: true }, { reuseAddress: true }, failure.addressInUse],
    ['one, SO_REUSEADDR on both', { reusePort: true, reuseAddress: true }, { reuseAddress: true }, 0],
    [
      'one, SO_REUSEADDR on both, but one listens',
      { reusePort: true, reuseAddress: true, listening: true },
      { reuseAddress: true },
      failure.addressInUse,
    ],
  ])('SO_REUSEPORT on %s', (_, first, second, expected) => {
    const ports = table();
    expect(ports.claim(tcp, any, 80, owner(first))).toBe(0);
    expect(ports.claim(tcp, any, 80, owner(second))).toBe(expected);
  });

  test('a group listens together; a port for any of it is never chosen', () => {
    const ports = table([80, 80]);
    const group = [owner({ reusePort: true }), owner({ reusePort: true })];
    for (const one of group) {
      expect(ports.claim(tcp, any, 80, one)).toBe(0);
      expect(ports.mayListen(tcp, any, 80, one)).toBe(0);
      one.listening = true;
    }
    expect(ports.ephemeral(tcp, any, owner({ reusePort: true }))).toBe(failure.addressInUse);
    // The option goes, and with it the right to listen beside the other.
    group[1]!.reusePort = false;
    expect(ports.mayListen(tcp, any, 80, group[0]!)).toBe(failure.addressInUse);
  });

  test.each([
    ['the same device', 1, 1, failure.addressInUse],
    ['two devices', 1, 2, 0],
    ['a device and all', 1, 0, failure.addressInUse],
    ['all and a device', 0, 2, failure.addressInUse],
  ])('SO_BINDTODEVICE: %s', (_, first, second, expected) => {
    const ports = table();
    expect(ports.claim(tcp, any, 80, owner({ device: first }))).toBe(0);
    expect(ports.claim(tcp, own, 80, owner({ device: second }))).toBe(expected);
  });

  test('one of two who share may listen, the other may not then', () => {
    const ports = table();
    const [a, b] = [owner({ reuseAddress: true }), owner({ reuseAddress: true })];
    ports.claim(tcp, any, 80, a);
    ports.claim(tcp, own, 80, b);
    expect(ports.mayListen(tcp, any, 80, a)).toBe(0);
    a.listening = true;
    expect(ports.mayListen(tcp, own, 80, b)).toBe(failure.addressInUse);
    expect(ports.mayListen(tcp, any, 80, a)).toBe(0);
    expect(ports.mayListen(udp, own, 80, b)).toBe(0);
  });

  test('what is released is free; what was not claimed is a bug', () => {
    const ports = table();
    const shared = [
      owner({ reuseAddress: true }),
      owner({ reuseAddress: true }),
      owner({ reuseAddress: true }),
    ] as const;
    for (const one of shared) ports.claim(udp, own, 53, one);
    ports.release(udp, own, 53, shared[1]);
    ports.release(udp, own, 53, shared[0]);
    expect(ports.claim(udp, own, 53, owner())).toBe(failure.addressInUse);
    ports.release(udp, own, 53, shared[2]);
    expect(ports.claim(udp, own, 53, owner())).toBe(0);
    expect(() => ports.release(udp, own, 53, shared[2])).toThrow();
    expect(() => ports.release(udp, peer, 53, shared[2])).toThrow();
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])('port %d is refused', (port) => {
    expect(table().claim(tcp, any, port, owner())).toBe(failure.invalid);
  });

  test('the address is copied', () => {
    const ports = table();
    const address = { ...own };
    const mine = owner();
    ports.claim(tcp, address, 80, mine);
    address.w3++;
    expect(ports.claim(tcp, own, 80, owner())).toBe(failure.addressInUse);
    ports.release(tcp, own, 80, mine);
  });
});

describe('ephemeral ports (RFC 6056 §3.3.1)', () => {
  test('Linux’s range, spread over it, and none twice', () => {
    const ports = table();
    const seen = new Set<number>();
    for (let i = 0; i < 1000; i++) seen.add(ports.ephemeral(tcp, own, owner()));
    expect(seen.size).toBe(1000);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(32_768);
    expect(Math.max(...seen)).toBeLessThanOrEqual(60_999);
    const quarters = [0, 0, 0, 0];
    for (const port of seen) quarters[Math.floor((port - 32_768) / 7058)]!++;
    expect(quarters.every((count) => count > 150)).toBe(true);
    const inOrder = [...seen].filter((port, i, all) => i > 0 && port === all[i - 1]! + 1);
    expect(inOrder.length).toBeLessThan(100);
  });

  test('all of a range are found, then it is exhausted, and one that is released is found again', () => {
    const ports = table([40_000, 40_099]);
    const mine = owner();
    const taken = Array.from({ length: 100 }, () => ports.ephemeral(tcp, any, mine));
    expect(new Set(taken).size).toBe(100);
    expect(ports.ephemeral(tcp, own, owner())).toBe(failure.addressInUse);
    expect(ports.ephemeral(udp, own, owner())).toBeGreaterThan(0);
    ports.release(tcp, any, 40_042, mine);
    expect(ports.ephemeral(tcp, own, owner())).toBe(40_042);
  });

  test('connections share ports while their flows differ; a bound port is not shared with them', () => {
    const ports = table([40_000, 40_002]);
    ports.claim(tcp, any, 40_001, owner({ reuseAddress: true }));
    const flow = (): PortOwner => owner({ autobound: true });
    const first = [ports.ephemeral(tcp, own, flow()), ports.ephemeral(tcp, own, flow())];
    expect(first.every((port) => port === 40_000 || port === 40_002)).toBe(true);
    const picky = owner({ autobound: true, acceptsPort: (port) => port === 40_002 });
    expect(ports.ephemeral(tcp, own, picky)).toBe(40_002);
    expect(ports.ephemeral(tcp, own, owner({ autobound: true, acceptsPort: () => false }))).toBe(failure.addressInUse);
  });

  test('a bind to port 0 gets one that nobody holds', () => {
    const ports = table([40_000, 40_001]);
    const taken = ports.ephemeral(tcp, own, owner({ autobound: true }));
    const bound = ports.ephemeral(tcp, own, owner());
    expect(new Set([taken, bound]).size).toBe(2);
    expect(ports.ephemeral(tcp, own, owner({ reuseAddress: true }))).toBe(failure.addressInUse);
    expect(ports.ephemeral(tcp, ipv4(10, 0, 0, 3), owner())).toBeGreaterThan(0);
  });

  test('a nonsensical range is a bug', () => {
    expect(() => table([0, 10])).toThrow();
    expect(() => table([10, 9])).toThrow();
    expect(() => table([10, 65_536])).toThrow();
  });
});
