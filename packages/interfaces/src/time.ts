/** A monotonic clock. Milliseconds since an arbitrary start, fractions allowed, never going back. */
export interface Clock {
  now(): number;
}

/**
 * What an event loop drives: a stack, a link, a whole kernel. Nothing inside has a timer of its own.
 *
 * After every entry (a `poll`, or any call that its owner makes into it) the owner re-reads {@link nextDeadline}
 * and sees to it that `poll` is called then, or sooner.
 */
export interface Pollable {
  /**
   * Does what is due and what has arrived.
   *
   * @param nowMs - the time; earlier than at the last call counts as unchanged
   * @param budgetPackets - how many received packets may be handled before returning, so that timers and other work
   *   of the host get their turn
   * @returns whether work is left that could be done right now
   */
  poll(nowMs: number, budgetPackets: number): boolean;
  /** The time of the next thing to do, `Infinity` if there is none. May be early, is never late. */
  nextDeadline(): number;
  /**
   * Called when something became ready outside `poll` (a device has packets, a call was made, a deadline moved).
   * Its callee may only take note: it must not call `poll` from inside.
   */
  onWork: (() => void) | null;
}

/** The one event loop at the outside. It belongs to the host: Node, a browser, a simulation, a bare machine. */
export interface EventLoop extends Clock {
  /** Runs `task` once, soon, after the present turn and after pending input and timers had their chance. */
  soon(task: () => void): void;
  /**
   * Runs `task` once when `now()` is at least `timeMs` (late at worst, never early).
   *
   * @returns a function that takes it back
   */
  at(timeMs: number, task: () => void): () => void;
}
