import { assert, type Clock } from '@synos/interfaces';

/** A clock that stands still until somebody moves it. */
export interface VirtualClock extends Clock {
  /** Moves to a time; an earlier one than now is a bug and asserts. */
  advanceTo(timeMs: number): void;
  /** Moves on by a duration, 0 or more. */
  advanceBy(durationMs: number): void;
}

/**
 * A clock for simulations.
 *
 * @param startMs - its first time, default 0
 * @example
 * const clock = createVirtualClock();
 * clock.advanceBy(1_000);
 * clock.now(); // 1000
 */
export function createVirtualClock(startMs = 0): VirtualClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advanceTo(timeMs) {
      assert(timeMs >= nowMs, 'a clock never goes back');
      nowMs = timeMs;
    },
    advanceBy(durationMs) {
      assert(durationMs >= 0, 'a clock never goes back');
      nowMs += durationMs;
    },
  };
}
