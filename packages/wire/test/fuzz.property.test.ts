import {
  arpOperationOf,
  checkArp,
  checkIcmp,
  checkIpv4,
  checkTcp,
  checkUdp,
  createTcpOptions,
  icmpRestOfHeader,
  ipv4Any,
  ipv4HeaderBytes,
  ipv4TotalBytes,
  ipv6Any,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIpv4,
  parseTcp,
  parseUdp,
  readTcpOptions,
  tcpHeaderBytes,
  udpLength,
} from '@synos/wire';
import { describePacket } from '@synos/wire/describe';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captures, fromHex } from './captures.js';
import { memoryWith } from './support.js';

const numRuns = process.env.SYNOS_LONG ? 20_000 : 2000;

/** Noise, and real frames that were damaged, cut and lengthened, so that faults lie deep as well. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .tuple(
      fc.constantFrom(...Object.values(captures)),
      fc.constantFrom(0, 14, 34),
      fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 }),
      fc.nat(110),
    )
    .map(([hex, from, damage, length]) => {
      const frame = fromHex(hex).subarray(from);
      for (const [at, value] of damage) if (at < frame.length) frame[at] = value;
      const all = new Uint8Array(length);
      all.set(frame.subarray(0, length));
      return all;
    }),
);

test('parsers answer a value or a reason for any bytes', () => {
  const parsers = [parseEthernet, parseArp, parseIpv4, parseIcmp, parseUdp, parseTcp];
  fc.assert(
    fc.property(bytes, fc.nat(40), fc.nat(130), (data, from, to) => {
      for (const parse of parsers) {
        for (const value of [parse(data), parse(data, from), parse(data, from, to)]) {
          if ('error' in value) expect(value.error).toMatch(/^[a-zA-Z]+$/);
          else expect('payload' in value ? value.payload.length : 0).toBeLessThanOrEqual(data.length);
        }
      }
      expect('error' in parseTcp(data, 0, data.length, ipv4Any, ipv4Any)).toBeTypeOf('boolean');
      expect('error' in parseUdp(data, 0, data.length, ipv6Any, ipv6Any)).toBeTypeOf('boolean');
      expect(describePacket(data)).toMatch(/./);
    }),
    { numRuns },
  );
});

test('what a check lets pass stays inside its bytes', () => {
  const options = createTcpOptions();
  fc.assert(
    fc.property(bytes, fc.nat(9), (data, start) => {
      const memory = memoryWith(data, start);
      const { view } = memory;
      const end = start + data.length;
      if (checkIpv4(memory, start, end, false) === 0) {
        expect(ipv4HeaderBytes(view, start)).toBeGreaterThanOrEqual(20);
        expect(ipv4TotalBytes(view, start)).toBeGreaterThanOrEqual(ipv4HeaderBytes(view, start));
        expect(start + ipv4TotalBytes(view, start)).toBeLessThanOrEqual(end);
      }
      if (checkTcp(memory, start, end, ipv4Any, ipv4Any, true) === 0) {
        const headerEnd = start + tcpHeaderBytes(view, start);
        expect(headerEnd).toBeLessThanOrEqual(end);
        expect(readTcpOptions(view, start + 20, headerEnd, options)).toBeTypeOf('boolean');
      }
      if (checkUdp(memory, start, end, ipv4Any, ipv4Any, true) === 0) {
        expect(udpLength(view, start)).toBeGreaterThanOrEqual(8);
        expect(start + udpLength(view, start)).toBeLessThanOrEqual(end);
      }
      if (checkArp(view, start, end) === 0) expect(arpOperationOf(view, start)).toBeTypeOf('number');
      if (checkIcmp(memory, start, end) === 0) expect(icmpRestOfHeader(view, start)).toBeTypeOf('number');
    }),
    { numRuns },
  );
});
