import { EFAULT, EINVAL, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM, POLLWRNORM, type Pollfd } from '@synos/abi';
import type { UserMemory } from '@synos/interfaces';
import { type PollEntry, type PollTarget, poll as pollTargets } from '@synos/socket';
import {
  copyInPollfds,
  copyInTimespec,
  copyOutRevents,
  copyOutTimespec,
  isUserRange,
  type ParkedCall,
} from '@synos/syscall';
import type { CallServices, Thread } from '../contracts.js';
import type { OpenFile } from '../files/open-file.js';
import { answerLater } from '../files/waiting.js';
import { fileAt } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';

/** Bytes of the kernel's sigset_t. */
const SIGSET_BYTES = 8;

/** What a number that is not open is to poll. */
const notOpen: PollTarget = targetThatHas(POLLNVAL, POLLNVAL);
/** What a file is that has nothing to say: ready (DEFAULT_POLLMASK). */
const alwaysReady: PollTarget = targetThatHas(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0);

/** poll(2) and ppoll(2). */
export function pollHandlers({ sockets, clock }: CallServices) {
  const wait = (
    thread: Thread,
    address: number,
    count: number,
    timeoutMs: number,
    finish: (result: number) => number,
  ): number | ParkedCall => {
    const { memory, process } = thread;
    const asked = copyInPollfds(memory, address, count, process.descriptors.limit);
    if (typeof asked === 'number') return finish(asked);
    const files: OpenFile[] = [];
    const entries = asked.map((each) => entryOf(thread, each, files));
    return answerLater<number>(
      files,
      (done) => pollTargets(sockets, entries, timeoutMs, done),
      (ready) => {
        const revents = entries.map((entry) => entry.revents);
        return finish(copyOutRevents(memory, address, revents) < 0 ? -EFAULT : ready);
      },
    );
  };

  return {
    poll: (thread, address, count, timeoutMs) => wait(thread, address, count, timeoutMs, (result) => result),

    ppoll: (thread, address, count, timeout, mask, maskBytes) => {
      const { memory } = thread;
      let timeoutMs = Number.POSITIVE_INFINITY;
      if (timeout !== 0) {
        const time = copyInTimespec(memory, timeout);
        if (typeof time === 'number') return time;
        timeoutMs = time.seconds * 1000 + time.nanoseconds / 1e6;
      }
      const refused = checkSignalMask(memory, mask, maskBytes);
      if (refused !== 0) return refused;
      const endMs = clock.now() + timeoutMs;
      return wait(thread, address, count, timeoutMs, (result) => {
        // poll_select_finish: what is left of the time, if it can be written.
        const leftMs = Math.max(0, endMs - clock.now());
        const seconds = Math.floor(leftMs / 1000);
        const nanoseconds = Math.min(999_999_999, Math.round((leftMs - seconds * 1000) * 1e6));
        if (timeout !== 0) copyOutTimespec(memory, timeout, { seconds, nanoseconds });
        return result;
      });
    },
  } as const satisfies ThreadHandlers;
}

/**
 * The signal mask of ppoll(2) and epoll_pwait(2) (set_user_sigmask). There are no signals: it is only looked at.
 *
 * @returns 0, -EINVAL for another size, -EFAULT
 */
export function checkSignalMask(memory: UserMemory, address: number, byteLength: number): number {
  if (address === 0) return 0;
  if (byteLength !== SIGSET_BYTES) return -EINVAL;
  if (!isUserRange(address, SIGSET_BYTES)) return -EFAULT;
  return memory.copyIn(address, new Uint8Array(SIGSET_BYTES)) < SIGSET_BYTES ? -EFAULT : 0;
}

function entryOf(thread: Thread, { fd, events }: Pollfd, files: OpenFile[]): PollEntry {
  if (fd < 0) return { socket: null, events, revents: 0 };
  const file = fileAt(thread, fd);
  if (typeof file === 'number') return { socket: notOpen, events, revents: 0 };
  files.push(file);
  return { socket: file.target ?? alwaysReady, events, revents: 0 };
}

function targetThatHas(bits: number, unasked: number): PollTarget {
  return {
    isClosed: false,
    poll: (events) => bits & (events | unasked),
    addWaiter: () => {},
    removeWaiter: () => {},
  };
}
