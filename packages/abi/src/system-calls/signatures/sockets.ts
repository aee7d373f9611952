import {
  bytesIn,
  bytesOut,
  call,
  fd,
  flags,
  int,
  intsOut,
  msghdrIn,
  msghdrInout,
  size,
  sockaddrIn,
  sockaddrOut,
  socklenInout,
  structInout,
  unsigned,
} from './notation.js';

const socket = () => fd('sockfd');
const socklen = (name: string) => unsigned(name, undefined, 'socklen_t');
const messageFlags = () => flags('flags', 'MSG_');

/** socket(2) and all that is done to a socket. */
export const socketSignatures = () => ({
  socket: call('fd', int('domain', 'AF_'), int('type', 'SOCK_'), int('protocol', 'IPPROTO_')),
  socketpair: call('none', int('domain', 'AF_'), int('type', 'SOCK_'), int('protocol'), intsOut('sv')),
  bind: call('none', socket(), sockaddrIn('addr', 'addrlen'), socklen('addrlen')),
  connect: call('none', socket(), sockaddrIn('addr', 'addrlen'), socklen('addrlen')),
  listen: call('none', socket(), int('backlog')),
  accept: call('fd', socket(), sockaddrOut('addr', 'addrlen'), socklenInout()),
  accept4: call('fd', socket(), sockaddrOut('addr', 'addrlen'), socklenInout(), flags('flags', 'SOCK_')),
  getsockname: call('none', socket(), sockaddrOut('addr', 'addrlen'), socklenInout()),
  getpeername: call('none', socket(), sockaddrOut('addr', 'addrlen'), socklenInout()),
  shutdown: call('none', socket(), int('how', 'SHUT_')),
  sendto: call(
    'size',
    socket(),
    bytesIn('buf', 'size'),
    size('size'),
    messageFlags(),
    sockaddrIn('dest_addr', 'addrlen'),
    socklen('addrlen'),
  ),
  recvfrom: call(
    'size',
    socket(),
    bytesOut('buf', 'size'),
    size('size'),
    messageFlags(),
    sockaddrOut('src_addr', 'addrlen'),
    socklenInout(),
  ),
  sendmsg: call('size', socket(), msghdrIn('msg'), messageFlags()),
  recvmsg: call('size', socket(), msghdrInout('msg'), messageFlags()),
  sendmmsg: call('int', socket(), structInout('msgvec', 'struct mmsghdr', 'n'), unsigned('n'), messageFlags()),
  recvmmsg: call(
    'int',
    socket(),
    structInout('msgvec', 'struct mmsghdr', 'n'),
    unsigned('n'),
    messageFlags(),
    structInout('timeout', 'struct timespec'),
  ),
  // The names of options depend on the level: SO_, IP_, IPV6_, TCP_.
  setsockopt: call(
    'none',
    socket(),
    int('level', 'SOL_'),
    int('optname'),
    bytesIn('optval', 'optlen'),
    socklen('optlen'),
  ),
  getsockopt: call(
    'none',
    socket(),
    int('level', 'SOL_'),
    int('optname'),
    bytesOut('optval', 'optlen'),
    socklenInout('optlen'),
  ),
});
