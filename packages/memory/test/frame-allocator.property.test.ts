import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSet } from '../src/frames/frame-set.js';
import { createFrameAllocator } from '../src/index.js';
import { naiveFrames } from './reference/naive-frames.js';

const runs = process.env.SYNOS_LONG ? 4_000 : 150;

const range = fc.record({
  address: fc.integer({ min: 0, max: 300 }).map((quarters) => quarters * 1024),
  byteLength: fc.integer({ min: 0, max: 200 }).map((quarters) => quarters * 1024),
  kind: fc.constantFrom('usable' as const, 'usable' as const, 'reserved' as const),
});
const step = fc.record({
  op: fc.constantFrom(
    'allocate',
    'allocateRun',
    'share',
    'release',
    'release',
    'reserve',
    'unreserve',
    'allocateReserved',
  ),
  pick: fc.nat({ max: 1000 }),
  count: fc.integer({ min: 1, max: 9 }),
  align: fc.integer({ min: 0, max: 4 }),
  below: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 500 * 1024 })),
});

describe('the frame allocator', () => {
  test('any sequence of calls over any map agrees with a set of frames', () => {
    const property = fc.property(
      fc.array(range, { maxLength: 6 }),
      fc.array(step, { minLength: 1, maxLength: 80 }),
      (memoryMap, steps) => {
        const frames = createFrameAllocator({ memoryMap });
        /** What may be handed out, looked at byte by quarter of a frame. */
        const isIn = (at: number, kind: string): boolean =>
          memoryMap.some((each) => each.kind === kind && at >= each.address && at < each.address + each.byteLength);
        const all: number[] = [];
        for (let frame = 4096; frame < 512 * 1024; frame += 4096) {
          const quarters = [0, 1024, 2048, 3072].map((at) => frame + at);
          if (quarters.every((at) => isIn(at, 'usable') && !isIn(at, 'reserved'))) all.push(frame);
        }
        const counts = new Map<number, number>();
        let reserved = 0;
        const out = (frame: number): void => {
          expect(all).toContain(frame);
          expect(counts.has(frame)).toBe(false);
          counts.set(frame, 1);
        };
        for (const { op, pick, count, align, below } of steps) {
          const held = [...counts.keys()];
          const frame = held[pick % Math.max(1, held.length)];
          const available = all.length - held.length - reserved;
          if (op === 'allocate') {
            const taken = frames.allocate();
            expect(taken !== 0).toBe(available > 0);
            if (taken !== 0) out(taken);
          } else if (op === 'allocateRun') {
            const alignBytes = 4096 << align;
            const isFree = (at: number): boolean => all.includes(at) && !counts.has(at);
            const expected =
              count > available
                ? undefined
                : all.find(
                    (at) =>
                      at % alignBytes === 0 &&
                      at + count * 4096 <= below &&
                      Array.from({ length: count }, (_, index) => at + index * 4096).every(isFree),
                  );
            const first = frames.allocateRun(count, { alignBytes, below });
            expect(first).toBe(expected ?? 0);
            for (let index = 0; first !== 0 && index < count; index++) out(first + index * 4096);
          } else if (op === 'reserve') {
            expect(frames.reserve(count)).toBe(count <= available);
            if (count <= available) reserved += count;
          } else if (op === 'unreserve') {
            if (count > reserved) expect(() => frames.unreserve(count)).toThrow('given back');
            else {
              frames.unreserve(count);
              reserved -= count;
            }
          } else if (op === 'allocateReserved') {
            if (reserved === 0) expect(() => frames.allocateReserved()).toThrow('no frame is reserved');
            else {
              out(frames.allocateReserved());
              reserved -= 1;
            }
          } else if (frame === undefined) {
            const never = all[pick % Math.max(1, all.length)] ?? pick * 4096;
            expect(() => frames.release(never)).toThrow(`frame 0x${never.toString(16)} is released`);
          } else if (op === 'share') {
            frames.share(frame);
            counts.set(frame, counts.get(frame)! + 1);
          } else {
            const left = counts.get(frame)! - 1;
            expect(frames.release(frame)).toBe(left === 0);
            if (left === 0) counts.delete(frame);
            else counts.set(frame, left);
          }
          expect(frames.stats()).toEqual({
            totalFrames: all.length,
            freeFrames: all.length - counts.size,
            usedFrames: counts.size,
            reservedFrames: reserved,
            references: [...counts.values()].reduce((sum, each) => sum + each, 0),
          });
        }
        for (let at = 0; at < 512 * 1024; at += 4096) expect(frames.references(at)).toBe(counts.get(at) ?? 0);
      },
    );
    fc.assert(property, { numRuns: runs });
  });

  test('misuse of numbers asserts', () => {
    const frames = createFrameAllocator({ memoryMap: [{ address: 0, byteLength: 1 << 20, kind: 'usable' }] });
    for (const count of [0, -1, 1.5, Number.NaN, Infinity]) expect(() => frames.allocateRun(count)).toThrow('no run');
    for (const alignBytes of [0, 2048, 4097, 12288, Number.NaN]) {
      expect(() => frames.allocateRun(1, { alignBytes })).toThrow('no alignment');
    }
    expect(() => frames.allocateRun(1, { below: Number.NaN })).toThrow('no end');
    for (const count of [-1, 1.5, Number.NaN]) {
      expect(() => frames.reserve(count)).toThrow('no number');
      expect(() => frames.unreserve(count)).toThrow('no number');
    }
    expect(naiveFrames([]).allocate()).toBe(0);
  });
});

describe('a set of frames', () => {
  test('is a Set, at every size around its words', () => {
    const property = fc.property(
      fc.constantFrom(1, 31, 32, 33, 1023, 1024, 1025, 33_000),
      fc.array(fc.tuple(fc.boolean(), fc.nat(), fc.nat({ max: 3000 })), { maxLength: 30 }),
      (capacity, steps) => {
        const ours = new FrameSet(capacity);
        const model = new Set<number>();
        for (const [isAdd, pick, length] of steps) {
          const from = pick % capacity;
          const end = Math.min(capacity, from + length);
          if (isAdd) ours.addRange(from, end);
          for (let member = from; member < end; member++) {
            if (isAdd) model.add(member);
            else {
              ours.remove(member);
              model.delete(member);
            }
          }
          ours.add(from);
          model.add(from);
          const sorted = [...model].sort((a, b) => a - b);
          expect(ours.highest()).toBe(sorted[sorted.length - 1] ?? -1);
          for (const at of [0, from, from + 1, end, capacity - 1]) {
            expect(ours.next(at)).toBe(sorted.find((member) => member >= at) ?? -1);
            let absent = at;
            while (absent < end && model.has(absent)) absent++;
            expect(ours.nextAbsent(at, end)).toBe(at < end ? absent : end);
          }
        }
      },
    );
    fc.assert(property, { numRuns: runs });
    expect(new FrameSet(0).highest()).toBe(-1);
  });
});
