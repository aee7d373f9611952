import { type Address, checksumState, type DeviceFeatures } from '@synos/interfaces';
import { emitTcp, emitUdp, invertSum, parseTcp, parseUdp, pseudoHeaderSum, sumBytes } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { peer } from './support/bench.js';
import { ipFrame, readIp } from './support/frames.js';
import { createRouter, far, type RouterBench } from './support/router.js';

const tcp = 6;
const udp = 17;
const plain: DeviceFeatures = { fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 };
const filling: DeviceFeatures = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 0 };
const cutting: DeviceFeatures = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_549 };
const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 13 + (i >>> 7));

/** How a frame stands in the receive queue of a device. */
type Form = 'unknown' | 'verified' | 'never summed' | 'left open';

function transportBytes(protocol: number, payload: Uint8Array, timestamps = false): Uint8Array<ArrayBuffer> {
  if (protocol === udp) return emitUdp({ sourcePort: 1, destinationPort: 2, payload }, peer, far);
  return emitTcp(
    {
      sourcePort: 1000,
      destinationPort: 2000,
      sequence: 5,
      acknowledgment: 7,
      flags: 0x19,
      window: 500,
      urgentPointer: 0,
      payload,
      ...(timestamps ? { options: { hasTimestamp: true, timestampValue: 1, timestampEcho: 2 } } : {}),
    },
    peer,
    far,
  );
}

/** Puts a packet into the near device as a sender with or without offload, and a device that vouches or not, leave it. */
function arrive(
  bench: RouterBench,
  protocol: number,
  transport: Uint8Array<ArrayBuffer>,
  form: Form,
  segmentBytes = 0,
  dontFragment = true,
): void {
  const offset = protocol === tcp ? 16 : 6;
  if (form === 'never summed' || form === 'left open') {
    const sum = pseudoHeaderSum(peer, far, protocol, transport.length);
    new DataView(transport.buffer, transport.byteOffset).setUint16(offset, sum);
  }
  const frame = ipFrame({ source: peer, destination: far, protocol, payload: transport, dontFragment });
  const one = bench.packets.take(frame.length, false)!;
  one.start -= 14;
  one.memory.bytes.set(frame, one.start);
  one.end = one.start + frame.length;
  one.segmentBytes = segmentBytes;
  if (form === 'left open') {
    one.checksum = checksumState.partial;
    one.checksumStart = one.start + 34;
    one.checksumOffset = offset;
  } else if (form !== 'unknown') one.checksum = checksumState.verified;
  bench.device.put(one);
  bench.settle();
}

/** What left, as it will be on a wire: sums that were left to the device are filled as the device does it. */
function departed(bench: RouterBench) {
  const { marks, sent } = bench.out;
  return sent.splice(0).map((frame, index) => {
    const { checksum, segmentBytes } = marks.splice(0, 1)[0]!;
    if (checksum === checksumState.partial) {
      const field = 14 + 20 + (frame[23] === tcp ? 16 : 6);
      const memory = { bytes: frame, view: new DataView(frame.buffer), words: new Uint32Array(0) };
      const padded = new Uint8Array((frame.length + 3) & ~3);
      padded.set(frame);
      const words = new Uint32Array(padded.buffer);
      const sum = sumBytes({ bytes: padded, view: new DataView(padded.buffer), words } as never, 34, frame.length);
      memory.view.setUint16(field, invertSum(sum) || 0xffff);
    }
    return { index, frame, ip: readIp(frame), checksum, segmentBytes };
  });
}

function read(ip: ReturnType<typeof readIp>): Uint8Array {
  const parse = ip.protocol === tcp ? parseTcp : parseUdp;
  const value = (parse as typeof parseUdp)(ip.payload, 0, ip.payload.length, ip.source as Address, ip.destination);
  if ('error' in value) throw new Error(value.error);
  return value.payload;
}

const forms = fc.constantFrom<Form>('unknown', 'verified', 'never summed', 'left open');
const featuresArbitrary = fc.constantFrom(plain, filling, cutting, { ...cutting, superSegmentBytes: 9000 });

describe('checksums between devices', () => {
  test('whatever the near device did, the wire behind the far one sees a right sum', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(tcp, udp),
        fc.integer({ min: 0, max: 1400 }),
        forms,
        featuresArbitrary,
        (protocol, length, form, features) => {
          const bench = createRouter();
          bench.out.features = features;
          bench.out.changed();
          const payload = counted(length);
          arrive(bench, protocol, transportBytes(protocol, payload), form);
          const [one, ...more] = departed(bench);
          expect(more).toEqual([]);
          expect(read(one!.ip)).toEqual(payload);
          // A device that fills nothing is given nothing to fill; one that does is spared a pass over the data.
          const isOpen = one!.checksum === checksumState.partial;
          expect(isOpen).toBe(features.fillsChecksums && form !== 'unknown');
          bench.end();
        },
      ),
      { numRuns: 120 },
    );
  });

  test('a UDP datagram without a checksum stays one (RFC 768)', () => {
    const bench = createRouter();
    const transport = transportBytes(udp, counted(9));
    transport.fill(0, 6, 8);
    arrive(bench, udp, transport, 'verified');
    const [one] = departed(bench);
    expect(one!.ip.payload).toEqual(transport);
    bench.end();
  });

  test.each([
    ['another protocol', 99, counted(40)],
    ['a transport header that is not all there', tcp, counted(17)],
    ['no transport header at all', udp, counted(0)],
  ])('%s is left as it is', (_, protocol, payload) => {
    const bench = createRouter();
    bench.device.inject(ipFrame({ source: peer, destination: far, protocol, payload }), true);
    bench.settle();
    const [one] = departed(bench);
    expect(one!.ip.payload).toEqual(payload);
    bench.end();
  });

  test('the sum is filled before a packet is cut into fragments', () => {
    const bench = createRouter();
    bench.out.features = cutting;
    bench.out.mtuBytes = 576;
    bench.out.changed();
    const payload = counted(1300);
    arrive(bench, udp, transportBytes(udp, payload), 'never summed', 0, false);
    const fragments = departed(bench);
    expect(fragments.map(({ checksum }) => checksum)).not.toContain(checksumState.partial);
    const whole = Buffer.concat(fragments.map(({ ip }) => ip.payload));
    expect(read({ ...fragments[0]!.ip, payload: new Uint8Array(whole) })).toEqual(payload);
    expect(fragments).toHaveLength(3);
    bench.end();
  });
});

describe('super-segments between devices', () => {
  test('are handed on whole or cut to what the far link takes, byte for byte', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30_000 }),
        fc.integer({ min: 100, max: 1460 }),
        fc.integer({ min: 300, max: 1500 }),
        forms,
        featuresArbitrary,
        fc.boolean(),
        (length, segmentBytes, mtuBytes, form, features, timestamps) => {
          const bench = createRouter();
          bench.out.features = features;
          bench.out.mtuBytes = mtuBytes;
          bench.out.changed();
          const payload = counted(length);
          arrive(bench, tcp, transportBytes(tcp, payload, timestamps), form, segmentBytes, false);
          const headers = timestamps ? 52 : 40;
          const passed: number[] = [];
          for (const { ip, segmentBytes: left, frame } of departed(bench)) {
            if (left === 0) expect(frame.length - 14).toBeLessThanOrEqual(mtuBytes);
            else {
              expect(headers + left).toBeLessThanOrEqual(mtuBytes);
              expect(frame.length).toBeLessThanOrEqual(features.superSegmentBytes);
            }
            passed.push(...read(ip));
          }
          expect(passed).toEqual([...payload]);
          expect(bench.ip.counters).toMatchObject({ forwarded: 1, forwardFragmented: 0 });
          bench.end();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('whose segments are too long and must stay whole: fragmentation needed (RFC 1191 §4)', () => {
    const bench = createRouter();
    bench.out.mtuBytes = 1000;
    bench.out.changed();
    arrive(bench, tcp, transportBytes(tcp, counted(20_000)), 'never summed', 1460);
    expect(departed(bench)).toEqual([]);
    expect(bench.ip.counters).toMatchObject({ forwardTooLong: 1, icmpErrorsOut: 1 });
    arrive(bench, tcp, transportBytes(tcp, counted(20_000)), 'never summed', 960);
    expect(departed(bench)).toHaveLength(21);
    bench.end();
  });

  test.each([
    ['of another protocol', udp, (payload: Uint8Array) => transportBytes(udp, payload)],
    [
      'with a header length that leads astray',
      tcp,
      (payload: Uint8Array) => {
        const bytes = transportBytes(tcp, payload);
        bytes[12] = 0x10;
        return bytes;
      },
    ],
  ])('%s are none: fragments', (_, protocol, make) => {
    const bench = createRouter();
    bench.out.features = cutting;
    bench.out.changed();
    arrive(bench, protocol, make(counted(5000)), 'verified', 1000, false);
    expect(departed(bench)).toHaveLength(4);
    expect(bench.ip.counters.forwardFragmented).toBe(1);
    bench.end();
  });
});
