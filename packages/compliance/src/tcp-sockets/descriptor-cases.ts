import { equal } from '../check.js';
import type { TcpSyscallArgument } from '../tcp-target-sockets.js';
import {
  AF_INET,
  F_GETFL,
  F_SETFL,
  FIONREAD,
  O_NONBLOCK,
  SHUT_WR,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SOL_TCP,
  TCP_NODELAY,
} from './numbers.js';
import type { AddSocketsCase } from './suite.js';

/** Numbers, flags, options, and what is no descriptor or no call. */
export function addDescriptorCases(add: AddSocketsCase): void {
  add('TcpTarget.syscall', 'descriptors are the lowest free numbers, from 3 on', (program) => {
    equal(program.socket(), 3, 'the first descriptor');
    equal(program.socket(), 4, 'the second');
    equal(program.socket(), 5, 'the third');
    program.value('close', 4);
    program.value('close', 3);
    equal(program.socket(), 3, 'after 4 and 3 were closed');
    equal(program.socket(), 4, 'then');
    equal(program.socket(), 6, 'then');
  });

  add('TcpTarget.syscall', 'a call that is not known answers ENOSYS', (program) => {
    for (const name of ['frobnicate', '', 'Socket', 'toString', 'constructor', '__proto__']) {
      program.fails('ENOSYS', name);
      program.fails('ENOSYS', name, 3, 1);
    }
  });

  const onDescriptors: readonly (readonly [name: string, ...rest: TcpSyscallArgument[]])[] = [
    ['bind', { address: '0.0.0.0', port: 7000 }],
    ['listen', 1],
    ['accept'],
    ['connect', { address: '192.0.2.77', port: 80 }],
    ['read', 10],
    ['recv', 10, 0],
    ['write', new Uint8Array(1)],
    ['send', new Uint8Array(1), 0],
    ['close'],
    ['shutdown', SHUT_WR],
    ['getsockopt', SOL_SOCKET, SO_ERROR],
    ['setsockopt', SOL_SOCKET, SO_REUSEADDR, 1],
    ['getsockname'],
    ['getpeername'],
    ['fcntl', F_GETFL],
    ['ioctl', FIONREAD],
  ];
  for (const [name, ...rest] of onDescriptors) {
    add('POSIX.1 §2.3', `${name} of what is not open answers EBADF`, (program) => {
      for (const fd of [3, -1, 0x7fffffff, 1e300]) program.fails('EBADF', name, fd, ...rest);
      const fd = program.socket();
      program.value('close', fd);
      program.fails('EBADF', name, fd, ...rest);
    });
  }

  add('TcpTarget.syscall', 'arguments that are none answer an errno, and throw nothing', (program) => {
    const fd = program.socket();
    const nothings = [undefined, null, Number.NaN, {}, 'x', []] as unknown as TcpSyscallArgument[];
    for (const name of ['bind', 'connect', 'write', 'send', 'recv', 'setsockopt', 'listen', 'fcntl', 'poll']) {
      for (const nothing of nothings) {
        const answer = program.target.syscall(
          name,
          name === 'poll' ? [nothing, nothing] : [fd, nothing, nothing, nothing],
        );
        // An empty list of descriptors is one that poll may be given.
        if (name === 'poll' && Array.isArray(nothing)) continue;
        equal(answer.kind, 'errno', `${name} of ${String(nothing)}`);
      }
    }
  });

  add('socket(2)', 'a family, type or protocol that is not there is refused', (program) => {
    program.fails('EAFNOSUPPORT', 'socket', 99, SOCK_STREAM, 0);
    program.fails('EPROTONOSUPPORT', 'socket', AF_INET, SOCK_STREAM, 17);
    program.fails('EINVAL', 'socket', AF_INET, 0x4000_0000 | SOCK_STREAM, 0);
    equal(program.socket(), 3, 'no number was used up');
  });

  add('fcntl(2)', 'O_NONBLOCK is set and seen', (program) => {
    const fd = program.socket();
    equal(program.value('fcntl', fd, F_GETFL) & O_NONBLOCK, 0, 'at first');
    program.value('fcntl', fd, F_SETFL, O_NONBLOCK);
    equal(program.value('fcntl', fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK, 'after F_SETFL');
    program.value('fcntl', fd, F_SETFL, 0);
    equal(program.value('fcntl', fd, F_GETFL) & O_NONBLOCK, 0, 'after it was taken off');
    const other = program.socket(SOCK_NONBLOCK);
    equal(program.value('fcntl', other, F_GETFL) & O_NONBLOCK, O_NONBLOCK, 'after SOCK_NONBLOCK');
  });

  add('getsockopt(2)', 'options are kept; one that is not there answers ENOPROTOOPT', (program) => {
    const fd = program.socket();
    for (const [level, name] of [
      [SOL_SOCKET, SO_REUSEADDR],
      [SOL_TCP, TCP_NODELAY],
    ] as const) {
      equal(program.done('getsockopt', fd, level, name).output.option, 0, 'at first');
      equal(program.value('setsockopt', fd, level, name, 1), 0, 'setsockopt');
      equal(program.done('getsockopt', fd, level, name).output.option, 1, 'afterwards');
    }
    program.fails('ENOPROTOOPT', 'setsockopt', fd, SOL_TCP, 9999, 1);
    program.fails('ENOPROTOOPT', 'getsockopt', fd, SOL_TCP, 9999);
  });

  add('bind(2)', 'a port that is taken, and an address that is not ours', (program) => {
    const { fd } = program.listener(7007);
    const other = program.socket();
    program.fails('EADDRINUSE', 'bind', other, { address: program.target.localAddress, port: 7007 });
    program.fails('EADDRNOTAVAIL', 'bind', other, { address: '198.51.100.9', port: 7008 });
    program.fails('EINVAL', 'bind', fd, { address: program.target.localAddress, port: 7009 });
    equal(program.portOf(fd), 7007, 'getsockname');
  });
}
