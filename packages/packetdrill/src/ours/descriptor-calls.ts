import {
  EINVAL,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  FIONBIO,
  FIONREAD,
  O_NONBLOCK,
  O_RDWR,
  SIOCOUTQ,
} from '@synos/abi';
import { block } from '@synos/socket';
import { answer, type Call } from './answer.js';
import { int, intOr } from './arguments.js';

/** close(2): the number is free at once, also where SO_LINGER makes the call wait. */
const close: Call = (process, fd) => {
  const { socket, epoll } = process.description(fd);
  process.descriptors.release(fd as number);
  if (socket === null) return answer(epoll!.close());
  return process.wait((done) => block(socket, { call: 'close' }, (result) => done(answer(result))));
};

/** fcntl(2): the flags of descriptor and file; others are EINVAL. */
const fcntl: Call = (process, fd, command, argument) => {
  const description = process.description(fd);
  const { socket } = description;
  switch (int(command)) {
    case F_GETFD:
      return answer(description.closesOnExec ? FD_CLOEXEC : 0);
    case F_SETFD:
      description.closesOnExec = (intOr(argument, 0) & FD_CLOEXEC) !== 0;
      return answer(0);
    case F_GETFL:
      return answer(O_RDWR | (socket?.nonblocking ? O_NONBLOCK : 0));
    case F_SETFL:
      if (socket !== null) socket.nonblocking = (intOr(argument, 0) & O_NONBLOCK) !== 0;
      return answer(0);
    default:
      return answer(-EINVAL);
  }
};

/** ioctl(2): FIONREAD and SIOCOUTQ fill in their argument. */
const ioctl: Call = (process, fd, request, argument) => {
  const number = int(request);
  const result = process.socket(fd).ioctl(number, number === FIONBIO ? intOr(argument, 0) : 0);
  const fillsIn = number === FIONREAD || number === SIOCOUTQ;
  return fillsIn && result >= 0 ? answer(0, { argument: result }) : answer(result);
};

/** Calls on any descriptor. */
export const descriptorCalls: Readonly<Record<string, Call>> = { close, fcntl, ioctl };
