import { EBADF, EINVAL, EPOLL_CLOEXEC, EPOLL_CTL_DEL, POLLNVAL } from '@synos/abi';
import type { TcpEpollEvent, TcpPollEntry } from '@synos/compliance';
import { createEpoll, type EpollEvent, type PollEntry, type PollTarget, poll as pollSockets } from '@synos/socket';
import { answer, type Call } from './answer.js';
import { int, record, records } from './arguments.js';
import type { Description } from './descriptors.js';

/** RLIMIT_NOFILE: more entries than a process may have descriptors are EINVAL. */
const maxEntries = 1024;

/** What a descriptor that is not open is to poll. */
const notOpen: PollTarget = {
  isClosed: true,
  poll: () => POLLNVAL,
  addWaiter() {},
  removeWaiter() {},
};

const poll: Call = (process, entries, timeoutMs) => {
  const polled = records(entries, maxEntries).map((each): PollEntry => {
    const { fd, events } = each as Partial<TcpPollEntry>;
    const number = int(fd);
    const found = process.descriptors.find(number);
    return { socket: number < 0 ? null : targetOf(found), events: int(events), revents: 0 };
  });
  const limitMs = int(timeoutMs);
  return process.wait((done) =>
    pollSockets(process.sockets, polled, limitMs, (ready) =>
      done(answer(ready, { revents: polled.map(({ revents }) => revents) })),
    ),
  );
};

const epollCreate: Call = (process, size) =>
  int(size) > 0 ? process.open(newEpoll(process.sockets, false)) : answer(-EINVAL);

const epollCreate1: Call = (process, flags) => {
  const given = int(flags);
  if ((given & ~EPOLL_CLOEXEC) !== 0) return answer(-EINVAL);
  return process.open(newEpoll(process.sockets, given !== 0));
};

const epollCtl: Call = (process, epoll, operation, fd, event) => {
  const on = process.description(epoll).epoll;
  const target = process.descriptors.find(fd);
  if (target === undefined) return answer(-EBADF);
  if (on === null) return answer(-EINVAL);
  const what = int(operation);
  if (what === EPOLL_CTL_DEL) return answer(on.ctl(what, targetOf(target)));
  const { events, data } = record(event) as Partial<TcpEpollEvent>;
  return answer(on.ctl(what, targetOf(target), { events: int(events), data: int(data) }));
};

const epollWait: Call = (process, epoll, maxEvents, timeoutMs) => {
  const on = process.epoll(epoll);
  const most = int(maxEvents);
  const limitMs = int(timeoutMs);
  const into: EpollEvent[] = [];
  return process.wait((done) =>
    on.wait(into, most, limitMs, (count) => {
      const events = into.slice(0, Math.max(0, count)).map((each) => ({
        events: each.events,
        data: each.data as number,
      }));
      done(answer(count, { events }));
    }),
  );
};

/** Calls that wait for many descriptors. */
export const pollCalls: Readonly<Record<string, Call>> = {
  poll,
  epoll_create: epollCreate,
  epoll_create1: epollCreate1,
  epoll_ctl: epollCtl,
  epoll_wait: epollWait,
};

function newEpoll(sockets: Parameters<typeof createEpoll>[0], closesOnExec: boolean): Description {
  return { socket: null, epoll: createEpoll(sockets), closesOnExec };
}

function targetOf(description: Description | undefined): PollTarget {
  return description?.socket ?? description?.epoll ?? notOpen;
}
