import type { Entropy, EventLoop } from '@synos/interfaces';

/** What a stack needs of the place it runs in. */
export interface Host {
  readonly loop: EventLoop;
  readonly entropy: Entropy;
}

/** `setImmediate` where there is one (Node, Bun, Deno): it lets input and timers in between, and costs 0.2 µs. */
interface MaybeImmediate {
  setImmediate?: (task: () => void) => unknown;
}

/**
 * Clock, timers and entropy of the engine at hand: Node, browsers, Deno and Bun.
 *
 * @example
 * ```ts
 * const { loop, entropy } = createDefaultHost();
 * ```
 */
export function createDefaultHost(): Host {
  const soon = createSoon();
  return {
    loop: {
      now: () => performance.now(),
      soon,
      at(timeMs, task) {
        let timer = setTimeout(ring, delayUntil(timeMs));
        // Engines round, and Node's timers run on a clock of whole milliseconds: one that rings early waits again.
        function ring(): void {
          if (performance.now() >= timeMs) task();
          else timer = setTimeout(ring, delayUntil(timeMs));
        }
        return () => clearTimeout(timer);
      },
    },
    entropy: {
      fill(bytes) {
        // One call gives at most 65,536 bytes (Web Cryptography §10.1.1).
        for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      },
    },
  };
}

/** Timers take whole milliseconds, 2^31 - 1 of them at most. */
function delayUntil(timeMs: number): number {
  return Math.min(Math.max(Math.ceil(timeMs - performance.now()), 0), 0x7fffffff);
}

function createSoon(): (task: () => void) => void {
  const immediate = (globalThis as MaybeImmediate).setImmediate;
  if (immediate) return (task) => void immediate(task);
  if (typeof MessageChannel === 'undefined') return (task) => void setTimeout(task, 0);
  // Browsers hold nested timeouts back by 4 ms; a message to oneself is a task like any other, without the wait.
  const { port1, port2 } = new MessageChannel();
  const tasks: (() => void)[] = [];
  port1.onmessage = () => tasks.shift()?.();
  return (task) => {
    tasks.push(task);
    port2.postMessage(0);
  };
}
