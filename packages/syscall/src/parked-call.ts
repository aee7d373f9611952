import { EINTR, ENOMEM } from '@synos/abi';
import { assert } from '@synos/interfaces';

/**
 * Why a call stops waiting without having been answered: a `signal` came (EINTR), its thread dies (`death`: no answer),
 * or the dispatcher holds as many as it may (`full`: ENOMEM).
 */
export type CancelReason = 'signal' | 'death' | 'full';

/** What a waiting call does next. Each of the two is called in nobody's middle, and neither after the call is over. */
export interface ParkedPlan {
  /**
   * Goes on with the call, when {@link ParkedCall.wake} says that there may be something to go on with. It begins where
   * the call waited, not at its beginning.
   *
   * @returns the answer, or `undefined` to wait on
   */
  readonly resume?: () => number | undefined;
  /**
   * Ends the wait: takes waiters off queues, stops timers. At most once.
   *
   * @returns what to answer instead of the errno, where part of the work is done: send(2) answers the bytes that went
   * out before the signal. Ignored for `death`
   */
  cancel(reason: CancelReason): number | undefined;
}

/** A system call that waits for its answer. Made by {@link park}; over after one of `complete`, `wake`, `cancel` ended it. */
export interface ParkedCall {
  /** Whether it has been answered or cancelled. */
  readonly isOver: boolean;
  /** What it was answered; null while it waits, and where there is no answer. */
  readonly answer: number | null;
  /**
   * Answers it.
   *
   * @param answer - an integer: 0 or more, or a negative errno
   * @returns false when it was over already, and then nothing happens: whoever is late need not know
   */
  complete(answer: number): boolean;
  /** Tries to go on: runs the plan's `resume`. True when the call has been answered by it. */
  wake(): boolean;
  /**
   * Ends it from outside.
   *
   * @returns false when it was over already, and then nothing happens
   */
  cancel(reason: CancelReason): boolean;
  /**
   * For dispatchers: who is told the end, once, null for no answer; at once where it is over already. Asserts when
   * somebody is told already: one parked call answers one system call.
   */
  whenOver(tell: (answer: number | null) => void): void;
}

/**
 * Parks a system call: what a handler returns that cannot answer yet. The handler is not called again for it; what is
 * left to do is in the plan and in whoever calls `complete`.
 *
 * @param plan - how it goes on and how it is cancelled; let go of when the call is over
 * @returns the call, which may even be completed before the handler has returned it
 * @example
 * ```ts
 * import { park } from '@synos/syscall';
 *
 * const sleepers: (() => void)[] = [];
 * const pause = () => {
 *   const call = park({ cancel: () => { sleepers.splice(sleepers.indexOf(wakeUp), 1); } });
 *   const wakeUp = () => void call.complete(0);
 *   sleepers.push(wakeUp);
 *   return call;
 * };
 * ```
 */
export function park(plan: ParkedPlan): ParkedCall {
  let pending: ParkedPlan | null = plan;
  let isResuming = false;
  let answer: number | null = null;
  let tell: ((answer: number | null) => void) | null = null;

  const end = (with_: number | null): void => {
    answer = with_;
    tell?.(with_);
  };

  return {
    get isOver() {
      return pending === null;
    },
    get answer() {
      return answer;
    },
    complete(result) {
      if (pending === null) return false;
      checkAnswer(result);
      pending = null;
      end(result);
      return true;
    },
    wake() {
      // What resume does may well wake its own call: one attempt at a time.
      if (pending?.resume === undefined || isResuming) return false;
      isResuming = true;
      const result = pending.resume();
      isResuming = false;
      return result !== undefined && this.complete(result);
    },
    cancel(reason) {
      if (pending === null) return false;
      const { cancel } = pending;
      // Over first: taking a waiter off its queue may call it, and that must find nothing to complete.
      const cancelled = pending;
      pending = null;
      const partly = cancel.call(cancelled, reason);
      if (reason === 'death') {
        end(null);
        return true;
      }
      const result = partly ?? (reason === 'signal' ? -EINTR : -ENOMEM);
      checkAnswer(result);
      end(result);
      return true;
    },
    whenOver(listener) {
      assert(tell === null, 'a parked call answers one system call');
      tell = listener;
      if (pending === null) listener(answer);
    },
  };
}

/** Asserts that rax can hold the answer exactly. */
export function checkAnswer(answer: number): void {
  assert(Number.isSafeInteger(answer), 'a system call answers an integer');
}
