import type { Layout } from './layout.js';

/** `struct linger`: SO_LINGER, socket(7). */
export const lingerLayout = {
  name: 'struct linger',
  size: 8,
  align: 4,
  fields: [
    { name: 'l_onoff', key: 'onOff', offset: 0, size: 4, type: 'i32' },
    { name: 'l_linger', key: 'lingerSeconds', offset: 4, size: 4, type: 'i32' },
  ],
} as const satisfies Layout;

/** What close(2) does with unsent data. */
export interface Linger {
  /** Non-zero: wait, or reset when the time is 0. */
  readonly onOff: number;
  /** How long to wait. */
  readonly lingerSeconds: number;
}

/**
 * Reads a `struct linger`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the eight bytes
 */
export function readLinger(view: DataView, offset: number): Linger {
  return { onOff: view.getInt32(offset, true), lingerSeconds: view.getInt32(offset + 4, true) };
}

/**
 * Writes a `struct linger`.
 *
 * @throws RangeError when the view does not hold the eight bytes
 */
export function writeLinger(view: DataView, offset: number, value: Linger): void {
  view.setInt32(offset + 4, value.lingerSeconds, true);
  view.setInt32(offset, value.onOff, true);
}
