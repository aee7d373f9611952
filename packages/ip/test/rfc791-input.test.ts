import { ipv4 } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBench, peer } from './support/bench.js';
import { icmpFrame, ipFrame, readIcmp } from './support/frames.js';

const ip = 14; // where the IPv4 header begins in a frame

function changed(at: number, value: number): Uint8Array {
  const bytes = ipFrame();
  bytes[ip + at] = value;
  return bytes;
}

describe('what is no IPv4 packet is counted by reason', () => {
  test.each([
    ['a header cut short', ipFrame().slice(0, ip + 19), 'ipv4Truncated'],
    ['a total length beyond the frame', ipFrame().slice(0, ip + 27), 'ipv4Truncated'],
    ['version 6', changed(0, 0x65), 'ipv4BadVersion'],
    ['a header length below 5 words', changed(0, 0x44), 'ipv4BadHeaderLength'],
    ['a total length below the header', changed(3, 19), 'ipv4BadTotalLength'],
    ['a wrong header checksum', changed(8, 63), 'ipv4BadChecksum'],
  ] as const)('%s', (_, bytes, counter) => {
    const bench = createBench();
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.transport.got).toEqual([]);
    bench.end();
  });

  test('every single bit error in the header is noticed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 159 }), (bit) => {
        const bench = createBench();
        const bytes = ipFrame();
        bytes[ip + (bit >>> 3)]! ^= 1 << (bit & 7);
        bench.device.inject(bytes);
        bench.settle();
        expect(bench.transport.got).toEqual([]);
        bench.end();
      }),
      { numRuns: 60 },
    );
  });

  test('a device that vouches saves the header checksum', () => {
    const bench = createBench();
    bench.device.inject(changed(8, 63), true);
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
  });
});

describe('total length', () => {
  test('padding never becomes data', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 60 }), (payload, padding) => {
        const bench = createBench();
        const whole = ipFrame({ payload });
        const bytes = new Uint8Array(whole.length + padding.length);
        bytes.set(whole);
        bytes.set(padding, whole.length);
        bench.device.inject(bytes);
        bench.settle();
        expect(bench.transport.got.map((got) => [...got.payload])).toEqual([[...payload]]);
        bench.end();
      }),
      { numRuns: 50 },
    );
  });
});

describe('options (RFC 1122 §3.2.1.8)', () => {
  const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
  test.each([
    ['record route', bytes(7, 7, 4, 0, 0, 0, 0)],
    ['unknown', bytes(0x99, 4, 1, 2)],
    ['no operation, then the end, then rubbish', bytes(1, 1, 0, 99, 1, 1, 1, 1)],
    ['router alert', bytes(148, 4, 0, 0)],
  ])('%s: skipped', (_, options) => {
    const bench = createBench();
    bench.device.inject(ipFrame({ options, payload: bytes(42) }));
    bench.settle();
    expect(bench.transport.got.map((got) => [...got.payload])).toEqual([[42]]);
    bench.end();
  });

  test.each([
    ['loose source route', bytes(131, 7, 4, 10, 0, 0, 9), 'ipv4SourceRouted'],
    ['strict source route behind a NOP', bytes(1, 137, 7, 4, 10, 0, 0, 9), 'ipv4SourceRouted'],
    ['a length of 0', bytes(7, 0, 0, 0), 'ipv4BadOptions'],
    ['a length of 1', bytes(7, 1, 0, 0), 'ipv4BadOptions'],
    ['a length beyond the header', bytes(7, 5, 0, 0), 'ipv4BadOptions'],
    ['no place for a length', bytes(1, 1, 1, 7), 'ipv4BadOptions'],
  ] as const)('%s: dropped', (_, options, counter) => {
    const bench = createBench();
    bench.device.inject(ipFrame({ options }));
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.transport.got).toEqual([]);
    bench.end();
  });
});

describe('protocols', () => {
  test('one without a transport is answered with protocol unreachable (RFC 1122 §3.2.2.1)', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, new Uint8Array([2, 0, 0, 0, 0, 9]));
    bench.device.inject(ipFrame({ protocol: 99 }));
    bench.settle();
    expect(bench.ip.counters.ipv4UnknownProtocol).toBe(1);
    expect(readIcmp(bench.device.take()[0]!)).toMatchObject({ type: 3, code: 2 });
    bench.end();
  });

  test('an attached transport gets its packets', () => {
    const bench = createBench({}, 6);
    bench.device.inject(ipFrame({ protocol: 6 }));
    bench.device.inject(icmpFrame({ type: 200, code: 0, restOfHeader: 0, payload: new Uint8Array(0) }));
    bench.device.inject(ipFrame({ protocol: 6, destination: ipv4(10, 0, 0, 3) }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.ip.counters).toMatchObject({ icmpUnknownType: 1, ipv4NotForUs: 1 });
    bench.end();
  });
});
