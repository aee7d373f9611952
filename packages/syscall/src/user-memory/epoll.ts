import { EFAULT, EINVAL, type EpollEvent, epollEventLayout, readEpollEvent, writeEpollEvent } from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';
import { copyInView, copyOutView } from './bytes.js';
import { isUserRange } from './iovec.js';

/** Events that epoll_wait(2) can be asked for: INT_MAX bytes of them (EP_MAX_EVENTS). */
export const EPOLL_EVENTS_MAX = 178_956_970;

/** Reads the event of epoll_ctl(2), which EPOLL_CTL_DEL does not look at. */
export function copyInEpollEvent(memory: UserMemory, address: VirtualAddress): EpollEvent | number {
  const view = copyInView(memory, address, epollEventLayout.size);
  return typeof view === 'number' ? view : readEpollEvent(view, 0);
}

/**
 * What epoll_wait(2) looks at before it waits.
 *
 * @param maxEvents - as the program said
 * @returns 0; -EINVAL for less than 1 or more than {@link EPOLL_EVENTS_MAX}; -EFAULT where so many leave the user half
 */
export function checkEpollRoom(address: VirtualAddress, maxEvents: number): number {
  if (maxEvents <= 0 || maxEvents > EPOLL_EVENTS_MAX) return -EINVAL;
  return isUserRange(address, maxEvents * epollEventLayout.size) ? 0 : -EFAULT;
}

/**
 * Writes events for epoll_wait(2), one after the other: only those that the program got are to be taken off the list of
 * what is ready.
 *
 * @returns how many the program got; -EFAULT where the first faults. A fault further on answers those before it
 */
export function copyOutEpollEvents(memory: UserMemory, address: VirtualAddress, events: readonly EpollEvent[]): number {
  for (const [index, event] of events.entries()) {
    const at = address + index * epollEventLayout.size;
    const result = copyOutView(memory, at, epollEventLayout.size, (view) => writeEpollEvent(view, 0, event));
    if (result < 0) return index === 0 ? -EFAULT : index;
  }
  return events.length;
}
