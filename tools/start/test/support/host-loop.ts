import type { EventLoop } from '@synos/interfaces';

/** Every look at the clock takes a little: nothing else makes a host's time pass while the thread is busy. */
const LOOK_MS = 0.03;

/** An event loop in which host time passes by looking at it, and by hand. */
export interface HostLoop extends EventLoop {
  /** Lets time pass, task by task. */
  advance(ms: number): void;
  /** Tasks that wait. */
  readonly waiting: number;
}

/** A host's loop that is the same in each run. */
export function createHostLoop(): HostLoop {
  let nowMs = 0;
  const tasks = new Set<{ readonly at: number; readonly task: () => void }>();
  const add = (at: number, task: () => void): (() => void) => {
    const entry = { at, task };
    tasks.add(entry);
    return () => void tasks.delete(entry);
  };
  return {
    now() {
      nowMs += LOOK_MS;
      return nowMs;
    },
    soon: (task) => void add(nowMs, task),
    at: add,
    get waiting() {
      return tasks.size;
    },
    advance(ms) {
      const end = nowMs + ms;
      for (;;) {
        const [due] = [...tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        tasks.delete(due);
        nowMs = Math.max(nowMs, due.at);
        due.task();
      }
      nowMs = Math.max(nowMs, end);
    },
  };
}
