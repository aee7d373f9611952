import { describe, expect, test } from 'vitest';
import { any, broadcast, createBench, own, peer, peerMac } from './support/bench.js';
import { icmpFrame, ipFrame, readIcmp, readIp } from './support/frames.js';

const bytes = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);
const first = { moreFragments: true, payload: bytes(16) };
const last = { fragmentOffsetBytes: 16, payload: bytes(5, 16) };

describe('reassembly (RFC 791 §3.2)', () => {
  test('the result has the first fragment’s TTL and TOS, no options, and is to be verified', () => {
    const bench = createBench();
    bench.device.inject(ipFrame({ ...last, ttl: 1 }), true);
    bench.device.inject(ipFrame({ ...first, ttl: 7, tos: 12, options: new Uint8Array([1, 1, 1, 0]) }), true);
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ ttl: 7, tos: 12, payload: bytes(21), checksum: 0 }]);
    expect(bench.ip.counters).toMatchObject({ fragmentsIn: 2, fragmentsReassembled: 1 });
    bench.end();
  });

  test.each([
    ['source', { source: { ...peer, w3: peer.w3 + 1 } }],
    ['identification', { identification: 8 }],
    ['protocol', { protocol: 254 }],
    ['destination', { destination: { ...own, w3: own.w3 + 254 } }],
  ])('fragments of another %s do not mix', (_, other) => {
    const bench = createBench();
    bench.device.inject(ipFrame(first));
    bench.device.inject(ipFrame({ ...last, ...other }));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    bench.device.inject(ipFrame(last));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
  });

  test('65,535 bytes arrive; one more is rejected (the ping of death)', () => {
    for (const extra of [0, 1]) {
      const bench = createBench();
      const step = 1480;
      const total = 65_515 + extra;
      for (let at = 0; at < total; at += step) {
        const length = Math.min(step, total - at);
        const moreFragments = at + length < total;
        bench.device.inject(ipFrame({ fragmentOffsetBytes: at, moreFragments, payload: bytes(length, at) }));
      }
      bench.settle();
      expect(bench.transport.got.map((got) => got.payload.length)).toEqual(extra === 0 ? [65_515] : []);
      expect(bench.ip.counters.fragmentTooLong).toBe(extra);
      bench.end();
    }
  });

  test('the pool is empty when the last fragment comes: dropped and counted', () => {
    const bench = createBench();
    const payload = bytes(1400);
    for (let at = 0; at < 2800; at += 1400) {
      bench.device.inject(ipFrame({ fragmentOffsetBytes: at, moreFragments: at === 0, payload }));
    }
    const held = [];
    for (let one = bench.packets.take(60_000, false); one !== null; one = bench.packets.take(60_000, false))
      held.push(one);
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters.fragmentNoBuffers).toBe(1);
    for (const one of held) one.pool.release(one);
    bench.end();
  });
});

describe('what is refused', () => {
  test.each([
    ['a fragment without payload', { moreFragments: true, payload: bytes(0) }, 'fragmentMalformed'],
    [
      'a length that is no multiple of 8, with more to follow',
      { moreFragments: true, payload: bytes(15) },
      'fragmentMalformed',
    ],
    [
      'TCP’s first fragment without its flags (RFC 1858 §4)',
      { protocol: 6, moreFragments: true, payload: bytes(8) },
      'fragmentTiny',
    ],
    ['TCP at offset 8 (RFC 1858 §5)', { protocol: 6, fragmentOffsetBytes: 8, payload: bytes(8) }, 'fragmentTiny'],
  ] as const)('%s', (_, fields, counter) => {
    const bench = createBench();
    bench.device.inject(ipFrame(fields));
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.packets.used).toBe(0);
    bench.end();
  });

  test('overlap rejects the whole datagram, with what still comes of it (RFC 5722 §4)', () => {
    const bench = createBench();
    bench.device.inject(ipFrame(first));
    bench.device.inject(ipFrame({ moreFragments: true, fragmentOffsetBytes: 8, payload: bytes(16) }));
    bench.device.inject(ipFrame(first));
    bench.device.inject(ipFrame(last));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ fragmentOverlap: 1, fragmentOfRejected: 2 });
    expect(bench.packets.used).toBe(0);
    bench.end();
  });

  test('the same place with other bytes is an overlap, the same bytes a duplicate', () => {
    const bench = createBench();
    bench.device.inject(ipFrame(first));
    bench.device.inject(ipFrame(first));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ fragmentDuplicate: 1, fragmentOverlap: 0 });
    bench.device.inject(ipFrame({ ...first, payload: bytes(16, 1) }));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ fragmentDuplicate: 1, fragmentOverlap: 1 });
    bench.end();
  });
});

describe('time (RFC 1122 §3.3.2)', () => {
  test('after 30 s the datagram is gone, and its sender is told if the first fragment was here (RFC 792)', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.device.inject(ipFrame(first));
    bench.settle(5);
    expect(bench.ip.nextDeadline()).toBe(30_005);
    bench.settle(30_004);
    expect(bench.device.take()).toEqual([]);
    bench.settle(30_005);
    const [out] = bench.device.take();
    const message = readIcmp(out!);
    expect(message).toMatchObject({ type: 11, code: 1 });
    expect(message.payload).toEqual(ipFrame(first).slice(14));
    expect(readIp(out!)).toMatchObject({ source: own, destination: peer });
    bench.device.inject(ipFrame(last));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    bench.end();
  });

  test.each([
    ['the first fragment is missing', last, undefined],
    ['it was to a group', { ...first, destination: { ...own, w3: -1 } }, broadcast],
    ['it was rejected', { moreFragments: true, fragmentOffsetBytes: 65_528, payload: bytes(8) }, undefined],
    [
      'it was an ICMP error',
      { protocol: 1, moreFragments: true, payload: new Uint8Array([3, 3, 0, 0, 0, 0, 0, 0]) },
      undefined,
    ],
  ])('nobody is told when %s', (_, fields, to) => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.device.inject(ipFrame(fields, to));
    bench.settle(1);
    bench.settle(40_000);
    expect(bench.ip.counters.fragmentTimeout).toBe(1);
    expect(bench.device.take()).toEqual([]);
    expect(bench.packets.used).toBe(0);
    bench.end();
  });
});

describe('bounds', () => {
  test('datagrams: the oldest makes room', () => {
    const bench = createBench({ reassemblyDatagrams: 4 });
    for (let identification = 1; identification <= 6; identification++)
      bench.device.inject(ipFrame({ ...first, identification }));
    for (let identification = 1; identification <= 6; identification++)
      bench.device.inject(ipFrame({ ...last, identification }));
    bench.settle();
    // 1 and 2 lost their first halves; their last halves displaced nobody's that was complete before.
    expect(bench.ip.counters.fragmentEvicted).toBeGreaterThanOrEqual(2);
    expect(bench.packets.used).toBeLessThanOrEqual(4);
    bench.end();
  });

  test('packet memory: the oldest makes room', () => {
    const bench = createBench({ reassemblyBytes: 20 * 2048 });
    for (let i = 0; i < 200; i++) {
      bench.device.inject(
        ipFrame({
          identification: i >>> 4,
          fragmentOffsetBytes: 64 + (i & 15) * 16,
          moreFragments: true,
          payload: bytes(8),
        }),
      );
      bench.settle();
      expect(bench.packets.used).toBeLessThanOrEqual(20);
    }
    expect(bench.ip.counters.fragmentEvicted).toBeGreaterThan(5);
    bench.end();
  });
});

test('a fragmented echo request of 5,000 bytes is answered with fragments', () => {
  const bench = createBench();
  bench.ip.addNeighbour(bench.index, peer, peerMac);
  const whole = icmpFrame({ type: 8, code: 0, restOfHeader: 0x00010002, payload: bytes(5000) }).slice(34);
  for (let at = 0; at < whole.length; at += 1480) {
    const payload = whole.slice(at, at + 1480);
    bench.device.inject(
      ipFrame({ protocol: 1, fragmentOffsetBytes: at, moreFragments: at + 1480 < whole.length, payload }),
    );
  }
  bench.settle();
  const back = bench.device.take().flatMap((frame) => [...readIp(frame).payload]);
  expect(back.slice(0, 2)).toEqual([0, 0]);
  expect(back.slice(4)).toEqual([...whole.slice(4)]);
  expect(bench.transport.send(any, peer, new Uint8Array(1))).toBe(0);
  bench.end();
});
