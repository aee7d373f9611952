import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerQueue } from '../src/time/timer-queue.js';

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('at'), value: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), value: fc.nat({ max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('run'), value: fc.integer({ min: 0, max: 25 }) }) },
);

test('timers expire in order, once, not early, and not when they were taken back', () => {
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      let earlier = 0;
      const queue = new TimerQueue(() => {
        earlier += 1;
      });
      const expired: number[] = [];
      const cancels: (() => void)[] = [];
      let model: { timeMs: number; id: number }[] = [];
      for (const { kind, value } of actions) {
        if (kind === 'at') {
          const id = cancels.length;
          const isEarliest = model.every(({ timeMs }) => value < timeMs);
          const told = earlier;
          cancels.push(queue.at(value, () => expired.push(id)));
          model.push({ timeMs: value, id });
          expect(earlier - told).toBe(isEarliest ? 1 : 0);
        } else if (kind === 'cancel') {
          cancels[value]?.();
          model = model.filter(({ id }) => id !== value);
        } else {
          const due = model.filter(({ timeMs }) => timeMs <= value).sort((a, b) => a.timeMs - b.timeMs || a.id - b.id);
          model = model.filter(({ timeMs }) => timeMs > value);
          expired.length = 0;
          queue.run(value);
          expect(expired).toEqual(due.map(({ id }) => id));
        }
        expect(queue.size).toBe(model.length);
        expect(queue.nextMs).toBe(Math.min(...model.map(({ timeMs }) => timeMs)));
      }
    }),
  );
});

test('a timer that sets one anew for now does not keep the queue for itself', () => {
  const queue = new TimerQueue(() => {});
  let calls = 0;
  const again = (): void => {
    calls += 1;
    queue.at(0, again);
  };
  queue.at(0, again);
  queue.run(5);
  expect(calls).toBe(1);
  queue.run(5);
  expect(calls).toBe(2);
});

test('one that expires takes another back that is due as well', () => {
  const queue = new TimerQueue(() => {});
  const calls: string[] = [];
  queue.at(1, () => {
    calls.push('first');
    takeBack();
  });
  const takeBack = queue.at(2, () => calls.push('second'));
  queue.run(5);
  expect(calls).toEqual(['first']);
});
