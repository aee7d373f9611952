import { assert, type Clock, type Machine } from '@synos/interfaces';

/** Milliseconds by the time-stamp counter, and the way back. */
export interface MachineClock extends Clock {
  /**
   * The least value of the time-stamp counter at which {@link now} is not before a time: what to arm a timer with.
   * `Infinity` for `Infinity`.
   */
  tscAt(timeMs: number): number;
}

/**
 * Makes a clock of the time-stamp counter. It begins where the counter did, when the machine was switched on.
 *
 * @example
 * ```ts
 * const clock = createClock(machine);
 * timer.arm(clock.tscAt(clock.now() + 5));
 * ```
 */
export function createClock(machine: Machine): MachineClock {
  assert(machine.tscHz > 0, 'a counter that counts');
  return new TscClock(machine);
}

class TscClock implements MachineClock {
  private readonly machine: Machine;
  private readonly tscPerMs: number;
  private latestMs: number;

  constructor(machine: Machine) {
    this.machine = machine;
    this.tscPerMs = machine.tscHz / 1000;
    this.latestMs = 0;
  }

  now(): number {
    const nowMs = this.machine.rdtsc() / this.tscPerMs;
    // A machine that was stopped and moved may set its counter back; nobody above expects that.
    if (nowMs > this.latestMs) this.latestMs = nowMs;
    return this.latestMs;
  }

  tscAt(timeMs: number): number {
    if (timeMs === Infinity) return Infinity;
    let tsc = Math.max(0, Math.ceil(timeMs * this.tscPerMs));
    // The product is rounded: one step, either way, makes it exact.
    if (tsc / this.tscPerMs < timeMs) tsc++;
    else if (tsc > 0 && (tsc - 1) / this.tscPerMs >= timeMs) tsc--;
    return tsc;
  }
}
