import { assert, type Machine } from '@synos/interfaces';
import { port } from './ports.js';

/** Channel 0 of the 8254 as an alarm. Times are values of the time-stamp counter. */
export interface Timer {
  /**
   * Sees to an interrupt at a time or soon after: two ticks of the chip (1.7 microseconds) at most, and what it takes
   * to write to it. A time that has passed interrupts as soon as the chip can. What lies beyond the chip's 54.9 ms is
   * reached in steps by {@link interrupt}.
   *
   * An interrupt that comes sooner anyway is left to come: arming a later time costs nothing.
   *
   * @param tsc - when; takes the place of what was armed before; `Infinity` is {@link disarm}
   */
  arm(tsc: number): void;
  /** Nothing is wanted any more. One interrupt may come all the same, and means nothing. */
  disarm(): void;
  /**
   * To be called when the chip's interrupt came (line 0).
   *
   * @returns whether the time has come; if not, the chip counts on towards it
   */
  interrupt(): boolean;
  /** Whether a time is armed and has come. Stays so until the next {@link arm} or {@link disarm}. */
  expired(): boolean;
  /** What is armed; `Infinity` if nothing is. */
  readonly deadline: number;
}

/** Ticks of the 8254 per second: a third of the colour carrier of NTSC, 3.579545 MHz. */
export const timerHz = 1_193_182;

/** The longest count: 0 stands for 2^16 (8254 data sheet, "Counter"). */
const maxTicks = 0x1_0000;
/** Control word: channel 0, low byte then high byte, mode 0 (interrupt on terminal count), binary. */
const oneShot = 0x30;
/** An interrupt that is this late, in seconds, is not waited for any longer. */
const lostAfterSeconds = 0.001;

/**
 * Makes the alarm; the chip is stopped.
 *
 * @example
 * ```ts
 * const timer = createTimer(machine);
 * timer.arm(machine.rdtsc() + 0.01 * machine.tscHz); // in 10 ms
 * // when line 0 interrupts:
 * if (timer.interrupt()) timer.disarm();
 * ```
 */
export function createTimer(machine: Machine): Timer {
  return new OneShot(machine);
}

class OneShot implements Timer {
  deadline: number;
  private readonly machine: Machine;
  /** When the count that the chip has ends; `Infinity` while it has none. */
  private standing: number;
  private readonly tscPerTick: number;
  private readonly lostAfter: number;

  constructor(machine: Machine) {
    this.deadline = Infinity;
    this.machine = machine;
    this.standing = Infinity;
    this.tscPerTick = machine.tscHz / timerHz;
    this.lostAfter = machine.tscHz * lostAfterSeconds;
    // Firmware leaves it ticking. In mode 0 nothing is counted before there is a count.
    machine.writePort(port.timer + 3, 1, oneShot);
  }

  arm(tsc: number): void {
    // It would be armed for ever, and never expire.
    assert(tsc >= -Infinity, `no count of the time-stamp counter: ${tsc}`);
    this.deadline = tsc;
    if (tsc === Infinity) return;
    const now = this.machine.rdtsc();
    // One that should have come already is on its way, unless that was long ago.
    if (this.standing <= Math.max(tsc, now) && now - this.standing < this.lostAfter) return;
    this.program(tsc, now);
  }

  disarm(): void {
    this.deadline = Infinity;
  }

  interrupt(): boolean {
    this.standing = Infinity;
    if (this.deadline === Infinity) return false;
    const now = this.machine.rdtsc();
    if (now >= this.deadline) return true;
    this.program(this.deadline, now);
    return false;
  }

  expired(): boolean {
    return this.deadline !== Infinity && this.machine.rdtsc() >= this.deadline;
  }

  private program(tsc: number, now: number): void {
    // The count is loaded at the next tick and ends so many ticks later: what remains of this tick makes it late, never
    // early (8254 data sheet, "Mode 0").
    const ticks = Math.min(maxTicks, Math.max(1, Math.ceil((tsc - now) / this.tscPerTick)));
    this.standing = now + ticks * this.tscPerTick;
    const { machine } = this;
    machine.writePort(port.timer + 3, 1, oneShot);
    machine.writePort(port.timer, 1, ticks & 0xff);
    machine.writePort(port.timer, 1, (ticks >>> 8) & 0xff);
  }
}
