import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  ECHILD,
  EFAULT,
  EINVAL,
  ESRCH,
  rusageLayout,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '@synos/abi';
import type { VirtualAddress } from '@synos/interfaces';
import { type Answer, copyOutInts, copyOutStruct, park } from '@synos/syscall';
import type { KernelProcess, KernelThread } from './process.js';
import type { ProcessTable } from './process-table.js';

const KNOWN_OPTIONS = (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL) >>> 0;
const INT_MIN = -(2 ** 31);

/**
 * wait4(2), in the order of Linux's kernel_wait4: options, the pid, children, and only with a child in hand the
 * addresses: a child whose status cannot be stored is gone all the same, and the answer EFAULT.
 *
 * There are no process groups: all are in one, so pid 0 means any child, and any other group has none.
 */
export function createWait4(table: ProcessTable, secondsOf: (ticks: number) => number) {
  return (
    thread: KernelThread,
    pid: number,
    status: VirtualAddress,
    options: number,
    usage: VirtualAddress,
  ): Answer => {
    if ((options & ~KNOWN_OPTIONS) !== 0) return -EINVAL;
    if (pid === INT_MIN) return -ESRCH;
    const { process } = thread;
    // Children that end with another signal than SIGCHLD: there are none.
    const isForClones = (options & __WCLONE) !== 0 && (options & __WALL) === 0;
    const isFor = (child: KernelProcess): boolean => !isForClones && (pid === -1 || pid === 0 || child.pid === pid);

    const take = (child: KernelProcess): number => {
      const { waitStatus } = child;
      const seconds = secondsOf(child.thread.ranTicks);
      table.reap(child);
      if (status !== 0 && copyOutInts(thread.memory, status, waitStatus) < 0) return -EFAULT;
      if (usage !== 0) {
        const userSeconds = Math.floor(seconds);
        const userMicroseconds = Math.floor((seconds - userSeconds) * 1e6);
        if (copyOutStruct(thread.memory, usage, rusageLayout, { userSeconds, userMicroseconds }) < 0) return -EFAULT;
      }
      return child.pid;
    };

    let hasChild = false;
    for (const child of process.children) {
      if (!isFor(child)) continue;
      if (child.state === 'zombie') return take(child);
      hasChild = true;
    }
    if (!hasChild) return -ECHILD;
    if ((options & WNOHANG) !== 0) return 0;
    const call = park({
      cancel() {
        process.waiter = null;
        return undefined;
      },
    });
    process.waiter = {
      isFor,
      take(child) {
        process.waiter = null;
        call.complete(take(child));
      },
    };
    return call;
  };
}
