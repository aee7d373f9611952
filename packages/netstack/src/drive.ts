import type { EventLoop, Pollable } from '@synos/interfaces';

/** Packets per turn: a fraction of a millisecond, and what the turn itself costs is not seen any more. */
export const defaultBudgetPackets = 256;

/** How a stack shares its host's event loop. */
export interface DriveOptions {
  /** Packets handled per turn of the loop; 256 by default. More is faster in bulk, less is fairer to others. */
  readonly budgetPackets?: number;
}

/**
 * Runs a stack on an event loop: polls when something is ready, and when its next deadline comes. One timer for all.
 *
 * @returns a function that stops it
 * @example
 * ```ts
 * const stop = drive(stack, loop);
 * ```
 */
export function drive(target: Pollable, loop: EventLoop, options: DriveOptions = {}): () => void {
  const budgetPackets = options.budgetPackets ?? defaultBudgetPackets;
  let scheduled = false;
  let stopped = false;
  let timerAtMs = Number.POSITIVE_INFINITY;
  let cancelTimer: (() => void) | null = null;

  const run = (): void => {
    scheduled = false;
    if (stopped) return;
    let more = true;
    // A program's listener may throw: that is the host's to report, and the stack goes on.
    try {
      more = target.poll(loop.now(), budgetPackets);
    } finally {
      if (more) schedule();
      const deadlineMs = target.nextDeadline();
      // A timer that rings too early costs one empty poll; re-arming at each poll would cost a timer each.
      if (!stopped && deadlineMs < timerAtMs) {
        cancelTimer?.();
        timerAtMs = deadlineMs;
        cancelTimer = loop.at(deadlineMs, onTimer);
      }
    }
  };
  const schedule = (): void => {
    if (scheduled || stopped) return;
    scheduled = true;
    loop.soon(run);
  };
  const onTimer = (): void => {
    timerAtMs = Number.POSITIVE_INFINITY;
    cancelTimer = null;
    // Who is to be run soon anyway is not run besides: each such turn would leave one more behind it, for ever.
    if (!scheduled) run();
  };

  target.onWork = schedule;
  schedule();
  return () => {
    stopped = true;
    target.onWork = null;
    cancelTimer?.();
    cancelTimer = null;
  };
}
