import type { Sample } from './statistics.js';

/** One of the two that a row compares, set up and warm. */
export interface Side {
  /**
   * One timed round.
   *
   * @param amount - how much to do, in the row's unit
   */
  round(amount: number): Promise<Sample>;
  /** What is worth telling besides the numbers. */
  notes?(): string[];
  /** Ends it. */
  close(): void | Promise<void>;
}
