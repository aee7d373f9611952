import { failure } from '@synos/interfaces';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { any, createBench, own, peer, peerMac, protocol } from './support/bench.js';
import { readIp } from './support/frames.js';

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 + (i >>> 8));

describe('fragments outwards (RFC 791 §3.2)', () => {
  test('they fit the link, carry one identification, and make up the payload', () => {
    fc.assert(
      fc.property(fc.integer({ min: 68, max: 1500 }), fc.integer({ min: 0, max: 9000 }), (mtuBytes, length) => {
        const bench = createBench();
        bench.device.mtuBytes = mtuBytes;
        bench.device.changed();
        bench.ip.addNeighbour(bench.index, peer, peerMac);
        const payload = counted(length);
        expect(bench.transport.send(any, peer, payload, { ttl: 9, tos: 4 })).toBe(0);
        bench.settle();
        const fragments = bench.device.take().map(readIp);
        const into: number[] = [];
        fragments.forEach((fragment, index) => {
          expect(20 + fragment.payload.length).toBeLessThanOrEqual(mtuBytes);
          expect(fragment).toMatchObject({ ttl: 9, tos: 4, source: own, destination: peer, protocol });
          expect(fragment.identification).toBe(fragments[0]!.identification);
          expect(fragment.moreFragments).toBe(index < fragments.length - 1);
          expect(fragment.fragmentOffsetBytes).toBe(into.length);
          expect(fragment.dontFragment).toBe(false);
          into.push(...fragment.payload);
        });
        expect(into).toEqual([...payload]);
        expect(fragments.length).toBe(length + 20 <= mtuBytes ? 1 : Math.ceil(length / ((mtuBytes - 20) & ~7)));
        bench.end();
      }),
      { numRuns: 40 },
    );
  });

  test('forbidden: the packet is refused', () => {
    const bench = createBench();
    expect(bench.transport.send(any, peer, counted(1480), { dontFragment: true })).toBe(0);
    expect(bench.transport.send(any, peer, counted(1481), { dontFragment: true })).toBe(failure.messageTooLong);
    expect(bench.ip.counters.ipv4OutTooLong).toBe(1);
    bench.end();
  });

  test('nothing is longer than 65,535 bytes', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    expect(bench.transport.send(any, peer, counted(65_515))).toBe(0);
    expect(bench.transport.send(any, peer, counted(65_516))).toBe(failure.messageTooLong);
    bench.end();
  });

  test('the transport’s sum is filled before the packet is cut', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.device.features = { fillsChecksums: true, verifiesChecksums: false, superSegmentBytes: 0 };
    const host = bench.transport.host;
    const route = host.route(any, peer);
    const packet = host.packets.take(3000, false);
    if (typeof route === 'number' || packet === null) throw new Error('no route');
    packet.end = packet.start + 3000;
    packet.memory.bytes.fill(1, packet.start, packet.end);
    packet.memory.view.setUint16(packet.start + 6, 0);
    packet.checksum = 1;
    packet.checksumStart = packet.start;
    packet.checksumOffset = 6;
    expect(host.send(packet, route, protocol, { ttl: 1, tos: 0, dontFragment: false })).toBe(0);
    // 1499 words of 0x0101, inverted.
    const sum = 1499 * 0x0101;
    const folded = (sum & 0xffff) + (sum >>> 16);
    const first = readIp(bench.device.take()[0]!);
    expect((first.payload[6]! << 8) | first.payload[7]!).toBe(~folded & 0xffff);
    bench.end();
  });

  test('an exhausted pool: refused and counted, nothing is lost', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    const held = [];
    for (let one = bench.packets.take(100, false); one !== null; one = bench.packets.take(100, false)) held.push(one);
    for (const one of held.splice(0, 2)) one.pool.release(one);
    bench.device.room = 0; // fragments that are taken stay out
    expect(bench.transport.send(any, peer, counted(4000))).toBe(failure.noBuffers);
    expect(bench.ip.counters.ipv4OutNoBuffers).toBe(1);
    for (const one of held) one.pool.release(one);
    bench.end();
  });
});

describe('identification (RFC 6864)', () => {
  test('one flow’s numbers say nothing of another’s (RFC 7739)', () => {
    const bench = createBench();
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    // Far more flows than there are counters: had those that share one its very numbers, most would have a successor.
    const seen = new Set<number>();
    for (let i = 0; i < 3000; i++) {
      bench.transport.send(any, { w0: 0, w1: 0, w2: 0xffff, w3: (20 << 24) | i }, new Uint8Array([1]));
      seen.add(readIp(bench.device.take()[0]!).identification);
    }
    const successors = [...seen].filter((number) => seen.has((number + 1) & 0xffff)).length;
    expect(seen.size).toBeGreaterThan(2800);
    expect(successors).toBeLessThan(400);
    bench.end();
  });

  test('0 for packets that nobody may fragment', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    for (let i = 0; i < 5; i++) bench.transport.send(any, peer, counted(8), { dontFragment: true });
    const sent = bench.device.take().map(readIp);
    expect(sent.map((one) => [one.identification, one.dontFragment])).toEqual(Array(5).fill([0, true]));
    bench.end();
  });

  test('all others differ for 65,536 packets, and start anywhere', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    const seen = new Set<number>();
    for (let i = 0; i < 65_536; i++) {
      bench.transport.send(any, peer, new Uint8Array(1));
      const [bytes] = bench.device.take();
      seen.add((bytes![18]! << 8) | bytes![19]!);
    }
    expect(seen.size).toBe(65_536);
    bench.end();
  });

  test('one peer’s numbers say nothing about another’s', () => {
    const bench = createBench();
    const others = Array.from({ length: 20 }, (_, i) => ({ ...peer, w3: peer.w3 + 1 + i }));
    for (const other of others) bench.ip.addNeighbour(bench.index, other, peerMac);
    const numbers = others.map((other) => {
      bench.transport.send(any, other, new Uint8Array(1));
      return readIp(bench.device.take()[0]!).identification;
    });
    const steps = new Set(numbers.slice(1).map((number, i) => (number - numbers[i]!) & 0xffff));
    expect(steps.size).toBeGreaterThan(15);
    bench.end();
  });
});
