import {
  ECONNABORTED,
  EFAULT,
  EINVAL,
  EMFILE,
  EOPNOTSUPP,
  SO_LINGER,
  SO_RCVTIMEO_NEW,
  SO_RCVTIMEO_OLD,
  SO_SNDTIMEO_NEW,
  SO_SNDTIMEO_OLD,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_IP,
  SOL_SOCKET,
} from '@synos/abi';
import type { MutableSocketAddress } from '@synos/interfaces';
import { type BlockingCall, block, type Socket } from '@synos/socket';
import { copyInInt, copyInSockaddrBytes, copyOutOption, copyOutSockaddr, type ParkedCall } from '@synos/syscall';
import type { CallServices, Thread } from '../contracts.js';
import type { Files } from '../files/files.js';
import type { SocketFile } from '../files/socket-file.js';
import { answerLater } from '../files/waiting.js';
import { fileAt, install, socketAt } from './descriptor.js';
import type { ThreadHandlers } from './handlers.js';
import { hasRoom } from './open.js';
import { emptyName, nameToBind, nameToConnect, toSockaddr } from './socket-name.js';

/** Bytes of an option's value that anybody looks at: the name of a device is the longest. */
const OPTION_MAX = 256;

/** socket(2) and what is done to a socket, without the transfer of data. */
export function socketHandlers({ sockets }: CallServices, files: Files) {
  const accept = (thread: Thread, fd: number, address: number, lengthAddress: number, flags: number) => {
    const file = fileAt(thread, fd);
    if (typeof file === 'number') return file;
    if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) return -EINVAL;
    // __sys_accept4 takes the number first: a connection is not accepted for a process that cannot have it.
    if (!hasRoom(thread)) return -EMFILE;
    const listener = socketAt(thread, fd);
    if (typeof listener === 'number') return listener;
    return answerLater<Socket | number>(
      [listener],
      (done) => block(listener.socket, { call: 'accept', flags }, done),
      (accepted) => {
        if (typeof accepted === 'number') return accepted;
        const connection = files.socketFile(accepted);
        const told = address === 0 ? 0 : tellPeer(thread, accepted, address, lengthAddress);
        if (told < 0) {
          connection.release();
          return told;
        }
        return install(thread, connection, (flags & SOCK_CLOEXEC) !== 0);
      },
    );
  };

  return {
    socket: (thread, domain, type, protocol) => {
      const made = sockets.socket(domain, type, protocol);
      if (typeof made === 'number') return made;
      return install(thread, files.socketFile(made), (type & SOCK_CLOEXEC) !== 0);
    },

    socketpair: (_thread, domain, type, protocol) => {
      const made = sockets.socket(domain, type, protocol);
      if (typeof made === 'number') return made;
      made.close();
      // sock_no_socketpair: only AF_UNIX has pairs.
      return -EOPNOTSUPP;
    },

    bind: (thread, fd, address, lengthBytes) => {
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      const bytes = copyInSockaddrBytes(thread.memory, address, lengthBytes);
      if (typeof bytes === 'number') return bytes;
      const name = nameToBind(file.socket, bytes);
      return typeof name === 'number' ? name : unhurried(file, { call: 'bind', name });
    },

    connect: (thread, fd, address, lengthBytes) => {
      const any = fileAt(thread, fd);
      if (typeof any === 'number') return any;
      // __sys_connect: the address before the question whether it is a socket.
      const bytes = copyInSockaddrBytes(thread.memory, address, lengthBytes);
      if (typeof bytes === 'number') return bytes;
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      const name = nameToConnect(bytes);
      return typeof name === 'number' ? name : blocking(file, { call: 'connect', name });
    },

    listen: (thread, fd, backlog) => {
      const file = socketAt(thread, fd);
      return typeof file === 'number' ? file : unhurried(file, { call: 'listen', backlog });
    },

    accept: (thread, fd, address, lengthAddress) => accept(thread, fd, address, lengthAddress, 0),

    accept4: accept,

    shutdown: (thread, fd, how) => {
      const file = socketAt(thread, fd);
      return typeof file === 'number' ? file : file.socket.shutdown(how);
    },

    getsockname: (thread, fd, address, lengthAddress) =>
      tellName(thread, fd, address, lengthAddress, (socket, name) => socket.getsockname(name)),

    getpeername: (thread, fd, address, lengthAddress) =>
      tellName(thread, fd, address, lengthAddress, (socket, name) => socket.getpeername(name)),

    setsockopt: (thread, fd, level, name, address, lengthArgument) => {
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      // An int in the kernel, whatever socklen_t is: the upper half of the register is not looked at.
      const lengthBytes = lengthArgument | 0;
      if (lengthBytes < 0) return -EINVAL;
      const value = new Uint8Array(Math.min(lengthBytes, OPTION_MAX));
      const needed = valueBytes(level, name);
      // One that is too short is refused for that, and not read.
      if (lengthBytes < needed) return file.socket.setsockopt(level, name, value);
      // Of one that is longer than its option no more is read than the option takes.
      const got = thread.memory.copyIn(address, value);
      return got < needed ? -EFAULT : file.socket.setsockopt(level, name, value.subarray(0, got));
    },

    getsockopt: (thread, fd, level, name, address, lengthAddress) => {
      const { memory } = thread;
      const file = socketAt(thread, fd);
      if (typeof file === 'number') return file;
      const room = copyInInt(memory, lengthAddress);
      if (typeof room === 'number') return room;
      if (room.value < 0) return -EINVAL;
      const value = file.socket.getsockopt(level, name);
      if (typeof value === 'number' && value < 0) return value;
      return copyOutOption(memory, address, lengthAddress, typeof value === 'number' ? intBytes(value) : value);
    },
  } as const satisfies ThreadHandlers;
}

/** A call that a network may answer later. */
function blocking(file: SocketFile, call: BlockingCall): number | ParkedCall {
  return answerLater<number>(
    [file],
    (done) => block(file.socket, call, done),
    (result) => result,
  );
}

/**
 * bind(2) and listen(2) have an answer at once on Linux, and no program asks for it later. Where the network takes its time
 * they wait, whatever O_NONBLOCK says.
 */
function unhurried(file: SocketFile, call: BlockingCall): number | ParkedCall {
  const { socket } = file;
  const { nonblocking } = socket;
  socket.nonblocking = false;
  const answer = blocking(file, call);
  socket.nonblocking = nonblocking;
  return answer;
}

/** Where accept(2) says who came. Who has gone meanwhile is ECONNABORTED (do_accept). */
function tellPeer(thread: Thread, socket: Socket, address: number, lengthAddress: number): number {
  const name = emptyName();
  if (socket.getpeername(name) < 0) return -ECONNABORTED;
  return copyOutSockaddr(thread.memory, address, lengthAddress, toSockaddr(socket, name));
}

function tellName(
  thread: Thread,
  fd: number,
  address: number,
  lengthAddress: number,
  ask: (socket: Socket, name: MutableSocketAddress) => number,
): number {
  const file = socketAt(thread, fd);
  if (typeof file === 'number') return file;
  const name = emptyName();
  const result = ask(file.socket, name);
  if (result < 0) return result;
  return copyOutSockaddr(thread.memory, address, lengthAddress, toSockaddr(file.socket, name));
}

/** How many bytes of an option's value must be there. */
function valueBytes(level: number, name: number): number {
  if (level === SOL_IP) return 1;
  if (level !== SOL_SOCKET) return 4;
  switch (name) {
    case SO_LINGER:
      return 8;
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
      return 16;
    default:
      return 4;
  }
}

function intBytes(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
