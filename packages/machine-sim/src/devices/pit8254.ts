import { Pit8254Counter } from './pit8254-counter.js';
import type { PortDevice } from './port-bus.js';

/** The clock of the counters. */
export const PIT_HZ = 1_193_182;

/** What a {@link Pit8254} is connected to. */
export interface Pit8254Options {
  /** The time-stamp counter. */
  readonly readTsc: () => number;
  readonly tscHz: number;
  /** Line 0 of the interrupt controller. */
  readonly setLine: (high: boolean) => void;
  /** The next event has moved. */
  readonly changed: () => void;
}

/** The 8254 of a PC at ports 40 to 43. Counter 0 is at interrupt line 0; the other two count, and nobody listens. */
export class Pit8254 implements PortDevice {
  private readonly options: Pit8254Options;
  private readonly counters: readonly [Pit8254Counter, Pit8254Counter, Pit8254Counter];
  /** The next rise of counter 0's output that was not told yet, in ticks. */
  private rise = Infinity;

  constructor(options: Pit8254Options) {
    this.options = options;
    this.counters = [new Pit8254Counter(), new Pit8254Counter(), new Pit8254Counter()];
  }

  read(offset: number): number {
    if (offset === 3) return 0xff;
    return this.counters[offset as 0 | 1 | 2].read(this.now());
  }

  write(offset: number, value: number): void {
    const now = this.now();
    this.catchUp();
    if (offset === 3) this.writeControl(value, now);
    else this.counters[offset as 0 | 1 | 2].write(value, now);
    this.rise = this.counters[0].nextRise(now);
    this.options.setLine(this.counters[0].outAt(now));
    this.options.changed();
  }

  /** Tells of a rise that has come. One, where there were many: the line is one. */
  catchUp(): void {
    const now = this.now();
    const { setLine } = this.options;
    if (now >= this.rise) {
      setLine(false);
      setLine(true);
      this.rise = this.counters[0].nextRise(now);
    }
    setLine(this.counters[0].outAt(now));
  }

  /** The count of the time-stamp counter at the next rise. */
  nextTsc(): number {
    return this.rise === Infinity ? Infinity : tscOfTick(this.rise, this.options.tscHz);
  }

  private writeControl(value: number, now: number): void {
    const chosen = value >>> 6;
    if (chosen < 3) {
      this.counters[chosen as 0 | 1 | 2].writeControl(value, now);
      return;
    }
    // Read-back: bits 1 to 3 choose counters, bits 5 and 4, low, what is latched.
    this.counters.forEach((counter, at) => {
      if ((value & (2 << at)) === 0) return;
      if ((value & 0x20) === 0) counter.latchCount(now);
      if ((value & 0x10) === 0) counter.latchStatus(now);
    });
  }

  private now(): number {
    return tickOfTsc(this.options.readTsc(), this.options.tscHz);
  }
}

/** Ticks of the PIT that have passed at a count. In two parts, so that products stay exact. */
export function tickOfTsc(tsc: number, tscHz: number): number {
  const seconds = Math.floor(tsc / tscHz);
  return seconds * PIT_HZ + Math.floor(((tsc - seconds * tscHz) * PIT_HZ) / tscHz);
}

/** The first count at which so many ticks have passed. */
export function tscOfTick(tick: number, tscHz: number): number {
  const seconds = Math.floor(tick / PIT_HZ);
  return seconds * tscHz + Math.ceil(((tick - seconds * PIT_HZ) * tscHz) / PIT_HZ);
}
