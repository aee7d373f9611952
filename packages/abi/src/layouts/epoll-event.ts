import type { Layout } from './layout.js';

/** `struct epoll_event`: epoll_ctl(2). Packed on x86-64 (EPOLL_PACKED), so that `data` is not aligned. */
export const epollEventLayout = {
  name: 'struct epoll_event',
  size: 12,
  align: 1,
  fields: [
    { name: 'events', key: 'events', offset: 0, size: 4, type: 'u32' },
    { name: 'data', key: 'data', offset: 4, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;

/** One event of epoll(7). `data` is the program's own: two halves, so that all 64 bits come back as they went in. */
export interface EpollEvent {
  /** Events, `EPOLL*`, unsigned 32 bits. */
  readonly events: number;
  /** Lower half of `data`, unsigned 32 bits. */
  readonly dataLow: number;
  /** Upper half of `data`, unsigned 32 bits. */
  readonly dataHigh: number;
}

/**
 * Reads a `struct epoll_event`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the twelve bytes
 */
export function readEpollEvent(view: DataView, offset: number): EpollEvent {
  return {
    events: view.getUint32(offset, true),
    dataLow: view.getUint32(offset + 4, true),
    dataHigh: view.getUint32(offset + 8, true),
  };
}

/**
 * Writes a `struct epoll_event`.
 *
 * @throws RangeError when the view does not hold the twelve bytes
 */
export function writeEpollEvent(view: DataView, offset: number, value: EpollEvent): void {
  view.setUint32(offset + 8, value.dataHigh, true);
  view.setUint32(offset + 4, value.dataLow, true);
  view.setUint32(offset, value.events, true);
}
