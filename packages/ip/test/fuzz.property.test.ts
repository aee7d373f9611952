import { emitIcmp, ipv4 } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcast, createBench, own, peer, peerMac } from './support/bench.js';
import { arpFrame, arpReply, frame, icmpFrame, ipFrame, packet } from './support/frames.js';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);
const quote = packet({ source: own, destination: peer });

/** Frames that get far, to be damaged. */
const seeds: Uint8Array[] = [
  ipFrame(),
  ipFrame({ options: new Uint8Array([7, 7, 4, 0, 0, 0, 0]), payload: bytes(50) }),
  ipFrame({ moreFragments: true, payload: bytes(24) }),
  ipFrame({ fragmentOffsetBytes: 24, payload: bytes(9) }),
  ipFrame({ protocol: 6, moreFragments: true, payload: bytes(32) }),
  ipFrame({ destination: ipv4(255, 255, 255, 255) }, broadcast),
  ipFrame({ protocol: 99 }),
  icmpFrame({ type: 8, code: 0, restOfHeader: 1, payload: bytes(20) }),
  icmpFrame({ type: 0, code: 0, restOfHeader: 1, payload: bytes(20) }),
  icmpFrame({ type: 3, code: 3, restOfHeader: 0, payload: quote }),
  icmpFrame({ type: 3, code: 4, restOfHeader: 1000, payload: quote }),
  icmpFrame({ type: 11, code: 0, restOfHeader: 0, payload: quote }),
  ipFrame({
    protocol: 1,
    moreFragments: true,
    payload: emitIcmp({ type: 8, code: 0, restOfHeader: 1, payload: bytes(16) }),
  }),
  arpReply(),
  arpFrame('request', peer, peerMac, own, undefined, broadcast),
  arpFrame('reply', peer, peerMac, peer, peerMac, broadcast),
];

const damage = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 });
const mutated = fc
  .tuple(fc.constantFrom(...seeds), damage, fc.nat(80), fc.boolean())
  .map(([seed, changes, cut, whole]) => {
    const out = whole ? seed.slice() : seed.slice(0, cut);
    for (const [at, value] of changes) if (at < out.length) out[at] = value;
    return out;
  });
const raw = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.uint8Array({ maxLength: 80 }).map((payload) => frame(0x0800, payload)),
  fc.uint8Array({ maxLength: 40 }).map((payload) => frame(0x0806, payload)),
  fc.uint8Array({ maxLength: 60 }).map((payload) => ipFrame({ protocol: 1, payload })),
);
const event = fc.record({
  bytes: fc.oneof(mutated, raw),
  /** A vouching device lets damage through to where the checksum would have stopped it. */
  verified: fc.boolean(),
  waitMs: fc.constantFrom(0, 0, 0, 1, 1000, 31_000, 700_000),
  send: fc.boolean(),
});

test('arbitrary frames: nothing throws, nothing hangs, all is counted, every packet comes back', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, refuses) => {
      const bench = createBench({ neighbourLimit: 8, reassemblyDatagrams: 4, routeCacheLimit: 4, pathMtuLimit: 4 });
      bench.transport.refuses = refuses;
      for (const { bytes, verified, waitMs, send } of events) {
        if (send) bench.transport.send(own, peer, new Uint8Array(20));
        bench.device.inject(bytes, verified);
        bench.settle(bench.now + waitMs);
        expect(bench.packets.used).toBeLessThan(200);
        expect(bench.ip.neighbours().length).toBeLessThanOrEqual(8);
      }
      const { counters } = bench.ip;
      expect(counters.ethernetIn).toBe(events.length);
      const ended =
        counters.ethernetTruncated +
        counters.ethernetNotForUs +
        counters.ethernetGroupNotJoined +
        counters.ethernetUnknownType +
        counters.ethernetIpv6Unsupported +
        counters.arpIn +
        counters.ipv4In;
      expect(ended).toBe(events.length);
      const refused =
        counters.ipv4Truncated +
        counters.ipv4BadVersion +
        counters.ipv4BadHeaderLength +
        counters.ipv4BadTotalLength +
        counters.ipv4BadChecksum +
        counters.ipv4BadOptions +
        counters.ipv4SourceRouted +
        counters.ipv4MartianSource +
        counters.ipv4MartianDestination +
        counters.ipv4OwnSource +
        counters.ipv4LinkBroadcast +
        counters.ipv4NotForUs +
        counters.ipv4GroupNotJoined +
        counters.ipv4UnknownProtocol;
      expect(refused + counters.ipv4Delivered + counters.fragmentsIn - counters.fragmentsReassembled).toBe(
        counters.ipv4In,
      );
      bench.end();
    }),
    { numRuns: process.env.SYNOS_LONG ? 20_000 : 300 },
  );
});
