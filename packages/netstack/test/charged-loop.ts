import type { EventLoop } from '@synos/interfaces';

/**
 * An event loop on which each turn costs a millisecond, whatever is done in it: what a program waits for is counted in
 * turns. Promises run out before a turn ends, as they do everywhere.
 */
export class ChargedLoop implements EventLoop {
  turns = 0;
  private nowMs = 0;
  private tasks: (() => void)[] = [];
  private readonly timers = new Set<{ readonly timeMs: number; readonly task: () => void }>();

  now(): number {
    return this.nowMs;
  }

  soon(task: () => void): void {
    this.tasks.push(task);
  }

  at(timeMs: number, task: () => void): () => void {
    const timer = { timeMs, task };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** One turn: timers that are due, then what was asked for before it began. */
  turn(): void {
    this.turns++;
    this.nowMs++;
    for (const timer of [...this.timers]) {
      if (timer.timeMs <= this.nowMs && this.timers.delete(timer)) timer.task();
    }
    const tasks = this.tasks;
    this.tasks = [];
    for (const task of tasks) task();
  }

  /** So many turns. */
  run(turns: number): void {
    for (let left = turns; left > 0; left--) this.turn();
  }

  /** So many turns, promises running out in each. */
  async runAsync(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) {
      this.turn();
      await new Promise(setImmediate);
    }
  }
}

/** A timer of the host that is set again and again: how late it rings, in turns. */
export class HostTimer {
  rings = 0;
  latest = 0;
  private readonly loop: ChargedLoop;

  constructor(loop: ChargedLoop, periodMs = 3) {
    this.loop = loop;
    this.set(periodMs);
  }

  private set(periodMs: number): void {
    const dueMs = this.loop.now() + periodMs;
    this.loop.at(dueMs, () => {
      this.rings++;
      this.latest = Math.max(this.latest, this.loop.now() - dueMs);
      this.set(periodMs);
    });
  }
}
