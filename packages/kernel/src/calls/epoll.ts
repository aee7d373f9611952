import {
  EFAULT,
  EINVAL,
  EPERM,
  EPOLL_CLOEXEC,
  EPOLL_CTL_DEL,
  EPOLLIN,
  type EpollEvent,
  epollEventLayout,
} from '@synos/abi';
import { FRAME_BYTES, type UserMemory } from '@synos/interfaces';
import { poll, type EpollEvent as ReadyEvent } from '@synos/socket';
import { checkEpollRoom, copyInEpollEvent, copyOutEpollEvents, type ParkedCall } from '@synos/syscall';
import type { CallServices, Thread } from '../contracts.js';
import { EpollFile } from '../files/epoll-file.js';
import type { Files } from '../files/files.js';
import { answerLater } from '../files/waiting.js';
import { fileAt, install } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';
import { checkSignalMask } from './poll.js';

/** Events that one wait answers at most: more come with the next. */
const EVENTS_MAX = 4096;

/** epoll_create(2), epoll_ctl(2), epoll_wait(2). */
export function epollHandlers({ sockets }: CallServices, files: Files) {
  const wait = (
    thread: Thread,
    fd: number,
    address: number,
    maxEvents: number,
    timeoutMs: number,
  ): number | ParkedCall => {
    const { memory } = thread;
    // do_epoll_wait, ep_check_params
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    const refused = checkEpollRoom(address, maxEvents);
    if (refused !== 0) return refused;
    if (!(file instanceof EpollFile)) return -EINVAL;
    const { epoll } = file;
    // What is told is taken off the list, so that it must be known before how much of it the program can be told.
    const room = Math.min(maxEvents, EVENTS_MAX);
    const places = Math.floor(writableBytes(memory, address, room * epollEventLayout.size) / epollEventLayout.size);
    if (places === 0) {
      const entry = { socket: epoll, events: EPOLLIN, revents: 0 };
      return answerLater<number>(
        [file],
        (done) => poll(sockets, [entry], timeoutMs, done),
        (ready) => (ready > 0 ? -EFAULT : ready),
      );
    }
    const events: ReadyEvent[] = [];
    return answerLater<number>(
      [file],
      (done) => epoll.wait(events, places, timeoutMs, done),
      (count) => (count <= 0 ? count : copyOutEpollEvents(memory, address, events.slice(0, count).map(toProgram))),
    );
  };

  const create = (thread: Thread, isCloseOnExec: boolean): number => install(thread, files.epollFile(), isCloseOnExec);

  return {
    epoll_create: (thread, size) => (size <= 0 ? -EINVAL : create(thread, false)),

    epoll_create1: (thread, flags) => ((flags & ~EPOLL_CLOEXEC) !== 0 ? -EINVAL : create(thread, flags !== 0)),

    epoll_ctl: (thread, epollFd, operation, fd, address) => {
      // The event is read first, by any operation that exists or not but EPOLL_CTL_DEL (ep_op_has_event).
      const event = operation === EPOLL_CTL_DEL ? null : copyInEpollEvent(thread.memory, address);
      if (typeof event === 'number') return event;
      const epoll = fileAt(thread, epollFd);
      if (typeof epoll === 'number') return epoll;
      const file = fileAt(thread, fd);
      if (typeof file === 'number') return file;
      if (epoll instanceof EpollFile) return epoll.control(operation, file, fd, event);
      return file.target === null ? -EPERM : -EINVAL;
    },

    epoll_wait: wait,

    epoll_pwait: (thread, fd, address, maxEvents, timeoutMs, mask, maskBytes) => {
      const refused = checkSignalMask(thread.memory, mask, maskBytes);
      return refused !== 0 ? refused : wait(thread, fd, address, maxEvents, timeoutMs);
    },
  } as const satisfies ThreadHandlers;
}

function toProgram({ events, data }: ReadyEvent): EpollEvent {
  // What EpollFile put in.
  const { dataLow, dataHigh } = data as EpollEvent;
  return { events: events >>> 0, dataLow, dataHigh };
}

/** How many bytes of a range the program could write, from the first on; found by writing what is there. */
function writableBytes(memory: UserMemory, address: number, byteLength: number): number {
  const byte = new Uint8Array(1);
  const end = address + byteLength;
  for (let at = address; at < end; at += FRAME_BYTES - (at % FRAME_BYTES)) {
    if (memory.copyIn(at, byte) < 1 || memory.copyOut(at, byte) < 1) return at - address;
  }
  return byteLength;
}
