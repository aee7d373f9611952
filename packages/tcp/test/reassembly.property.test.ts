import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxIntervals, OutOfOrder } from '../src/reassembly.js';
import { recordFlag, SendRecords } from '../src/send-records.js';
import { fillRecords, rowsOfRecords } from '../src/snapshot-rows.js';
import { Conversation } from './conversation.js';

describe('out-of-order intervals against a set of bytes', () => {
  test('add and advance, across the wrap of sequence numbers', () => {
    const span = fc.record({ at: fc.integer({ min: 1, max: 200 }), length: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.constantFrom(0, 0x7fff_ff80, -100), fc.array(span, { maxLength: 40 }), (base, spans) => {
        const intervals = new OutOfOrder();
        const model = new Set<number>();
        let latest = 0;
        for (const { at, length } of spans) {
          expect(intervals.add((base + at) | 0, (base + at + length) | 0)).toBe(true);
          for (let i = at; i < at + length; i++) model.add(i);
          latest = at;
        }
        const runs: [number, number][] = [];
        for (const byte of [...model].sort((x, y) => x - y)) {
          const last = runs.at(-1);
          if (last !== undefined && last[1] === byte) last[1]++;
          else runs.push([byte, byte + 1]);
        }
        expect(intervals.count).toBe(runs.length);
        runs.forEach(([left, right], i) => {
          expect([(intervals.left(i) - base) | 0, (intervals.right(i) - base) | 0]).toEqual([left, right]);
        });
        if (runs.length > 0) {
          const lefts = new Int32Array(4);
          const rights = new Int32Array(4);
          expect(intervals.blocks(lefts, rights, 4)).toBe(Math.min(4, runs.length));
          const first = [(lefts[0]! - base) | 0, (rights[0]! - base) | 0];
          expect(first[0]! <= latest && latest < first[1]!).toBe(true);
        }
        const next = intervals.advance((base + 1) | 0);
        const expected = runs[0]?.[0] === 1 ? runs[0][1] : 1;
        expect((next - base) | 0).toBe(expected);
      }),
    );
  });

  test('bounded: an interval too many changes nothing', () => {
    const intervals = new OutOfOrder();
    for (let i = 0; i < maxIntervals; i++) expect(intervals.add(i * 10, i * 10 + 5)).toBe(true);
    expect(intervals.add(100_000, 100_001)).toBe(false);
    expect(intervals.count).toBe(maxIntervals);
    expect(intervals.add(0, maxIntervals * 10)).toBe(true);
    expect(intervals.count).toBe(1);
  });
});

describe('text in any order', () => {
  test('any cuts, any order, any repetition: the stream is what was sent', () => {
    const cut = fc.record({ at: fc.integer({ min: 0, max: 2999 }), length: fc.integer({ min: 1, max: 700 }) });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 30 }), fc.integer({ min: 1, max: 5000 }), (cuts, readBytes) => {
        const whole = new Uint8Array(3000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
        const c = new Conversation({ peerIss: -1500 }).connected();
        const base = c.seq;
        const model = new Uint8Array(3000);
        let inOrder = 0;
        const got: number[] = [];
        const read = (): void => {
          for (;;) {
            const bytes = c.receive(readBytes);
            if (typeof bytes === 'string' || bytes.length === 0) return;
            got.push(...bytes);
          }
        };
        for (const { at, length } of [...cuts, { at: 0, length: 1000 }, { at: 1000, length: 2000 }]) {
          const end = Math.min(at + length, 3000);
          c.say({ seq: base + at, text: whole.slice(at, end) });
          model.fill(1, at, end);
          while (inOrder < 3000 && model[inOrder] === 1) inOrder++;
          expect((c.view()!.rcvNxt! - base) | 0).toBe(inOrder);
          if (at % 3 === 0) read();
        }
        read();
        expect(Buffer.compare(Uint8Array.from(got), whole)).toBe(0);
      }),
      { numRuns: process.env.SYNOS_LONG ? 3000 : 100 },
    );
  });
});

describe('send records against a plain list', () => {
  const operation = fc.oneof(
    fc.record({ what: fc.constant('push' as const), n: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ what: fc.constant('push' as const), n: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ what: fc.constant('acknowledge' as const), n: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ what: fc.constant('lose' as const), n: fc.nat(50) }),
    fc.record({ what: fc.constant('loseAll' as const), n: fc.constant(0) }),
    fc.record({ what: fc.constant('resend' as const), n: fc.constant(0) }),
    fc.record({ what: fc.constant('split' as const), n: fc.nat(50) }),
    fc.record({ what: fc.constant('join' as const), n: fc.nat(50) }),
  );

  test('lost bytes, order and coverage', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 0x7fff_fff0), fc.array(operation, { maxLength: 150 }), (base, operations) => {
        const records = new SendRecords();
        // Per byte: lost or not.
        let model: { lost: boolean }[] = [];
        let una: number = base;
        let time = 0;
        for (const { what, n } of operations) {
          time++;
          if (what === 'push') {
            records.push((una + model.length) | 0, n, time);
            for (let i = 0; i < n; i++) model.push({ lost: false });
          } else if (what === 'acknowledge') {
            const taken = Math.min(n, model.length);
            una = (una + taken) | 0;
            records.acknowledge(una);
            model = model.slice(taken);
          } else if (records.count > 0) {
            const index = n % records.count;
            const from = (records.sequence(index) - una) | 0;
            const length = records.length(index);
            if (what === 'lose') {
              records.markLost(index);
              for (let i = from; i < from + length; i++) model[i] = { lost: true };
            } else if (what === 'loseAll') {
              records.markLostFrom(una);
              model = model.map(() => ({ lost: true }));
            } else if (what === 'split' && length > 1) {
              records.split(index, 1 + (n % (length - 1)));
            } else if (what === 'join') {
              records.joinNext(index, 40);
            } else if (what === 'resend') {
              const lost = records.firstLost();
              const firstLost = model.findIndex((byte) => byte.lost);
              if (lost < 0) expect(firstLost).toBe(-1);
              else {
                const at = (records.sequence(lost) - una) | 0;
                expect(at).toBe(firstLost);
                for (let i = at; i < at + records.length(lost); i++) model[i] = { lost: false };
                records.resent(lost, time);
                expect(records.flags(lost) & recordFlag.retransmitted).not.toBe(0);
              }
            }
          }
          expect(records.lostBytes).toBe(model.filter((byte) => byte.lost).length);
          let at = 0;
          for (let i = 0; i < records.count; i++) {
            expect((records.sequence(i) - una) | 0).toBe(at);
            at += records.length(i);
          }
          expect(at).toBe(model.length);
          const copy = new SendRecords();
          fillRecords(copy, rowsOfRecords(records));
          expect(rowsOfRecords(copy)).toEqual(rowsOfRecords(records));
        }
      }),
      { numRuns: process.env.SYNOS_LONG ? 2000 : 150 },
    );
  });
});
