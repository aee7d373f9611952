import { KeyedHash } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { addressB, Pair, Station } from './fake-network.js';

function issOf(station: Station, port: number): number {
  const endpoint = station.open();
  endpoint.bind({ address: station.host.address, port });
  endpoint.connect({ address: addressB, port: 80 });
  const iss = station.host.sent.at(-1)!.segment.sequence;
  endpoint.abort();
  return iss;
}

describe('RFC 6528, initial sequence numbers', () => {
  test('of one flow they rise by one for 4 microseconds', () => {
    const pair = new Pair();
    const first = issOf(pair.a, 5000);
    pair.nowMs += 10;
    expect((issOf(pair.a, 5000) - first) | 0).toBe(2500);
    pair.nowMs += 0.004;
    expect((issOf(pair.a, 5000) - first) | 0).toBe(2501);
  });

  test('of different flows and of different stacks they are unrelated', () => {
    const pair = new Pair();
    const other = new Station(pair.a.host.address, () => pair.nowMs, {}, 99);
    const all = [issOf(pair.a, 5000), issOf(pair.a, 5001), issOf(other, 5000)];
    for (const x of all) for (const y of all) if (x !== y) expect(Math.abs((x - y) | 0)).toBeGreaterThan(1000);
    expect(new Set(all).size).toBe(3);
  });

  test('every input changes about half of the bits of the hash', () => {
    const hash = new KeyedHash(1, 2, 2, 4);
    const base = hash.ofFlow(ipv4(10, 0, 0, 1), 1000, ipv4(10, 0, 0, 2), 80, 1);
    const others = [
      hash.ofFlow(ipv4(10, 0, 0, 3), 1000, ipv4(10, 0, 0, 2), 80, 1),
      hash.ofFlow(ipv4(10, 0, 0, 1), 1001, ipv4(10, 0, 0, 2), 80, 1),
      hash.ofFlow(ipv4(10, 0, 0, 1), 1000, ipv4(10, 0, 0, 6), 80, 1),
      hash.ofFlow(ipv4(10, 0, 0, 1), 1000, ipv4(10, 0, 0, 2), 81, 1),
      hash.ofFlow(ipv4(10, 0, 0, 1), 1000, ipv4(10, 0, 0, 2), 80, 2),
      new KeyedHash(1, 3, 2, 4).ofFlow(ipv4(10, 0, 0, 1), 1000, ipv4(10, 0, 0, 2), 80, 1),
    ];
    for (const other of others) {
      let bits = 0;
      for (let x = base ^ other; x !== 0; x &= x - 1) bits++;
      expect(bits).toBeGreaterThan(6);
      expect(bits).toBeLessThan(27);
    }
  });
});
