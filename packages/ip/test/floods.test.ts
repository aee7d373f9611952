import { ipv4, ipv4FromWord } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, broadcast, createBench, own, peer, peerMac } from './support/bench.js';
import { arpFrame, arpReply, ipFrame, readIp } from './support/frames.js';

const count = process.env.SYNOS_LONG ? 100_000 : 5000;

/** A stack that knows its peer, with a fragmented datagram of which a part is here, and how much it holds. */
function attacked(options: Parameters<typeof createBench>[0] = {}) {
  const bench = createBench(options);
  bench.ip.addAddress(bench.index, ipv4(10, 0, 0, 1), 120);
  bench.transport.send(any, peer, new Uint8Array([1]));
  bench.device.inject(arpReply());
  bench.settle();
  bench.device.take();
  return bench;
}

/** The existing flow goes on: out to the same neighbour, in to the transport. */
function stillWorks(bench: ReturnType<typeof createBench>): void {
  bench.device.take();
  bench.transport.got.length = 0;
  bench.transport.send(any, peer, new Uint8Array([7]));
  const sent = bench.device.take();
  expect(sent.map((frame) => [...frame.slice(0, 6)])).toEqual([[...peerMac]]);
  expect([...readIp(sent[0]!).payload]).toEqual([7]);
  bench.device.inject(ipFrame());
  bench.settle();
  expect(bench.transport.got).toHaveLength(1);
}

describe('floods hold bounded memory and do not disturb who is there', () => {
  test('ARP: unasked replies, announcements, and questions from everybody', () => {
    const bench = attacked();
    for (let i = 0; i < count; i++) {
      const sender = ipv4FromWord(own.w3 + 2 + (i % 250));
      const mac = new Uint8Array([2, 0, 1, i >>> 16, i >>> 8, i]);
      const kind = i % 3;
      if (kind === 0) bench.device.inject(arpReply(sender, mac));
      else if (kind === 1) bench.device.inject(arpFrame('request', sender, mac, sender, undefined, broadcast));
      else bench.device.inject(arpFrame('request', sender, mac, own, undefined, broadcast));
      if (i % 50 === 0) bench.settle();
      bench.device.sent.length = 0;
    }
    bench.settle();
    const { counters } = bench.ip;
    expect(counters.arpIn).toBe(count + 1);
    expect(counters.arpUnsolicited + counters.arpUnsolicitedClaim + counters.arpNotForUs).toBeGreaterThan(count / 2);
    expect(bench.ip.neighbours().length).toBeLessThanOrEqual(512);
    expect(bench.packets.used).toBe(0);
    stillWorks(bench);
    bench.end();
  });

  test('ARP: a flood that makes us ask for thousands', () => {
    const bench = createBench({ neighbourLimit: 128 });
    bench.ip.addAddress(bench.index, ipv4(172, 16, 0, 1), 108);
    bench.transport.send(any, peer, new Uint8Array([1]));
    bench.device.inject(arpReply());
    bench.settle();
    for (let i = 0; i < count; i++) {
      bench.transport.send(any, ipv4FromWord(ipv4(172, 16, 1, 0).w3 + i), new Uint8Array(100));
      bench.device.sent.length = 0;
    }
    bench.settle();
    expect(bench.ip.neighbours()).toHaveLength(128);
    expect(bench.packets.used).toBeLessThanOrEqual(128);
    expect(bench.ip.counters.neighbourEvicted).toBe(count - 127);
    stillWorks(bench);
    bench.end();
  });

  test('ARP: when enough packets wait, nothing more is asked', () => {
    const bench = attacked({ neighbourQueueTotal: 256 });
    bench.ip.addAddress(bench.index, ipv4(172, 16, 0, 1), 108);
    for (let i = 0; i < count; i++) {
      bench.transport.send(any, ipv4FromWord(ipv4(172, 16, 1, 0).w3 + i), new Uint8Array(100));
      if (i % 50 === 0) bench.settle(bench.now + 1);
    }
    expect(bench.ip.neighbours()).toHaveLength(257);
    expect(bench.ip.counters.arpRequestsOut).toBeLessThan(1 + 256 * (1 + count / 50 / 1000));
    expect(bench.packets.used).toBe(256);
    stillWorks(bench);
    bench.settle(bench.now + 5000);
    bench.end();
  });

  test('fragments that never become whole', () => {
    const bench = attacked();
    for (let i = 0; i < count; i++) {
      const source = ipv4FromWord(ipv4(20, 0, 0, 1).w3 + (i >>> 2));
      bench.device.inject(
        ipFrame({ source, identification: i & 0xffff, fragmentOffsetBytes: (i & 3) * 8, moreFragments: true }),
      );
      if (i % 50 === 0) bench.settle();
    }
    bench.settle();
    expect(bench.packets.used).toBeLessThanOrEqual(64);
    expect(bench.ip.counters.fragmentEvicted).toBe(count - 64);
    stillWorks(bench);
    bench.end();
  });

  test('destinations and protocols that nobody has', () => {
    const bench = attacked();
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
    for (let i = 0; i < count; i++) {
      const source = ipv4FromWord(ipv4(20, 0, 0, 1).w3 + i);
      bench.device.inject(
        i % 2 === 0 ? ipFrame({ source, protocol: 99 }) : ipFrame({ source, destination: ipv4(10, 0, 0, 77) }),
      );
      if (i % 50 === 0) bench.settle();
    }
    bench.settle();
    const { counters } = bench.ip;
    expect(counters.ipv4NotForUs).toBe(count / 2);
    expect(counters.icmpErrorsOut + counters.icmpErrorRateLimited).toBe(count / 2);
    expect(counters.icmpErrorsOut).toBe(50);
    expect(bench.packets.used).toBe(0);
    stillWorks(bench);
    bench.end();
  });

  test('a receive budget of one packet at a time changes nothing', () => {
    const bench = attacked();
    for (let i = 0; i < 500; i++) bench.device.inject(ipFrame());
    let turns = 0;
    while (bench.ip.poll(0, 1)) turns++;
    expect(turns).toBeGreaterThanOrEqual(499);
    expect(bench.transport.got).toHaveLength(500);
    bench.end();
  });
});
