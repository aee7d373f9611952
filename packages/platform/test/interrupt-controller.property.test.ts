import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInterruptController } from '../src/index.js';
import { FakeMachine } from './models/fake-machine.js';
import { ModelPics } from './models/model-pic.js';

const lines = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/** Most urgent first: the second chip's are where line 2 would be. */
const urgency = [0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7];
const anyLine = fc.constantFrom(...lines);

function setup(firstVector = 0x20) {
  const machine = new FakeMachine();
  const pics = new ModelPics(machine);
  const interrupts = createInterruptController(machine, { firstVector });
  return { machine, pics, interrupts };
}

test('after it is made nothing comes through, and both chips are wired as in a PC', () => {
  const { pics } = setup(0x40);
  for (const line of lines) pics.set(line, true);
  expect(pics.intr).toBe(false);
  expect([pics.master.base, pics.slave.base, pics.master.icw3, pics.slave.icw3]).toEqual([0x40, 0x48, 4, 2]);
  expect([pics.master.isReady, pics.slave.isReady]).toEqual([true, true]);
});

test('any sequence of requests, masks, acknowledgements and ends is that of an ideal controller', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('pulse' as const), line: anyLine }),
    fc.record({ kind: fc.constant('enable' as const), line: anyLine }),
    fc.record({ kind: fc.constant('disable' as const), line: anyLine }),
    fc.record({ kind: fc.constant('serve' as const), line: anyLine }),
    fc.record({ kind: fc.constant('end' as const), line: anyLine }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { pics, interrupts } = setup();
      const enabled = new Set<number>();
      const requested = new Set<number>();
      const served: number[] = [];
      for (const { kind, line } of steps) {
        if (kind === 'pulse') {
          // An edge that stays until it is served, as a device holds its line.
          pics.set(line, false);
          pics.set(line, true);
          requested.add(line);
        } else if (kind === 'enable') {
          interrupts.enable(line);
          enabled.add(line);
        } else if (kind === 'disable') {
          interrupts.disable(line);
          enabled.delete(line);
        } else if (kind === 'end') {
          const last = served.pop();
          if (last !== undefined) interrupts.end(last);
        } else {
          const rank = (it: number): number => urgency.indexOf(it);
          const current = Math.min(...served.map((it) => (it >= 8 ? rank(8) : rank(it))));
          const next = urgency.find((it) => requested.has(it) && enabled.has(it) && rank(it) < current);
          expect(pics.intr).toBe(next !== undefined);
          if (next === undefined) continue;
          const vector = pics.acknowledge();
          expect(interrupts.lineOf(vector)).toBe(next);
          expect(interrupts.isSpurious(vector)).toBe(false);
          requested.delete(next);
          served.push(next);
        }
      }
      expect(interrupts.counters.spurious).toBe(0);
    }),
  );
});

test('a request that is gone is spurious, once, and blocks nothing afterwards', () => {
  fc.assert(
    fc.property(anyLine, anyLine, fc.boolean(), (gone, other, hasOther) => {
      const { pics, interrupts } = setup();
      for (const line of lines) interrupts.enable(line);
      pics.set(gone, true);
      // The CPU is about to acknowledge: what it gets depends on which chip saw the request go.
      if (gone >= 8) {
        pics.slave.set(gone & 7, false);
      } else {
        pics.master.set(gone, false);
      }
      const vector = pics.acknowledge();
      expect(interrupts.lineOf(vector)).toBe(gone >= 8 ? 15 : 7);
      expect(interrupts.isSpurious(vector)).toBe(true);
      expect(interrupts.counters.spurious).toBe(1);
      expect([pics.master.isr, pics.slave.isr]).toEqual([0, 0]);
      if (!hasOther) return;
      pics.set(other, true);
      expect(pics.intr).toBe(true);
      const next = pics.acknowledge();
      expect(interrupts.lineOf(next)).toBe(other);
      expect(interrupts.isSpurious(next)).toBe(false);
      interrupts.end(other);
      expect([pics.master.isr, pics.slave.isr]).toEqual([0, 0]);
    }),
  );
});

test('a line that is level-triggered asks until its device is content, one that is an edge once', () => {
  fc.assert(
    fc.property(fc.constantFrom(3, 5, 9, 10, 11, 12), fc.integer({ min: 1, max: 5 }), (line, times) => {
      const { pics, interrupts } = setup();
      interrupts.enable(line, 'level');
      pics.set(line, true);
      for (let i = 0; i < times; i++) {
        expect(interrupts.lineOf(pics.acknowledge())).toBe(line);
        interrupts.end(line);
        expect(pics.intr).toBe(true);
      }
      pics.set(line, false);
      expect(pics.intr).toBe(false);
      interrupts.enable(line, 'edge');
      pics.set(line, true);
      expect(interrupts.lineOf(pics.acknowledge())).toBe(line);
      interrupts.end(line);
      expect(pics.intr).toBe(false);
    }),
  );
});

test('vectors of nobody have no line', () => {
  const { interrupts } = setup(0x30);
  for (let vector = 0; vector < 256; vector++) {
    expect(interrupts.lineOf(vector)).toBe(vector >= 0x30 && vector < 0x40 ? vector - 0x30 : -1);
    if (vector !== 0x37 && vector !== 0x3f) expect(interrupts.isSpurious(vector)).toBe(false);
  }
});

test('lines and vectors that are none are refused', () => {
  const { machine, interrupts } = setup();
  for (const line of [-1, 2, 16, 1.5, Number.NaN]) expect(() => interrupts.enable(line)).toThrow('line');
  expect(() => interrupts.enable(0, 'level')).toThrow('edges');
  for (const firstVector of [0, 0x1f, 0x21, 0xf8]) {
    expect(() => createInterruptController(machine, { firstVector })).toThrow(`not ${firstVector}`);
  }
});
