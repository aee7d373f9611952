import { assert } from '@synos/interfaces';
import type { Scheduler } from './scheduler.js';

/**
 * One queue, first come, first served: with `n` threads that never wait each has its turn after at most `n - 1` others.
 * All operations cost the same however many threads there are.
 *
 * @example
 * ```ts
 * import { createRoundRobin } from '@synos/kernel';
 *
 * const scheduler = createRoundRobin<string>();
 * scheduler.add('a');
 * scheduler.add('b');
 * scheduler.next(); // 'a'
 * ```
 */
export function createRoundRobin<Thread>(): Scheduler<Thread> {
  // A set keeps the order in which its members came.
  const queue = new Set<Thread>();
  const append = (thread: Thread): void => {
    assert(!queue.has(thread), 'a thread is queued twice');
    queue.add(thread);
  };
  return {
    add: append,
    requeue: append,
    remove: (thread) => void queue.delete(thread),
    next() {
      for (const thread of queue) {
        queue.delete(thread);
        return thread;
      }
      return null;
    },
    get size() {
      return queue.size;
    },
  };
}
