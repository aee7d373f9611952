import type { EventLoop } from '@synos/interfaces';
import { simulationHang } from './hang.js';
import { createVirtualClock, type VirtualClock } from './virtual-clock.js';

/** An event loop in virtual time. */
export interface SimulatedLoop extends EventLoop {
  readonly clock: VirtualClock;
  /** Tasks and timers that wait. */
  readonly pending: number;
  /** When the next thing is to run: now, a timer's time, or `Infinity`. */
  nextDeadline(): number;
  /** Runs one turn at the present time: the timers that are due, then the tasks that waited. Whether any ran. */
  turn(): boolean;
  /** Runs until nothing waits, time jumping from timer to timer. Answers the time. */
  runUntilIdle(): number;
  /** Runs what is due up to a time (included) and leaves the clock there. */
  runUntil(timeMs: number): void;
  /**
   * Runs turns, giving promises a chance between them, until `isDone` or nothing waits.
   *
   * @param breathe - lets promises run; by default some rounds of the microtask queue. A host that awaits real events
   *   passes its own (`() => new Promise(setImmediate)`)
   * @returns whether `isDone` was reached
   */
  runAsync(isDone: () => boolean, breathe?: () => Promise<void>): Promise<boolean>;
}

/** Options of {@link createSimulatedLoop}. */
export interface SimulatedLoopOptions {
  /** Default: a new one at 0. */
  readonly clock?: VirtualClock;
  /** Turns after which a run is taken for hung, default 1,000,000. */
  readonly maxTurns?: number;
}

/**
 * An event loop in virtual time. Order is certain: timers by time, equal times by age; tasks by age, after the timers of
 * their turn.
 *
 * @throws Error `ERR_SIMULATION_HANG`, from the runs, after `maxTurns` turns
 * @example
 * const loop = createSimulatedLoop();
 * loop.at(60_000, () => console.log('a minute later, at once'));
 * loop.runUntilIdle();
 */
export function createSimulatedLoop(options: SimulatedLoopOptions = {}): SimulatedLoop {
  return new Loop(options);
}

interface Timer {
  readonly timeMs: number;
  readonly task: () => void;
  isCancelled: boolean;
}

const microtaskRounds = 64;

class Loop implements SimulatedLoop {
  readonly clock: VirtualClock;
  readonly #maxTurns: number;
  /** Sorted, the next one last: most timers are set for soon, so insertion is short. */
  #timers: Timer[];
  #tasks: (() => void)[];

  constructor(options: SimulatedLoopOptions) {
    this.clock = options.clock ?? createVirtualClock();
    this.#maxTurns = options.maxTurns ?? 1_000_000;
    this.#timers = [];
    this.#tasks = [];
  }

  get pending(): number {
    return this.#tasks.length + this.#timers.length;
  }

  now(): number {
    return this.clock.now();
  }

  soon(task: () => void): void {
    this.#tasks.push(task);
  }

  at(timeMs: number, task: () => void): () => void {
    const timer: Timer = { timeMs, task, isCancelled: false };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1] as Timer).timeMs <= timeMs) at--;
    this.#timers.splice(at, 0, timer);
    return () => {
      timer.isCancelled = true;
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  nextDeadline(): number {
    if (this.#tasks.length > 0) return this.now();
    return this.#timers.at(-1)?.timeMs ?? Infinity;
  }

  turn(): boolean {
    const nowMs = this.now();
    const due: Timer[] = [];
    while ((this.#timers.at(-1)?.timeMs ?? Infinity) <= nowMs) due.push(this.#timers.pop() as Timer);
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const timer of due) if (!timer.isCancelled) timer.task();
    for (const task of tasks) task();
    return due.length + tasks.length > 0;
  }

  runUntilIdle(): number {
    this.#run(Infinity);
    return this.now();
  }

  runUntil(timeMs: number): void {
    this.#run(timeMs);
    if (timeMs > this.now()) this.clock.advanceTo(timeMs);
  }

  async runAsync(isDone: () => boolean, breathe = drainMicrotasks): Promise<boolean> {
    for (let turns = 0; turns < this.#maxTurns; turns++) {
      await breathe();
      if (isDone()) return true;
      const nextMs = this.nextDeadline();
      if (nextMs === Infinity) return false;
      if (nextMs > this.now()) this.clock.advanceTo(nextMs);
      this.turn();
    }
    throw this.#hang();
  }

  #run(untilMs: number): void {
    for (let turns = 0; turns < this.#maxTurns; turns++) {
      const nextMs = this.nextDeadline();
      if (nextMs === Infinity || nextMs > untilMs) return;
      if (nextMs > this.now()) this.clock.advanceTo(nextMs);
      this.turn();
    }
    throw this.#hang();
  }

  #hang(): Error {
    const next = this.#timers.at(-1)?.timeMs ?? 'none';
    return simulationHang(
      `the loop ran ${this.#maxTurns} turns and is not idle: at ${this.now()} ms, ` +
        `${this.#tasks.length} tasks, ${this.#timers.length} timers, the next at ${next} ms`,
    );
  }
}

async function drainMicrotasks(): Promise<void> {
  for (let round = 0; round < microtaskRounds; round++) await undefined;
}
