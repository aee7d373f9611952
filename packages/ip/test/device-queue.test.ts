import { checksumState, failure, type Packet, type Route } from '@synos/interfaces';
import { parseTcp, pseudoHeaderSum, writeTcp } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { any, createBench, own, peer, peerMac } from './support/bench.js';
import { readIp } from './support/frames.js';

const tcp = 6;
const options = { ttl: 64, tos: 0, dontFragment: true };

function known(limits: Parameters<typeof createBench>[0] = {}) {
  const bench = createBench(limits, tcp);
  bench.ip.addNeighbour(bench.index, peer, peerMac);
  return { bench, route: bench.transport.host.route(any, peer) as Route };
}

/** A TCP segment, or a super-segment when `segmentBytes` is not 0, its checksum left open. */
function segment(
  bench: ReturnType<typeof createBench>,
  sequence: number,
  payloadBytes: number,
  segmentBytes = 0,
): Packet {
  const packet = bench.packets.take(payloadBytes, false)!;
  packet.end = packet.start + payloadBytes;
  for (let i = packet.start; i < packet.end; i++) packet.memory.bytes[i] = sequence + i - packet.start;
  packet.start -= 20;
  const length = packet.end - packet.start;
  const sum = pseudoHeaderSum(own, peer, tcp, length);
  writeTcp(packet.memory.view, packet.start, 1000, 2000, sequence, 7, 20, 0x19, 500, sum, 0);
  packet.checksum = checksumState.partial;
  packet.checksumStart = packet.start;
  packet.checksumOffset = 16;
  packet.segmentBytes = segmentBytes;
  return packet;
}

/** What was sent, as TCP, in order; fails on a wrong checksum. */
function received(frames: Uint8Array[]) {
  return frames.map((frame) => {
    const ip = readIp(frame);
    const read = parseTcp(ip.payload, 0, ip.payload.length, ip.source, ip.destination);
    if ('error' in read) throw new Error(read.error);
    return { ...read, totalBytes: ip.payload.length + 20 };
  });
}

describe('what the device cannot do is done here', () => {
  test('a checksum', () => {
    const { bench, route } = known();
    expect(bench.transport.host.send(segment(bench, 5, 100), route, tcp, options)).toBe(0);
    expect(received(bench.device.take())).toHaveLength(1);
    bench.end();
  });

  test('nothing, for a device that does it all', () => {
    const { bench, route } = known();
    bench.device.features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_549 };
    bench.device.changed();
    bench.transport.host.send(segment(bench, 5, 60_000, 1460), route, tcp, options);
    expect(bench.device.marks).toEqual([{ checksum: checksumState.partial, segmentBytes: 1460 }]);
    bench.end();
  });

  test('super-segments longer than the device’s limit', () => {
    const { bench, route } = known();
    bench.device.features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 10_000 };
    bench.device.changed();
    expect(route.superSegmentBytes).toBe(9986);
    bench.transport.host.send(segment(bench, 5, 9986 - 40, 1460), route, tcp, options);
    expect(bench.device.take()).toHaveLength(1);
    bench.transport.host.send(segment(bench, 5, 9986 - 39, 1460), route, tcp, options);
    expect(received(bench.device.take())).toHaveLength(7);
    bench.end();
  });

  test('super-segments are cut, however often the device is busy in between, without loss or change of order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 8000 }), fc.integer({ min: 100, max: 1460 })), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 10 }),
        (packets, rooms) => {
          const { bench, route } = known();
          bench.device.room = rooms[0]!;
          let sequence = 0;
          for (const [length, segmentBytes] of packets) {
            expect(bench.transport.host.send(segment(bench, sequence, length, segmentBytes), route, tcp, options)).toBe(
              0,
            );
            sequence += length;
          }
          const frames: Uint8Array[] = [];
          for (let turn = 1; turn < 300 && bench.packets.used > 0; turn++) {
            frames.push(...bench.device.take());
            bench.device.makeRoom(rooms[turn % rooms.length]! + (turn > 100 ? 1 : 0));
            bench.settle();
          }
          frames.push(...bench.device.take());
          let at = 0;
          for (const one of received(frames)) {
            expect(one.sequence).toBe(at);
            expect(one.payload.every((byte, i) => byte === ((at + i) & 0xff))).toBe(true);
            at += one.payload.length;
          }
          expect(at).toBe(sequence);
          bench.end();
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a device that begins to take super-segments gets the rest of a half-cut one in segments', () => {
    const { bench, route } = known();
    bench.device.room = 1;
    bench.transport.host.send(segment(bench, 0, 4000, 1000), route, tcp, options);
    bench.device.features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_549 };
    bench.device.changed();
    bench.device.makeRoom(10);
    bench.settle();
    expect(received(bench.device.take()).map((one) => one.sequence)).toEqual([0, 1000, 2000, 3000]);
    bench.end();
  });

  test('a device that takes super-segments but fills no sums gets segments', () => {
    const { bench, route } = known();
    bench.device.features = { fillsChecksums: false, verifiesChecksums: true, superSegmentBytes: 65_549 };
    bench.device.changed();
    bench.transport.host.send(segment(bench, 0, 4000, 1000), route, tcp, options);
    expect(received(bench.device.take())).toHaveLength(4);
    bench.end();
  });

  test('a device that goes in the middle of a super-segment', () => {
    const { bench, route } = known();
    bench.device.room = 1;
    bench.transport.host.send(segment(bench, 0, 4000, 1000), route, tcp, options);
    bench.ip.removeDevice(bench.device);
    expect(bench.packets.used).toBe(0);
    bench.end();
  });

  test('the bytes in the queue are counted right, half-cut ones included', () => {
    const { bench, route } = known({ queueSoftBytes: 8000 });
    for (let round = 0; round < 1000; round++) {
      bench.device.makeRoom(0);
      bench.transport.host.send(segment(bench, 0, 100), route, tcp, options);
      bench.transport.host.send(segment(bench, 0, 3000, 1000), route, tcp, options);
      bench.device.makeRoom(2);
      bench.settle();
      bench.device.makeRoom(10);
      bench.settle();
      bench.device.take();
    }
    bench.device.makeRoom(0);
    bench.transport.host.send(segment(bench, 0, 3000, 1000), route, tcp, options);
    expect(route.hasRoom).toBe(true);
    bench.transport.host.send(segment(bench, 0, 3000, 1000), route, tcp, options);
    bench.transport.host.send(segment(bench, 0, 3000, 1000), route, tcp, options);
    expect(route.hasRoom).toBe(false);
    bench.end();
  });

  test('where fragments are allowed, the identifications of its segments are nobody else’s', () => {
    const { bench, route } = known();
    const loose = { ...options, dontFragment: false };
    for (let i = 0; i < 3; i++) bench.transport.host.send(segment(bench, 0, 5000, 1000), route, tcp, loose);
    const numbers = bench.device.take().map((frame) => readIp(frame).identification);
    expect(numbers).toHaveLength(15);
    expect(new Set(numbers).size).toBe(15);
    bench.end();
  });

  test('flags: FIN and PSH on the last only', () => {
    const { bench, route } = known();
    bench.transport.host.send(segment(bench, 0, 3000, 1460), route, tcp, options);
    expect(received(bench.device.take()).map((one) => one.flags)).toEqual([0x10, 0x10, 0x19]);
    expect(bench.ip.counters.superSegmentsCut).toBe(1);
    bench.end();
  });

  test('a super-segment whose segments no longer fit the path is refused', () => {
    const { bench, route } = known();
    bench.device.mtuBytes = 1000;
    bench.device.changed();
    expect(bench.transport.host.send(segment(bench, 0, 3000, 1460), route, tcp, options)).toBe(failure.messageTooLong);
    expect(bench.transport.host.send(segment(bench, 0, 3000, 960), route, tcp, options)).toBe(0);
    expect(received(bench.device.take()).every((one) => one.totalBytes <= 1000)).toBe(true);
    bench.end();
  });

  test('an empty pool in the middle of a super-segment: it goes on a moment later', () => {
    const { bench, route } = known();
    const big = segment(bench, 0, 4000, 1000);
    const held: Packet[] = [];
    for (let one = bench.packets.take(100, true); one !== null; one = bench.packets.take(100, true)) held.push(one);
    expect(bench.transport.host.send(big, route, tcp, options)).toBe(0);
    bench.settle();
    expect(bench.ip.counters.superSegmentNoBuffers).toBe(2);
    expect(bench.ip.nextDeadline()).toBe(1);
    for (const one of held) one.pool.release(one);
    bench.settle(1);
    expect(received(bench.device.take())).toHaveLength(4);
    bench.end();
  });
});

describe('bounds and readiness', () => {
  const one = new Uint8Array([1]);

  test('soft: no room for ordinary data, the rest is still taken; hard: dropped and counted', () => {
    const { bench, route } = known({ queueSoftPackets: 4, queueHardPackets: 6 });
    bench.device.room = 0;
    const results: [number, boolean][] = [];
    for (let i = 0; i < 8; i++) results.push([bench.transport.send(any, peer, one), route.hasRoom]);
    const taken = results.map(([result]) => result);
    expect(taken).toEqual([0, 0, 0, 0, 0, 0, failure.noBuffers, failure.noBuffers]);
    expect(results.map(([, hasRoom]) => hasRoom)).toEqual([true, true, true, false, false, false, false, false]);
    expect(bench.ip.counters.queueFull).toBe(2);
    expect(bench.packets.used).toBe(6);
    bench.end();
  });

  test('bytes count too', () => {
    const { bench, route } = known({ queueSoftBytes: 3000 });
    bench.device.room = 0;
    bench.transport.send(any, peer, new Uint8Array(1400));
    bench.transport.send(any, peer, new Uint8Array(1400));
    expect(route.hasRoom).toBe(true);
    bench.transport.send(any, peer, new Uint8Array(1400));
    expect(route.hasRoom).toBe(false);
    bench.end();
  });

  test('transports are told once, when it is half empty; frames leave in order', () => {
    const { bench, route } = known({ queueSoftPackets: 8, queueHardPackets: 16 });
    bench.device.room = 0;
    for (let i = 0; i < 8; i++) bench.transport.send(any, peer, new Uint8Array([i]));
    bench.settle();
    for (let i = 0; i < 8; i++) {
      bench.device.makeRoom(1);
      bench.settle();
      expect(bench.transport.writableDevices).toEqual(i < 3 ? [] : [bench.index]);
    }
    expect(route.hasRoom).toBe(true);
    expect(bench.device.take().map((frame) => readIp(frame).payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    bench.end();
  });

  test('nobody is told of room that nobody missed', () => {
    const { bench } = known();
    bench.device.room = 0;
    bench.transport.send(any, peer, one);
    bench.device.makeRoom(5);
    bench.settle();
    expect(bench.transport.writableDevices).toEqual([]);
    bench.end();
  });

  test('whoever waits for a device is told when it is removed', () => {
    const { bench, route } = known({ queueSoftPackets: 2 });
    bench.device.room = 0;
    bench.transport.send(any, peer, one);
    bench.transport.send(any, peer, one);
    expect(route.hasRoom).toBe(false);
    bench.settle();
    bench.ip.removeDevice(bench.device);
    bench.settle();
    expect(bench.transport.writableDevices).toEqual([bench.index]);
    bench.end();
  });

  test('a busy device that changes is asked again', () => {
    const { bench } = known();
    bench.device.room = 0;
    bench.transport.send(any, peer, one);
    bench.device.room = 5;
    bench.device.changed();
    bench.settle();
    expect(bench.device.take()).toHaveLength(1);
    bench.end();
  });

  test('a busy device is not asked again before it says so', () => {
    const { bench } = known();
    bench.device.room = 0;
    bench.transport.send(any, peer, one);
    bench.device.room = 5;
    bench.transport.send(any, peer, one);
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    bench.device.makeRoom(5);
    bench.settle();
    expect(bench.device.take()).toHaveLength(2);
    bench.end();
  });
});
