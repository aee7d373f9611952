import {
  checkIpv4,
  createMemory,
  createTcpOptions,
  decrementTtl,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIpv4,
  emitTcp,
  emitUdp,
  type Ipv4Packet,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIpv4,
  parseTcp,
  parseUdp,
  setIpv4Checksum,
  type TcpOptions,
  type TcpSegment,
  writeIpv4,
} from '@synos/wire';
import { describePacket } from '@synos/wire/describe';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { int32, ipv4Address, memoryWith, naiveSum, payload, uint8, uint16, valid } from './support.js';

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const small = fc.uint8Array({ maxLength: 9 });

/** Bytes at a place inside others, as parsers must find them. */
function surrounded(bytes: Uint8Array, before: Uint8Array, after: Uint8Array): [Uint8Array, number, number] {
  return [Uint8Array.of(...before, ...bytes, ...after), before.length, before.length + bytes.length];
}

test('Ethernet: parse gives back what was emitted', () => {
  fc.assert(
    fc.property(fc.record({ destination: mac, source: mac, type: uint16, payload }), small, small, (frame, a, b) => {
      expect(valid(parseEthernet(...surrounded(emitEthernet(frame), a, b)))).toEqual(frame);
    }),
  );
});

test('ARP: parse gives back what was emitted', () => {
  const arp = fc.record({
    operation: uint16,
    senderMac: mac,
    sender: ipv4Address,
    targetMac: mac,
    target: ipv4Address,
  });
  fc.assert(
    fc.property(arp, small, small, (packet, a, b) => {
      expect(valid(parseArp(...surrounded(emitArp(packet), a, b)))).toEqual(packet);
    }),
  );
});

const ipv4Packet: fc.Arbitrary<Ipv4Packet> = fc.record({
  tos: uint8,
  identification: uint16,
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffsetBytes: fc.nat(0x1fff).map((units) => units * 8),
  ttl: uint8,
  protocol: uint8,
  source: ipv4Address,
  destination: ipv4Address,
  options: fc.nat(10).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
  payload,
});

test('IPv4: parse gives back what was emitted, whatever follows the packet', () => {
  fc.assert(
    fc.property(ipv4Packet, small, small, (packet, a, b) => {
      const bytes = emitIpv4(packet);
      expect(naiveSum(bytes.subarray(0, 20 + packet.options.length))).toBe(0xffff);
      const [all, from] = surrounded(bytes, a, b);
      expect(valid(parseIpv4(all, from))).toEqual(packet);
    }),
  );
});

test('IPv4: options are filled up to a multiple of 4', () => {
  fc.assert(
    fc.property(ipv4Packet, fc.uint8Array({ maxLength: 40 }), (packet, options) => {
      const read = valid(parseIpv4(emitIpv4({ ...packet, options })));
      const filled = new Uint8Array((options.length + 3) & ~3);
      filled.set(options);
      expect(read).toEqual({ ...packet, options: filled });
    }),
  );
});

test('writeIpv4 makes a right checksum for any arguments, also ones that are too wide', () => {
  const memory = createMemory(new ArrayBuffer(64));
  const wide = fc.nat(0xfffff);
  fc.assert(
    fc.property(wide, wide, wide, wide, wide, wide, int32, int32, (length, id, flags, ttl, tos, protocol, a, b) => {
      writeIpv4(memory.view, 8, length, id, flags, ttl, tos, protocol, a, b);
      expect(naiveSum(memory.bytes.subarray(8, 28))).toBe(0xffff);
    }),
  );
});

test('RFC 1812 §5.3.1: decrementTtl keeps the checksum right and stops at zero', () => {
  fc.assert(
    fc.property(ipv4Packet, (packet) => {
      const memory = memoryWith(emitIpv4(packet));
      const left = decrementTtl(memory.view, 0);
      expect(left).toBe(Math.max(0, packet.ttl - 1));
      expect(checkIpv4(memory, 0, memory.bytes.length, true)).toBe(0);
      expect(valid(parseIpv4(memory.bytes)).ttl).toBe(left);
    }),
  );
});

test('setIpv4Checksum after a change', () => {
  fc.assert(
    fc.property(ipv4Packet, uint8, (packet, tos) => {
      const memory = memoryWith(emitIpv4(packet), 5);
      memory.bytes[6] = tos;
      setIpv4Checksum(memory, 5);
      expect(checkIpv4(memory, 5, memory.bytes.length, true)).toBe(0);
    }),
  );
});

test('ICMP: parse gives back what was emitted', () => {
  const message = fc.record({ type: uint8, code: uint8, restOfHeader: int32, payload });
  fc.assert(
    fc.property(message, small, small, (icmp, a, b) => {
      expect(valid(parseIcmp(...surrounded(emitIcmp(icmp), a, b)))).toEqual(icmp);
    }),
  );
});

test('UDP: parse gives back what was emitted', () => {
  const datagram = fc.record({ sourcePort: uint16, destinationPort: uint16, payload });
  fc.assert(
    fc.property(datagram, ipv4Address, ipv4Address, small, small, (udp, source, destination, a, b) => {
      const bytes = emitUdp(udp, source, destination);
      expect(bytes[6]! | bytes[7]!).not.toBe(0);
      const [all, from, to] = surrounded(bytes, a, b);
      expect(valid(parseUdp(all, from, to, source, destination))).toEqual(udp);
      expect(valid(parseUdp(all, from, to))).toEqual(udp);
    }),
  );
});

/** Options that fit into a header together. */
export const tcpOptions: fc.Arbitrary<TcpOptions> = fc
  .record({
    mssBytes: uint16,
    windowScale: fc.integer({ min: -1, max: 255 }),
    sackPermitted: fc.boolean(),
    hasTimestamp: fc.boolean(),
    timestampValue: int32,
    timestampEcho: int32,
    blocks: fc.array(fc.tuple(int32, int32), { maxLength: 4 }),
  })
  .map(({ blocks, ...all }) => {
    if (!all.hasTimestamp) all.timestampValue = all.timestampEcho = 0;
    const used =
      (all.mssBytes ? 4 : 0) +
      (all.windowScale >= 0 ? 4 : 0) +
      (all.sackPermitted ? 4 : 0) +
      (all.hasTimestamp ? 12 : 0);
    const options = { ...createTcpOptions(), ...all };
    options.sackCount = Math.min(blocks.length, Math.floor((36 - used) / 8));
    for (let i = 0; i < options.sackCount; i++) [options.sackLeft[i], options.sackRight[i]] = blocks[i]!;
    return options;
  });

const tcpSegment: fc.Arbitrary<TcpSegment> = fc.record({
  sourcePort: uint16,
  destinationPort: uint16,
  sequence: int32,
  acknowledgment: int32,
  flags: uint8,
  window: uint16,
  urgentPointer: uint16,
  options: tcpOptions,
  payload,
});

test('TCP: parse gives back what was emitted, options included', () => {
  fc.assert(
    fc.property(tcpSegment, ipv4Address, ipv4Address, small, small, (tcp, source, destination, a, b) => {
      const bytes = emitTcp(tcp, source, destination);
      const [all, from, to] = surrounded(bytes, a, b);
      expect(valid(parseTcp(all, from, to, source, destination))).toEqual(tcp);
      expect(valid(parseTcp(all, from, to))).toEqual(tcp);
      const packet = { ...ipv4Defaults, protocol: 6, source, destination, payload: bytes };
      expect(describePacket(emitIpv4(packet))).toContain(`, length ${tcp.payload.length}`);
    }),
  );
});

const ipv4Defaults = {
  tos: 0,
  identification: 0,
  dontFragment: true,
  moreFragments: false,
  fragmentOffsetBytes: 0,
  ttl: 64,
  options: new Uint8Array(0),
};

test('what does not fit into a header or a packet asserts', () => {
  const packet = { ...ipv4Defaults, protocol: 6, source: ipv4Any, destination: ipv4Any };
  expect(() => emitIpv4({ ...packet, payload: new Uint8Array(65_516) })).toThrow('packet too long');
  expect(emitIpv4({ ...packet, payload: new Uint8Array(65_515) }).length).toBe(65_535);
  expect(() => emitIpv4({ ...packet, options: new Uint8Array(41), payload: new Uint8Array(0) })).toThrow('too long');
  const udp = { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(65_528) };
  expect(() => emitUdp(udp, ipv4Any, ipv4Any)).toThrow('packet too long');
});

const ipv4Any = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };
