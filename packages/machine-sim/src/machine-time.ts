import { assert } from '@synos/interfaces';
import type { TimeSource } from './simulated-pc.js';

/** Default rate of virtual time. */
const INSTRUCTIONS_PER_SECOND = 20_000_000;
/** The counter of host time counts nanoseconds. */
const NANOSECONDS_PER_MS = 1e6;

/** The time of a machine: its time-stamp counter, and what that is in milliseconds. */
export interface MachineTime {
  readonly tscHz: number;
  /** Never goes back. */
  tsc(): number;
  /** The counter in milliseconds. */
  nowMs(): number;
  wallTimeMs(): number;
  /** The first count at or after a time in milliseconds. */
  tscAt(ms: number): number;
  /** Leaps forward; virtual time only. */
  leap(tsc: number): void;
}

/** @param instructions - how many were executed so far */
export function createMachineTime(source: TimeSource, instructions: () => number): MachineTime {
  return source.mode === 'host' ? hostTime(source) : virtualTime(source, instructions);
}

function hostTime({ loop, wallTimeMs }: Extract<TimeSource, { mode: 'host' }>): MachineTime {
  let last = 0;
  return {
    tscHz: NANOSECONDS_PER_MS * 1000,
    tsc() {
      last = Math.max(last, Math.floor(loop.now() * NANOSECONDS_PER_MS));
      return last;
    },
    nowMs: () => loop.now(),
    wallTimeMs,
    tscAt: (ms) => Math.ceil(ms * NANOSECONDS_PER_MS),
    leap: () => assert(false, "the host's time cannot be moved"),
  };
}

function virtualTime(source: Extract<TimeSource, { mode: 'virtual' }>, instructions: () => number): MachineTime {
  const { instructionsPerSecond: tscHz = INSTRUCTIONS_PER_SECOND, startWallTimeMs = 0 } = source;
  /** Counts that passed while nothing was executed. */
  let skipped = 0;
  const tsc = (): number => instructions() + skipped;
  const nowMs = (): number => (tsc() * 1000) / tscHz;
  return {
    tscHz,
    tsc,
    nowMs,
    wallTimeMs: () => startWallTimeMs + nowMs(),
    // What is rounded down by a hair would be waited for again and again.
    tscAt: (ms) => Math.ceil((ms * tscHz) / 1000 - 1e-6),
    leap: (to) => {
      skipped += Math.max(0, to - tsc());
    },
  };
}
