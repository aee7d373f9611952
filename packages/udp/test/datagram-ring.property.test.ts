import { createBlockPool, createMemory } from '@synos/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DatagramRing, pushed } from '../src/datagram-ring.js';

const command = fc.oneof(
  { weight: 30, arbitrary: fc.record({ push: fc.oneof(fc.nat(40), fc.nat(900), fc.nat(900), fc.nat(9000)) }) },
  { weight: 27, arbitrary: fc.record({ take: fc.nat(9000) }) },
  { weight: 1, arbitrary: fc.constant({ clear: true }) },
);

test('a ring is a bounded list of datagrams with their senders', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 150, size: 'max' }),
      fc.constantFrom(1, 4000, 5000, 9000, 40_000),
      (commands, limitBytes) => {
        const blocks = createBlockPool({ limitBytes: 65_536, chunkBytes: 65_536 });
        const ring = new DatagramRing(blocks);
        const model: { bytes: Uint8Array; word: number; port: number; ordinal: number }[] = [];
        const memory = createMemory(new ArrayBuffer(16_384));
        let ordinal = 0;
        const usedBytes = () => model.reduce((sum, { bytes }) => sum + 40 + Math.ceil(bytes.length / 4) * 4, 0);
        for (const each of commands) {
          if ('push' in each) {
            ordinal += 1;
            const at = ordinal % 7;
            for (let index = 0; index < each.push; index += 1) memory.bytes[at + index] = (index * 31 + ordinal) & 255;
            const source = { w0: -1, w1: 2, w2: 3, w3: (0x80000000 + ordinal) | 0 };
            const before = usedBytes();
            const destination = { w0: ordinal, w1: -5, w2: 6, w3: (0xf0000000 + ordinal) | 0 };
            const arrival = { source, destination, isGroup: false, ttl: 255, tos: 255 - ordinal, device: ordinal };
            const result = ring.push(arrival, 60_000 + ordinal, memory, at, each.push, limitBytes);
            const fits = model.length === 0 || before + 40 + Math.ceil(each.push / 4) * 4 <= limitBytes;
            if (!fits) expect(result).toBe(pushed.full);
            else expect([pushed.ok, pushed.noMemory]).toContain(result);
            if (result === pushed.ok) {
              const bytes = memory.bytes.slice(at, at + each.push);
              model.push({ bytes, word: source.w3, port: 60_000 + ordinal, ordinal });
            }
          } else if ('take' in each) {
            const first = model.shift();
            if (first === undefined) {
              expect(ring.nextLength()).toBe(-1);
              continue;
            }
            expect(ring.nextLength()).toBe(first.bytes.length);
            const sender = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
            ring.nextSender(sender);
            expect(sender).toEqual({ address: { w0: -1, w1: 2, w2: 3, w3: first.word }, port: first.port });
            const came = { destination: { w0: 0, w1: 0, w2: 0, w3: 0 }, ttl: 0, tos: 0, device: 0 };
            ring.nextArrival(came);
            const w3 = (0xf0000000 + first.ordinal) | 0;
            const { ordinal: nth } = first;
            expect(came).toEqual({
              destination: { w0: nth, w1: -5, w2: 6, w3 },
              ttl: 255,
              tos: 255 - nth,
              device: nth,
            });
            const count = Math.min(each.take, first.bytes.length);
            const into = new Uint8Array(count + 2);
            ring.copyNext(into, 1, count);
            expect(Buffer.compare(into.subarray(1, 1 + count), first.bytes.subarray(0, count))).toBe(0);
            ring.drop();
          } else {
            ring.clear();
            model.length = 0;
            expect(blocks.usedBytes).toBe(0);
          }
          expect(ring.count).toBe(model.length);
          expect(ring.usedBytes).toBe(usedBytes());
          expect(blocks.usedBytes).toBeLessThanOrEqual(2 * Math.max(4096, limitBytes, ring.usedBytes));
        }
      },
    ),
    { numRuns: process.env.SYNOS_LONG ? 5000 : 100 },
  );
});
