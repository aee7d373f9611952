import {
  EINVAL,
  readTimespec,
  readTimeval,
  type Timespec,
  type Timeval,
  timespecLayout,
  timevalLayout,
  writeTimespec,
  writeTimeval,
} from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';
import { copyInView, copyOutView } from './bytes.js';

/**
 * Reads a `struct timespec` that says how long, or when: nanosleep(2), ppoll(2), clock_settime(2).
 *
 * @returns a new value, or -EFAULT; -EINVAL where the seconds are negative or the nanoseconds not 0 to 999,999,999
 */
export function copyInTimespec(memory: UserMemory, address: VirtualAddress): Timespec | number {
  const view = copyInView(memory, address, timespecLayout.size);
  if (typeof view === 'number') return view;
  const time = readTimespec(view, 0);
  return isTime(time.seconds, time.nanoseconds, 1_000_000_000) ? time : -EINVAL;
}

/**
 * Reads a `struct timeval`: setitimer(2), settimeofday(2). For SO_RCVTIMEO (EDOM) and select(2) (which takes more than
 * a second of microseconds) the raw value is what `copyInStruct` reads.
 *
 * @returns a new value, or -EFAULT; -EINVAL where the seconds are negative or the microseconds not 0 to 999,999
 */
export function copyInTimeval(memory: UserMemory, address: VirtualAddress): Timeval | number {
  const view = copyInView(memory, address, timevalLayout.size);
  if (typeof view === 'number') return view;
  const time = readTimeval(view, 0);
  return isTime(time.seconds, time.microseconds, 1_000_000) ? time : -EINVAL;
}

function isTime(seconds: number, fraction: number, perSecond: number): boolean {
  return seconds >= 0 && fraction >= 0 && fraction < perSecond;
}

/** Writes a `struct timespec`: 0 or -EFAULT. */
export function copyOutTimespec(memory: UserMemory, address: VirtualAddress, time: Timespec): number {
  return copyOutView(memory, address, timespecLayout.size, (view) => writeTimespec(view, 0, time));
}

/** Writes a `struct timeval`: 0 or -EFAULT. */
export function copyOutTimeval(memory: UserMemory, address: VirtualAddress, time: Timeval): number {
  return copyOutView(memory, address, timevalLayout.size, (view) => writeTimeval(view, 0, time));
}
