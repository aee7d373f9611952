import type { Census } from './census.js';

/** What is known of a process from outside. */
export interface ProcessInfo {
  readonly pid: number;
  /** 0 for init. */
  readonly parentPid: number;
  readonly name: string;
  readonly state: 'runnable' | 'waiting' | 'zombie';
  /** Counts of the time-stamp counter that it has run, the kernel's work for it included. */
  readonly ranTicks: number;
  readonly descriptors: number;
}

/** A kernel on a machine. Synchronous: it does something when it is told to, and nothing calls it back. */
export interface Kernel {
  /**
   * Runs programs and networks. What programs do never makes it throw.
   *
   * @param budgetTicks - for how many counts of the time-stamp counter, about
   * @throws an assertion for a budget that is no number, and for nothing else
   * @returns `runnable`: there is more to do now; `idle`: nothing before {@link nextDeadline} or an interrupt; `off`: it
   *   is over
   */
  step(budgetTicks: number): 'runnable' | 'idle' | 'off';
  /** The time-stamp count of the next thing to do; now where there is one, `Infinity` where only an interrupt helps. */
  nextDeadline(): number;
  /** Takes the vector of an interrupt that came between two steps: what `Machine.idle` answered. */
  interrupt(vector: number): void;
  /** Init's wait status, once it is off; `null` before, and after a panic. */
  readonly exitStatus: number | null;
  /** What the kernel said when it could not go on; `null` as long as it can. */
  readonly panicText: string | null;
  /** What is in use. */
  census(): Census;
  /** All processes, zombies included, by pid. */
  readonly processes: readonly ProcessInfo[];
  /** Counted events: spurious and unknown interrupts, and what the drivers count. */
  counters(): Readonly<Record<string, number>>;
}
