import type { Waiter } from './waiter-list.js';

/** What `poll` and an epoll can wait for: a {@link Socket}, or an {@link Epoll} itself. */
export interface PollTarget {
  /** Whether it was closed. */
  readonly isClosed: boolean;
  /**
   * @param events - POLL* bits that are asked for
   * @returns those that hold; POLLERR, POLLHUP and POLLNVAL unasked
   */
  poll(events: number): number;
  /** Lets a waiter wait for changes from now on: poll first. */
  addWaiter(waiter: Waiter): void;
  /** Takes a waiter out; one that does not wait here is left alone. */
  removeWaiter(waiter: Waiter): void;
}
