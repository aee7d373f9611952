import { invalidArgument, outOfRange } from './node-errors.js';

const longestMs = 0x7fffffff;

/** The timer behind `setTimeout`: rings after a time without traffic, keeps no process alive. */
export class IdleTimer {
  readonly #rings: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(rings: () => void) {
    this.#rings = rings;
    this.#timer = undefined;
  }

  /**
   * Starts over with another time; 0 stops.
   *
   * @throws TypeError or RangeError as Node's `setTimeout` of sockets
   */
  set(timeoutMs: number): void {
    if (typeof timeoutMs !== 'number') throw invalidArgument('msecs', 'of type number', timeoutMs);
    if (!(timeoutMs >= 0 && Number.isFinite(timeoutMs))) {
      throw outOfRange('msecs', 'a non-negative finite number', timeoutMs);
    }
    this.stop();
    if (timeoutMs === 0) return;
    // `refresh` revives a timer that has rung: after traffic it rings again, as Node's.
    this.#timer = setTimeout(this.#rings, Math.min(timeoutMs, longestMs)).unref();
  }

  /** There was traffic. */
  touch(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
