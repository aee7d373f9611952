import { checksumState, type Packet } from '@synos/interfaces';
import {
  checkTcp,
  checkUdp,
  createMemory,
  createPacketPool,
  cutSuperSegment,
  emitIpv4,
  emitTcp,
  emitUdp,
  fillChecksum,
  ipv4,
  ipv4FromWord,
  packetPoolBytes,
  parseIpv4,
  parseTcp,
  protocolNumber,
  pseudoHeaderSum,
  superSegmentCount,
  tcpFlag,
} from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { int32, sameBytes, uint8, uint16, valid } from './support.js';

const source = ipv4(10, 0, 0, 1);
const destination = ipv4(10, 0, 0, 2);

function newPool() {
  const size = { smallPackets: 4, largePackets: 2 };
  return createPacketPool({
    memory: createMemory(new ArrayBuffer(packetPoolBytes(size))),
    offset: 0,
    urgentReserve: 0,
    ...size,
  });
}

/** Places bytes so that what follows the headers is at the packet's start. */
function place(packet: Packet, bytes: Uint8Array, headerBytes: number): void {
  packet.memory.bytes.set(bytes, packet.start - headerBytes);
  packet.start -= headerBytes;
  packet.end = packet.start + bytes.length;
}

const network = {
  tos: 3,
  identification: 0xfffe,
  dontFragment: true,
  moreFragments: false,
  fragmentOffsetBytes: 0,
  ttl: 7,
  protocol: protocolNumber.tcp,
  source,
  destination,
  options: new Uint8Array(0),
};

describe('cutSuperSegment', () => {
  const model = fc.record({
    length: fc.oneof(fc.nat(6000), fc.nat(400), fc.constant(65_000)),
    segmentBytes: fc.integer({ min: 300, max: 1460 }),
    sequence: int32,
    flags: uint8,
    identification: uint16,
    hasTimestamp: fc.boolean(),
    optionWords: fc.nat(3),
    a: int32,
    b: int32,
    seed: fc.nat(),
  });

  test('the segments are the super-segment: payload, numbers, flags, checksums', () => {
    const pool = newPool();
    fc.assert(
      fc.property(
        model,
        ({ length, segmentBytes, sequence, flags, identification, hasTimestamp, optionWords, a, b, seed }) => {
          const [from, to] = [ipv4FromWord(a), ipv4FromWord(b)];
          const payload = Uint8Array.from({ length }, (_, i) => (i * 31 + seed) >>> 3);
          const options = { hasTimestamp, timestampValue: seed | 0, timestampEcho: 9 };
          const segment = { ...segmentDefaults, sequence, flags, options, payload };
          const ipOptions = new Uint8Array(optionWords * 4).fill(1);
          const bytes = emitIpv4({
            ...network,
            identification,
            source: from,
            destination: to,
            options: ipOptions,
            payload: emitTcp(segment, from, to),
          });
          const packet = pool.take(65_536, false)!;
          const transportBytes = hasTimestamp ? 32 : 20;
          place(packet, bytes, 20 + ipOptions.length + transportBytes);
          const before = packet.memory.bytes.slice(packet.slotStart, packet.slotEnd);
          packet.segmentBytes = segmentBytes;
          const transportStart = packet.start + 20 + ipOptions.length;

          const count = superSegmentCount(packet, transportStart);
          expect(count).toBe(Math.max(1, Math.ceil(length / segmentBytes)));
          const received: number[] = [];
          for (let index = 0; index < count; index++) {
            const into = pool.take(segmentBytes, false)!;
            cutSuperSegment(packet, packet.start, transportStart, index, into);
            expect({ ...into, pool: null, memory: null }).toMatchObject({
              checksum: checksumState.verified,
              segmentBytes: 0,
              networkStart: into.start,
            });
            expect(into.start % 4).toBe(0);
            const ip = valid(parseIpv4(into.memory.bytes, into.start, into.end));
            expect(ip).toEqual({
              ...network,
              identification: (identification + index) & 0xffff,
              source: from,
              destination: to,
              options: ipOptions,
              payload: ip.payload,
            });
            expect(ip.payload.length).toBe(into.end - into.start - 20 - ipOptions.length);
            const tcp = valid(parseTcp(ip.payload, 0, ip.payload.length, from, to));
            let expectedFlags = flags;
            if (index < count - 1) expectedFlags &= ~(tcpFlag.fin | tcpFlag.psh);
            if (index > 0) expectedFlags &= ~tcpFlag.cwr;
            expect({ ...tcp, payload: null }).toEqual({
              ...segment,
              payload: null,
              sequence: (sequence + index * segmentBytes) | 0,
              flags: expectedFlags,
              options: { ...tcp.options, ...(hasTimestamp ? options : {}), hasTimestamp },
            });
            if (index < count - 1) expect(tcp.payload.length).toBe(segmentBytes);
            received.push(...tcp.payload);
            pool.release(into);
          }
          expect(sameBytes(Uint8Array.from(received), payload)).toBe(true);
          // Cutting may stop and go on: nothing of the super-segment changed.
          const after = packet.memory.bytes.slice(packet.slotStart, packet.slotEnd);
          expect(sameBytes(after, before)).toBe(true);
          pool.release(packet);
        },
      ),
      { numRuns: process.env.SYNOS_LONG ? 1000 : 40 },
    );
    expect(pool.used).toBe(0);
  });

  test('asserts for a segment that is not there, be the last one full or not, and for a packet without room', () => {
    const pool = newPool();
    const packet = pool.take(65_536, false)!;
    const segment = emitTcp({ ...segmentDefaults, payload: new Uint8Array(5000) }, source, destination);
    place(packet, emitIpv4({ ...network, payload: segment }), 40);
    packet.segmentBytes = 2000;
    const into = pool.take(0, false)!;
    expect(() => cutSuperSegment(packet, packet.start, packet.start + 20, 3, into)).toThrow('no room for segment');
    packet.segmentBytes = 2500;
    expect(() => cutSuperSegment(packet, packet.start, packet.start + 20, 2, into)).toThrow('no room for segment');
    packet.segmentBytes = 2000;
    expect(() => cutSuperSegment(packet, packet.start, packet.start + 20, 0, into)).toThrow('no room for segment');
    cutSuperSegment(packet, packet.start, packet.start + 20, 2, into);
    expect(into.end - into.start).toBe(1040);
  });

  test('a packet that is none is one segment', () => {
    const pool = newPool();
    const packet = pool.take(1000, false)!;
    const segment = emitTcp({ ...segmentDefaults, payload: new Uint8Array(1000) }, source, destination);
    const bytes = emitIpv4({ ...network, payload: segment });
    place(packet, bytes, 40);
    expect(superSegmentCount(packet, packet.start + 20)).toBe(1);
    const into = pool.take(1000, false)!;
    cutSuperSegment(packet, packet.start, packet.start + 20, 0, into);
    expect(into.memory.bytes.slice(into.start, into.end)).toEqual(bytes);
  });
});

const segmentDefaults = {
  sourcePort: 1000,
  destinationPort: 2000,
  sequence: 0,
  acknowledgment: -5,
  flags: tcpFlag.ack,
  window: 4321,
  urgentPointer: 0,
};

describe('fillChecksum', () => {
  test('completes a partial sum, TCP and UDP', () => {
    const pool = newPool();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), int32, int32, fc.boolean(), (payload, a, b, isTcp) => {
        const [from, to] = [ipv4FromWord(a), ipv4FromWord(b)];
        const bytes = isTcp
          ? emitTcp({ ...segmentDefaults, payload }, from, to)
          : emitUdp({ sourcePort: 1, destinationPort: 2, payload }, from, to);
        const packet = pool.take(1500, false)!;
        place(packet, bytes, isTcp ? 20 : 8);
        packet.checksum = checksumState.partial;
        packet.checksumStart = packet.start;
        packet.checksumOffset = isTcp ? 16 : 6;
        const protocol = isTcp ? protocolNumber.tcp : protocolNumber.udp;
        const pseudo = pseudoHeaderSum(from, to, protocol, bytes.length);
        packet.memory.view.setUint16(packet.start + packet.checksumOffset, pseudo);
        fillChecksum(packet);
        expect(packet.checksum).toBe(checksumState.verified);
        const check = isTcp ? checkTcp : checkUdp;
        expect(check(packet.memory, packet.start, packet.end, from, to, false)).toBe(0);
        expect(packet.memory.bytes.slice(packet.start, packet.end)).toEqual(bytes);
        pool.release(packet);
      }),
    );
  });

  test('RFC 768: a UDP sum of zero becomes 0xffff, a TCP sum stays', () => {
    const pool = newPool();
    for (const [checksumOffset, expected] of [
      [6, 0xffff],
      [16, 0],
    ] as const) {
      const packet = pool.take(20, false)!;
      packet.end = packet.start + 20;
      packet.memory.bytes.fill(0, packet.start, packet.end);
      packet.memory.view.setUint16(packet.start, 0xffff);
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start;
      packet.checksumOffset = checksumOffset;
      fillChecksum(packet);
      expect(packet.memory.view.getUint16(packet.start + checksumOffset)).toBe(expected);
    }
  });

  test('leaves complete packets alone', () => {
    const packet = newPool().take(20, false)!;
    packet.end = packet.start + 20;
    packet.checksumStart = packet.start;
    for (const state of [checksumState.none, checksumState.verified]) {
      packet.checksum = state;
      const before = packet.memory.bytes.slice();
      fillChecksum(packet);
      expect(packet.checksum).toBe(state);
      expect(sameBytes(packet.memory.bytes, before)).toBe(true);
    }
  });
});
