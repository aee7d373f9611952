import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Deadline, DeadlineQueue } from '../src/deadline-queue.js';

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ advance: fc.nat(60) }) },
);

test('deadlines come in the order of their times, each once', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100, size: 'max' }), (commands) => {
      const queue = new DeadlineQueue();
      const expired: number[] = [];
      let model: Deadline[] = [];
      for (const each of commands) {
        if ('add' in each) {
          const deadline: Deadline = {
            deadlineMs: each.add,
            deadlineIndex: -1,
            expired: () => expired.push(deadline.deadlineMs),
          };
          queue.add(deadline);
          model.push(deadline);
        } else if ('remove' in each) {
          const [deadline] = model.splice(each.remove % Math.max(1, model.length), 1);
          if (deadline === undefined) continue;
          queue.remove(deadline);
          queue.remove(deadline);
          expect(deadline.deadlineIndex).toBe(-1);
        } else {
          const due = model.map(({ deadlineMs }) => deadlineMs).filter((time) => time <= each.advance);
          model = model.filter(({ deadlineMs }) => deadlineMs > each.advance);
          expired.length = 0;
          queue.advance(each.advance);
          expect(expired).toEqual(due.sort((a, b) => a - b));
        }
        expect(queue.next()).toBe(Math.min(...model.map(({ deadlineMs }) => deadlineMs)));
      }
    }),
    { numRuns: process.env.SYNOS_LONG ? 10_000 : 200 },
  );
});

test('a deadline that adds itself again in the past does not hang the queue', () => {
  const queue = new DeadlineQueue();
  let count = 0;
  const deadline: Deadline = {
    deadlineMs: 5,
    deadlineIndex: -1,
    expired: () => {
      count += 1;
      queue.add(deadline);
    },
  };
  queue.add(deadline);
  queue.advance(10);
  expect(count).toBe(1);
  expect(queue.next()).toBe(5);
});
