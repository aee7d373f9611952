import { readI64, writeI64 } from './integers.js';
import type { Layout } from './layout.js';

/** `struct timespec`: clock_gettime(2). */
export const timespecLayout = {
  name: 'struct timespec',
  size: 16,
  align: 8,
  fields: [
    { name: 'tv_sec', key: 'seconds', offset: 0, size: 8, type: 'i64' },
    { name: 'tv_nsec', key: 'nanoseconds', offset: 8, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/** `struct timeval`: gettimeofday(2), SO_RCVTIMEO. */
export const timevalLayout = {
  name: 'struct timeval',
  size: 16,
  align: 8,
  fields: [
    { name: 'tv_sec', key: 'seconds', offset: 0, size: 8, type: 'i64' },
    { name: 'tv_usec', key: 'microseconds', offset: 8, size: 8, type: 'i64' },
  ],
} as const satisfies Layout;

/** A time in seconds and nanoseconds. */
export interface Timespec {
  readonly seconds: number;
  /** 0 to 999,999,999 in a valid time; what was read is not checked. */
  readonly nanoseconds: number;
}

/** A time in seconds and microseconds. */
export interface Timeval {
  readonly seconds: number;
  /** 0 to 999,999 in a valid time; what was read is not checked (Linux answers EDOM to SO_RCVTIMEO). */
  readonly microseconds: number;
}

/**
 * Reads a `struct timespec`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function readTimespec(view: DataView, offset: number): Timespec {
  return { seconds: readI64(view, offset), nanoseconds: readI64(view, offset + 8) };
}

/**
 * Writes a `struct timespec`.
 *
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function writeTimespec(view: DataView, offset: number, value: Timespec): void {
  writeI64(view, offset + 8, value.nanoseconds);
  writeI64(view, offset, value.seconds);
}

/**
 * Reads a `struct timeval`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function readTimeval(view: DataView, offset: number): Timeval {
  return { seconds: readI64(view, offset), microseconds: readI64(view, offset + 8) };
}

/**
 * Writes a `struct timeval`.
 *
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function writeTimeval(view: DataView, offset: number, value: Timeval): void {
  writeI64(view, offset + 8, value.microseconds);
  writeI64(view, offset, value.seconds);
}
