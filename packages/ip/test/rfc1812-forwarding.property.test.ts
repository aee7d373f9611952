import { ipv4, ipv4FromWord } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peer, protocol } from './support/bench.js';
import { ipFrame, packet, readIcmp, readIp } from './support/frames.js';
import { createRouter, far } from './support/router.js';

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 + (i >>> 8));

/** Options by kind and length; the high bit of the kind says: copied into every fragment. */
const optionArbitrary: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc
    .tuple(fc.constantFrom(7, 68, 148, 134, 25), fc.array(fc.integer({ min: 2, max: 255 }), { maxLength: 6 }))
    .map(([kind, data]) => [kind, data.length + 2, ...data]),
);
const optionsArbitrary = fc.array(optionArbitrary, { maxLength: 5 }).map((list) => {
  const fitting: number[][] = [];
  for (const one of list) if (fitting.flat().length + one.length <= 40) fitting.push(one);
  return fitting;
});

/** What a fragment other than the first carries of a list of options. */
function later(options: readonly number[][]): number[] {
  return options.flatMap((one) => ((one[0]! & 0x80) !== 0 ? one : one.map(() => 1)));
}

const arrivals = fc.record({
  destination: fc.constantFrom(
    far,
    ipv4(192, 168, 1, 255),
    ipv4(20, 0, 0, 1),
    ipv4(169, 254, 0, 1),
    ipv4(240, 0, 0, 1),
  ),
  ttl: fc.constantFrom(0, 1, 2, 64, 255),
  tos: fc.integer({ min: 0, max: 255 }),
  identification: fc.integer({ min: 0, max: 0xffff }),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  offset: fc.constantFrom(0, 0, 8, 800),
  options: optionsArbitrary,
  length: fc.integer({ min: 0, max: 1400 }),
  verified: fc.boolean(),
});

/** RFC 1812 §5.2.1 in a few lines: an ICMP error, nothing, or the fragments, as payload offsets. */
function model(arrival: typeof arrivals extends fc.Arbitrary<infer T> ? T : never, mtuBytes: number) {
  const { destination, ttl, dontFragment, moreFragments, offset } = arrival;
  const errorOr = (type: number, code: number) => (offset === 0 ? { type, code } : 'nothing');
  if (destination === far) {
    if (ttl <= 1) return errorOr(11, 0);
    const headerBytes = 20 + ((arrival.options.flat().length + 3) & ~3);
    // A fragment that is not the last holds a multiple of 8.
    const length = moreFragments ? arrival.length & ~7 : arrival.length;
    if (headerBytes + length <= mtuBytes) return { headerBytes, length, chunk: Math.max(length, 1) };
    if (dontFragment) return errorOr(3, 4);
    return { headerBytes, length, chunk: (mtuBytes - headerBytes) & ~7 };
  }
  return destination.w3 === ipv4(20, 0, 0, 1).w3 ? errorOr(3, 0) : 'nothing';
}

test('a router does with any packet what a small model of RFC 1812 §5.2.1 says', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 68, max: 1500 }), (arrival, mtuBytes) => {
      const bench = createRouter();
      bench.out.mtuBytes = mtuBytes;
      bench.out.changed();
      const expected = model(arrival, mtuBytes);
      const { options, length, offset, verified, ...fields } = arrival;
      const payload = counted(fields.moreFragments ? length & ~7 : length);
      const sent = {
        ...fields,
        source: peer,
        protocol,
        fragmentOffsetBytes: offset,
        options: new Uint8Array(options.flat()),
        payload,
      };
      bench.device.inject(ipFrame(sent), verified);
      bench.settle();
      const errors = bench.device.take();
      const out = bench.out.take().map(readIp);
      if (expected === 'nothing' || 'type' in expected) {
        expect(out).toEqual([]);
        if (expected === 'nothing') expect(errors).toEqual([]);
        else {
          expect(errors.map(readIcmp)).toMatchObject([expected]);
          const quote = packet(sent).slice(0, 548);
          expect(readIcmp(errors[0]!).payload).toEqual(quote);
          expect(readIcmp(errors[0]!).restOfHeader).toBe(expected.code === 4 ? mtuBytes : 0);
        }
      } else {
        expect(errors).toEqual([]);
        const passed: number[] = [];
        const { chunk, headerBytes } = expected;
        out.forEach((one, index) => {
          const isLast = index === out.length - 1;
          expect(one).toMatchObject({
            source: peer,
            destination: far,
            protocol,
            ttl: fields.ttl - 1,
            tos: fields.tos,
            identification: fields.identification,
            dontFragment: fields.dontFragment,
            moreFragments: fields.moreFragments || !isLast,
            fragmentOffsetBytes: offset + index * chunk,
          });
          const expectedOptions = index === 0 ? options.flat() : later(options);
          const filled = new Uint8Array(headerBytes - 20);
          filled.set(expectedOptions);
          expect(one.options).toEqual(filled);
          expect(headerBytes + one.payload.length).toBeLessThanOrEqual(mtuBytes);
          passed.push(...one.payload);
        });
        expect(passed).toEqual([...payload]);
        expect(out).toHaveLength(Math.max(1, Math.ceil(payload.length / chunk)));
        expect(bench.ip.counters.forwarded + bench.ip.counters.forwardFragmented).toBe(1);
      }
      bench.end();
    }),
    { numRuns: 200 },
  );
});

test('each packet leaves by the device of its longest prefix, whatever comes in between', () => {
  const word = fc.integer({ min: 0, max: 15 }).map((bits) => (20 << 24) | (bits << 16) | 1);
  const route = fc.record({ word, length: fc.constantFrom(8, 12, 13, 14, 15, 16), far: fc.boolean() });
  fc.assert(
    fc.property(fc.array(route, { maxLength: 8 }), fc.array(word, { maxLength: 12 }), (routes, packets) => {
      const bench = createRouter();
      const table = new Map<string, boolean>();
      for (const { word, length, far: isFar } of routes) {
        const prefix = word & (-1 << (32 - length));
        const key = `${prefix}/${length}`;
        if (table.has(key)) continue;
        table.set(key, isFar);
        bench.ip.addRoute({ prefix: ipv4FromWord(prefix), bits: 96 + length, gateway: isFar ? far : peer });
      }
      const expected = { far: 0, near: 0, none: 0 };
      for (const destination of packets) {
        let way: boolean | undefined;
        for (let length = 16; length >= 8 && way === undefined; length--) {
          way = table.get(`${destination & (-1 << (32 - length))}/${length}`);
        }
        expected[way === undefined ? 'none' : way ? 'far' : 'near']++;
        bench.device.inject(ipFrame({ source: peer, destination: ipv4FromWord(destination) }));
        bench.settle();
      }
      const near = bench.device.take().map(readIp);
      expect(bench.out.take()).toHaveLength(expected.far);
      expect(near.filter((one) => one.protocol === protocol)).toHaveLength(expected.near);
      expect(bench.ip.counters.forwardNoRoute).toBe(expected.none);
      bench.end();
    }),
    { numRuns: 40 },
  );
});
