import { EFAULT, EINVAL, type Pollfd, pollfdLayout, readPollfd } from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';
import { copyInView } from './bytes.js';

const REVENTS_AT = 6;

/**
 * Reads the descriptors of poll(2).
 *
 * @param count - as the program said, unsigned
 * @param maxCount - how many descriptors the process may have (RLIMIT_NOFILE): more is EINVAL
 * @returns new values, or -EINVAL, -EFAULT
 */
export function copyInPollfds(
  memory: UserMemory,
  address: VirtualAddress,
  count: number,
  maxCount: number,
): Pollfd[] | number {
  if (count < 0 || count > maxCount) return -EINVAL;
  const view = copyInView(memory, address, count * pollfdLayout.size);
  if (typeof view === 'number') return view;
  return Array.from({ length: count }, (_, index) => readPollfd(view, index * pollfdLayout.size));
}

/**
 * Writes what happened on each descriptor: `revents` alone, of all of them, zero too. Other fields are the program's and
 * may have changed since.
 *
 * @param revents - for each descriptor, in order
 * @returns 0 or -EFAULT, those before the fault being written
 */
export function copyOutRevents(memory: UserMemory, address: VirtualAddress, revents: readonly number[]): number {
  const bytes = new Uint8Array(2);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of revents.entries()) {
    view.setInt16(0, value, true);
    if (memory.copyOut(address + index * pollfdLayout.size + REVENTS_AT, bytes) < 2) return -EFAULT;
  }
  return 0;
}
