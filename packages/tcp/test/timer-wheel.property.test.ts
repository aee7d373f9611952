import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimerWheel } from '../src/timer-wheel.js';

const delay = fc.oneof(
  fc.integer({ min: -5, max: 70 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 300_000 }),
  fc.integer({ min: 0, max: 40_000_000 }),
  fc.integer({ min: 0, max: 5_000_000_000 }),
);
const operation = fc.oneof(
  fc.record({ what: fc.constant('schedule' as const), id: fc.integer({ min: 0, max: 40 }), delay }),
  fc.record({ what: fc.constant('cancel' as const), id: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ what: fc.constant('advance' as const), delay: delay.filter((ms) => ms >= 0) }),
  fc.record({ what: fc.constant('sleep' as const) }),
);

describe('the timer wheel against a plain map', () => {
  test('everything fires when it is due, never early, never late; nextDue is never late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.array(operation, { maxLength: 120 }), (start, operations) => {
        const wheel = new TimerWheel(start);
        const model = new Map<number, number>();
        let now = start;
        const advance = (to: number): void => {
          now = to;
          const fired = new Set<number>();
          for (let id = wheel.expire(now); id >= 0; id = wheel.expire(now)) {
            expect(fired.has(id)).toBe(false);
            fired.add(id);
            expect(wheel.dueOf(id)).toBe(Infinity);
          }
          const due = [...model].filter(([, at]) => at <= now).map(([id]) => id);
          expect([...fired].sort((x, y) => x - y)).toEqual(due.sort((x, y) => x - y));
          for (const id of due) model.delete(id);
        };
        for (const one of operations) {
          if (one.what === 'schedule') {
            wheel.schedule(one.id, now + one.delay);
            model.set(one.id, now + one.delay);
          } else if (one.what === 'cancel') {
            wheel.cancel(one.id);
            model.delete(one.id);
          } else if (one.what === 'advance') {
            advance(now + one.delay);
          } else {
            // As a host does: sleep until nextDue. A timer needs a few wakes at most.
            const target = Math.min(...model.values(), Infinity);
            let wakes = 0;
            while (target !== Infinity && model.size > 0 && now < target) {
              const next = wheel.nextDue();
              expect(next).toBeLessThanOrEqual(target);
              advance(Math.max(now, next));
              wakes++;
              // Five levels, and once more for each 12 days.
              expect(wakes).toBeLessThan(40);
            }
          }
          const soonest = Math.max(now, Math.min(...model.values(), Infinity));
          expect(wheel.nextDue()).toBeLessThanOrEqual(soonest);
          if (model.size === 0) expect(wheel.nextDue()).toBe(Infinity);
          for (const [id, at] of model) expect(wheel.dueOf(id)).toBe(at);
        }
      }),
      { numRuns: process.env.SYNOS_LONG ? 5000 : 300 },
    );
  });
});
