import type { Pollable } from '@synos/interfaces';
import { simulationHang } from './hang.js';
import type { VirtualClock } from './virtual-clock.js';

/** Options of {@link runPollables}. */
export interface RunOptions {
  /** What to drive: stacks, and whatever else keeps the contract (a simulated program, a person with a plan). */
  readonly pollables: readonly Pollable[];
  readonly clock: VirtualClock;
  /** A time to run to, or what to run for. Default: until nothing is left to do. */
  readonly until?: number | (() => boolean);
  /** Where to give up when `until` is a condition, default never. */
  readonly deadlineMs?: number;
  /** Received packets that one `poll` may handle, default 64. */
  readonly budgetPackets?: number;
  /** Polls at one time after which a run is taken for hung, default 100,000. */
  readonly maxPollsPerInstant?: number;
  /** Polls and instants in all, likewise, default 20,000,000. */
  readonly maxPolls?: number;
}

/** How a run ended. */
export interface RunReport {
  /** `done`: what `until` asked for; `idle`: nobody has a deadline any more; `deadline`: `deadlineMs` came first. */
  readonly end: 'done' | 'idle' | 'deadline';
  readonly nowMs: number;
  readonly polls: number;
  /** Different times at which something was done. */
  readonly instants: number;
}

/**
 * Drives pollables in virtual time: whoever has work is polled, in the order of the list, until all rest; then the
 * clock jumps to the next deadline. Nothing waits in real time, and the order of everything is certain.
 *
 * @throws Error `ERR_SIMULATION_HANG` with a report when a bound on polls is passed
 * @example
 * runPollables({ pollables: [a, b], clock, until: () => received === 1_000_000 });
 */
export function runPollables(options: RunOptions): RunReport {
  const run = new Run(options);
  try {
    return run.run();
  } finally {
    run.leave();
  }
}

class Run {
  readonly #pollables: readonly Pollable[];
  readonly #clock: VirtualClock;
  readonly #isDone: () => boolean;
  readonly #untilMs: number;
  readonly #deadlineMs: number;
  readonly #budgetPackets: number;
  readonly #maxPollsPerInstant: number;
  readonly #maxPolls: number;
  readonly #hasWork: boolean[];
  readonly #former: (Pollable['onWork'] | null)[];
  #polls: number;
  #instants: number;

  constructor(options: RunOptions) {
    const until = options.until ?? Infinity;
    this.#pollables = options.pollables;
    this.#clock = options.clock;
    this.#isDone = typeof until === 'function' ? until : () => false;
    this.#untilMs = typeof until === 'number' ? until : Infinity;
    this.#deadlineMs = options.deadlineMs ?? Infinity;
    this.#budgetPackets = options.budgetPackets ?? 64;
    this.#maxPollsPerInstant = options.maxPollsPerInstant ?? 100_000;
    this.#maxPolls = options.maxPolls ?? 20_000_000;
    this.#hasWork = this.#pollables.map(() => true);
    this.#polls = 0;
    this.#instants = 0;
    this.#former = this.#pollables.map((pollable, index) => {
      const former = pollable.onWork;
      pollable.onWork = () => {
        this.#hasWork[index] = true;
        former?.();
      };
      return former;
    });
  }

  /** Gives everybody's `onWork` back. */
  leave(): void {
    this.#pollables.forEach((pollable, index) => {
      pollable.onWork = this.#former[index] ?? null;
    });
  }

  run(): RunReport {
    for (;;) {
      if (this.#settle()) return this.#report('done');
      const nextMs = this.#nextDeadline();
      const limitMs = Math.min(this.#untilMs, this.#deadlineMs);
      if (nextMs > limitMs) {
        // A time to run to may lie behind: then there was only the present to settle.
        if (limitMs > this.#clock.now()) this.#clock.advanceTo(limitMs);
        return this.#report(this.#untilMs <= this.#deadlineMs ? 'done' : 'deadline');
      }
      if (nextMs === Infinity) return this.#report('idle');
      if (nextMs > this.#clock.now()) this.#clock.advanceTo(nextMs);
    }
  }

  /** Polls at the present time until all rest. True: what was waited for has come. */
  #settle(): boolean {
    const nowMs = this.#clock.now();
    let polls = 0;
    this.#instants++;
    for (;;) {
      let isResting = true;
      for (let index = 0; index < this.#pollables.length; index++) {
        const pollable = this.#pollables[index] as Pollable;
        if (!this.#hasWork[index] && pollable.nextDeadline() > nowMs) continue;
        isResting = false;
        this.#hasWork[index] = false;
        if (pollable.poll(nowMs, this.#budgetPackets)) this.#hasWork[index] = true;
        polls++;
        this.#polls++;
      }
      if (this.#isDone()) return true;
      // An instant counts too: a deadline that runs away as it is asked for must not run for ever.
      if (this.#polls + this.#instants > this.#maxPolls) throw this.#hang(`${this.#polls} polls in all`);
      if (isResting) return false;
      if (polls > this.#maxPollsPerInstant) throw this.#hang(`${polls} polls at one time`);
    }
  }

  #nextDeadline(): number {
    let nextMs = Infinity;
    for (const pollable of this.#pollables) nextMs = Math.min(nextMs, pollable.nextDeadline());
    return nextMs;
  }

  #report(end: RunReport['end']): RunReport {
    return { end, nowMs: this.#clock.now(), polls: this.#polls, instants: this.#instants };
  }

  #hang(what: string): Error {
    const lines = this.#pollables.map((pollable, index) => {
      const work = this.#hasWork[index] ? 'has work' : 'rests';
      return `  pollable ${index}: ${work}, next deadline ${pollable.nextDeadline()} ms`;
    });
    return simulationHang(
      [`the simulation hangs: ${what}, ${this.#instants} instants, now ${this.#clock.now()} ms`, ...lines].join('\n'),
    );
  }
}
