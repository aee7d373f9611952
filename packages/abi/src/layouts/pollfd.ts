import type { Layout } from './layout.js';

/** `struct pollfd`: poll(2). */
export const pollfdLayout = {
  name: 'struct pollfd',
  size: 8,
  align: 4,
  fields: [
    { name: 'fd', key: 'fd', offset: 0, size: 4, type: 'i32' },
    { name: 'events', key: 'events', offset: 4, size: 2, type: 'i16' },
    { name: 'revents', key: 'revents', offset: 6, size: 2, type: 'i16' },
  ],
} as const satisfies Layout;

/** One descriptor of poll(2). */
export interface Pollfd {
  /** The descriptor; a negative one is skipped by poll(2). */
  readonly fd: number;
  /** Events asked for, `POLL*`. */
  readonly events: number;
  /** Events that happened, `POLL*`. */
  readonly revents: number;
}

/**
 * Reads a `struct pollfd`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the eight bytes
 */
export function readPollfd(view: DataView, offset: number): Pollfd {
  return {
    fd: view.getInt32(offset, true),
    events: view.getInt16(offset + 4, true),
    revents: view.getInt16(offset + 6, true),
  };
}

/**
 * Writes a `struct pollfd`.
 *
 * @throws RangeError when the view does not hold the eight bytes
 */
export function writePollfd(view: DataView, offset: number, value: Pollfd): void {
  view.setInt16(offset + 6, value.revents, true);
  view.setInt16(offset + 4, value.events, true);
  view.setInt32(offset, value.fd, true);
}
