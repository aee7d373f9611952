import { randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Entropy, EventLoop } from '@synos/interfaces';

/** Node's own event loop. */
export const nodeLoop: EventLoop = {
  now: () => performance.now(),
  soon: (task) => void setImmediate(task),
  at(timeMs, task) {
    let timer = setTimeout(ring, delayUntil(timeMs));
    // Node's timers count whole milliseconds on a clock of their own: one that rings early waits again.
    function ring(): void {
      if (performance.now() >= timeMs) task();
      else timer = setTimeout(ring, delayUntil(timeMs));
    }
    return () => clearTimeout(timer);
  },
};

/** Node's own source of chance. */
export const nodeEntropy: Entropy = { fill: (bytes) => void randomFillSync(bytes) };

/** Timers take whole milliseconds, 2^31 - 1 of them at most. */
function delayUntil(timeMs: number): number {
  return Math.min(Math.max(Math.ceil(timeMs - performance.now()), 0), 0x7fffffff);
}
