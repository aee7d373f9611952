import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRoundRobin } from '../src/index.js';

const action = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'requeue', 'remove'), thread: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('next'), thread: fc.constant(0) }),
);

test('the scheduler is a queue', () => {
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const scheduler = createRoundRobin<number>();
      let model: number[] = [];
      for (const { kind, thread } of actions) {
        if (kind === 'next') expect(scheduler.next()).toBe(model.shift() ?? null);
        else if (kind === 'remove') {
          scheduler.remove(thread);
          model = model.filter((each) => each !== thread);
        } else if (model.includes(thread)) expect(() => scheduler.add(thread)).toThrow('queued twice');
        else {
          scheduler[kind as 'add' | 'requeue'](thread);
          model.push(thread);
        }
        expect(scheduler.size).toBe(model.length);
      }
    }),
  );
});
