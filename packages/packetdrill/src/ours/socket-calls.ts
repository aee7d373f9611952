import { SOCK_CLOEXEC } from '@synos/abi';
import type { TcpSyscallAnswer } from '@synos/compliance';
import { block, type Socket } from '@synos/socket';
import { answer, type Call } from './answer.js';
import { bytes, emptyName, int, intOr, name, nameFor } from './arguments.js';
import type { Process } from './process.js';

const socket: Call = (process, domain, type, protocol) => {
  const typeAndFlags = int(type);
  const made = process.sockets.socket(int(domain), typeAndFlags, intOr(protocol, 0));
  if (typeof made === 'number') return answer(made);
  const opened = process.open({ socket: made, epoll: null, closesOnExec: (typeAndFlags & SOCK_CLOEXEC) !== 0 });
  if (opened.kind === 'errno') made.close();
  return opened;
};

const bind: Call = (process, fd, to) => {
  const on = process.socket(fd);
  const local = name(to);
  return process.wait((done) => block(on, { call: 'bind', name: local }, (result) => done(answer(result))));
};

const listen: Call = (process, fd, backlog) => {
  const on = process.socket(fd);
  const length = int(backlog);
  return process.wait((done) => block(on, { call: 'listen', backlog: length }, (result) => done(answer(result))));
};

const connect: Call = (process, fd, to) => {
  const on = process.socket(fd);
  const remote = name(to);
  return process.wait((done) => block(on, { call: 'connect', name: remote }, (result) => done(answer(result))));
};

const accept: Call = (process, fd) => acceptWith(process, process.socket(fd), 0);

const accept4: Call = (process, fd, flags) => acceptWith(process, process.socket(fd), intOr(flags, 0));

/** The number is taken before the call waits, as __sys_accept4 does: another call meanwhile gets the next one. */
function acceptWith(process: Process, listener: Socket, flags: number): TcpSyscallAnswer {
  const { descriptors } = process;
  const fd = descriptors.reserve();
  if (fd < 0) return answer(fd);
  return process.wait((done) =>
    block(listener, { call: 'accept', flags }, (accepted) => {
      if (typeof accepted === 'number') {
        descriptors.release(fd);
        done(answer(accepted));
        return;
      }
      descriptors.fill(fd, { socket: accepted, epoll: null, closesOnExec: (flags & SOCK_CLOEXEC) !== 0 });
      const peer = emptyName();
      const isKnown = accepted.getpeername(peer) === 0;
      done(answer(fd, isKnown ? { address: nameFor(peer) } : {}));
    }),
  );
}

const shutdown: Call = (process, fd, how) => answer(process.socket(fd).shutdown(int(how)));

const getsockname: Call = (process, fd) => {
  const local = emptyName();
  const result = process.socket(fd).getsockname(local);
  return answer(result, result === 0 ? { address: nameFor(local) } : {});
};

const getpeername: Call = (process, fd) => {
  const remote = emptyName();
  const result = process.socket(fd).getpeername(remote);
  return answer(result, result === 0 ? { address: nameFor(remote) } : {});
};

const setsockopt: Call = (process, fd, level, option, value) => {
  const on = process.socket(fd);
  const given = typeof value === 'number' ? int(value) : bytes(value);
  return answer(on.setsockopt(int(level), int(option), given));
};

const getsockopt: Call = (process, fd, level, option) => {
  const value = process.socket(fd).getsockopt(int(level), int(option));
  return typeof value === 'number' && value < 0 ? answer(value) : answer(0, { option: value });
};

/** Calls on sockets that carry no data. */
export const socketCalls: Readonly<Record<string, Call>> = {
  socket,
  bind,
  listen,
  connect,
  accept,
  accept4,
  shutdown,
  getsockname,
  getpeername,
  setsockopt,
  getsockopt,
};
