// What Linux answers to misuse: socket(2), bind(2), connect(2), listen(2), accept(2), send(2), recv(2), shutdown(2),
// getsockname(2), getpeername(2), getsockopt(2), tcp(7), udp(7), ip(7), and the kernel functions named beside.
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  FIONREAD,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_NOSIGNAL,
  MSG_OOB,
  SIOCOUTQ,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '@synos/abi';
import type { Socket } from '@synos/socket';
import type { Rig } from './rig.js';
import { emptyName, name } from './toy-provider.js';

export type MisuseRow = readonly [
  what: string,
  call: (rig: Rig) => number | Socket | Uint8Array,
  expected: string | number,
];

const byte = Uint8Array.of(1);
const into = new Uint8Array(4);
const v6Name = { address: { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 }, port: 80 };

export function listening(rig: Rig): Socket {
  const socket = rig.stream(true);
  socket.bind(name(80));
  socket.listen(1);
  return socket;
}

function v6(rig: Rig, type: number): Socket {
  return rig.sockets.socket(AF_INET6, type) as Socket;
}

function connecting(rig: Rig): Socket {
  const socket = rig.stream(true);
  socket.connect(name(9));
  return socket;
}

function connected(rig: Rig): Socket {
  const { client } = rig.pair();
  client.nonblocking = true;
  return client;
}

/** A misuse, and what Linux answers: a count, the name of an errno, 'PENDING' where Linux would wait. */
export const misuseRows: readonly MisuseRow[] = [
  ['socket: unknown family', (rig) => rig.sockets.socket(99, SOCK_STREAM), 'EAFNOSUPPORT'],
  ['socket: family without a provider', (rig) => rig.sockets.socket(AF_UNIX, SOCK_STREAM), 'EAFNOSUPPORT'],
  ['socket: unknown type', (rig) => rig.sockets.socket(AF_INET, 11), 'EINVAL'],
  ['socket: unknown flags', (rig) => rig.sockets.socket(AF_INET, SOCK_STREAM | 0x10000), 'EINVAL'],
  ['socket: type that the family lacks', (rig) => rig.sockets.socket(AF_INET, SOCK_SEQPACKET), 'ESOCKTNOSUPPORT'],
  ['socket: type without a provider', (rig) => rig.sockets.socket(AF_INET, SOCK_RAW, 1), 'ESOCKTNOSUPPORT'],
  [
    'socket: protocol of another type',
    (rig) => rig.sockets.socket(AF_INET, SOCK_STREAM, IPPROTO_UDP),
    'EPROTONOSUPPORT',
  ],
  ['socket: protocol out of range', (rig) => rig.sockets.socket(AF_INET, SOCK_STREAM, 300), 'EINVAL'],
  ['socket: negative protocol', (rig) => rig.sockets.socket(AF_INET, SOCK_STREAM, -1), 'EINVAL'],
  ['socket: protocol named', (rig) => rig.sockets.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), 'socket'],
  ['socket: flags', (rig) => rig.sockets.socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC), 'socket'],

  ['bind: twice', (rig) => listening(rig).bind(name(81)), 'EINVAL'],
  [
    'bind: a taken port',
    (rig) => {
      listening(rig);
      return rig.stream().bind(name(80));
    },
    'EADDRINUSE',
  ],
  ['bind: an address of another host', (rig) => rig.stream().bind(name(80, 0x08080808)), 'EADDRNOTAVAIL'],
  ['bind: family of another domain', (rig) => rig.stream().bind({ family: AF_INET6, ...v6Name }), 'EAFNOSUPPORT'],
  ['bind: an IPv6 address on AF_INET', (rig) => rig.stream().bind(v6Name), 'EAFNOSUPPORT'],
  ['bind: sockaddr_in on AF_INET6', (rig) => v6(rig, SOCK_STREAM).bind({ family: AF_INET, ...name(80) }), 'EINVAL'],
  ['bind: AF_UNSPEC with an address', (rig) => rig.stream().bind({ family: AF_UNSPEC, ...name(1) }), 'EAFNOSUPPORT'],
  ['bind: AF_UNSPEC with any', (rig) => rig.stream().bind({ family: AF_UNSPEC, ...name(1, 0) }), 0],
  ['bind: port out of range', (rig) => rig.stream().bind(name(65_536)), 'EINVAL'],
  ['bind: after connect', (rig) => connected(rig).bind(name(81)), 'EINVAL'],
  [
    'bind: datagram, after the first send',
    (rig) => {
      const socket = rig.datagram();
      socket.sendto(byte, 0, name(7));
      return socket.bind(name(81));
    },
    'EINVAL',
  ],

  ['listen: datagram', (rig) => rig.datagram().listen(1), 'EOPNOTSUPP'],
  ['listen: connected', (rig) => connected(rig).listen(1), 'EINVAL'],
  ['listen: connecting', (rig) => connecting(rig).listen(1), 'EINVAL'],
  ['listen: again changes the backlog', (rig) => listening(rig).listen(9), 0],
  ['listen: negative backlog is the largest', (rig) => rig.stream().listen(-1), 0],

  ['connect: connected', (rig) => connected(rig).connect(name(80)), 'EISCONN'],
  ['connect: listening', (rig) => listening(rig).connect(name(81)), 'EISCONN'],
  ['connect: connecting', (rig) => connecting(rig).connect(name(9)), 'EALREADY'],
  ['connect: begins', (rig) => rig.stream(true).connect(name(9)), 'EINPROGRESS'],
  ['connect: begins, blocking', (rig) => rig.stream().connect(name(9)), 'PENDING'],
  ['connect: nowhere', (rig) => rig.stream().connect(name(80, 0x08080808)), 'ENETUNREACH'],
  ['connect: another family', (rig) => rig.stream().connect(v6Name), 'EAFNOSUPPORT'],
  [
    'connect: sockaddr_in on AF_INET6',
    (rig) => v6(rig, SOCK_STREAM).connect({ family: AF_INET, ...name(9) }),
    'EINVAL',
  ],
  ['connect: a mapped address on AF_INET6', (rig) => v6(rig, SOCK_STREAM).connect(name(9)), 'PENDING'],
  [
    'connect: sockaddr_in on AF_INET6, datagram',
    (rig) => v6(rig, SOCK_DGRAM).connect({ family: AF_INET, ...name(9) }),
    0,
  ],
  ['connect: AF_UNSPEC, not connected', (rig) => rig.stream().connect({ family: AF_UNSPEC, ...name(0, 0) }), 0],

  ['accept: not listening (inet_csk_accept)', (rig) => rig.stream().accept(), 'EINVAL'],
  ['accept: datagram', (rig) => rig.datagram().accept(), 'EOPNOTSUPP'],
  ['accept: unknown flags', (rig) => listening(rig).accept(1), 'EINVAL'],
  ['accept: nobody', (rig) => listening(rig).accept(), 'EAGAIN'],

  ['send: never connected (sk_stream_wait_connect)', (rig) => rig.stream().send(byte), 'EPIPE'],
  ['send: listening', (rig) => listening(rig).send(byte), 'EPIPE'],
  ['send: connecting', (rig) => connecting(rig).send(byte), 'EAGAIN'],
  [
    'send: shut down',
    (rig) => {
      const socket = connected(rig);
      socket.shutdown(1);
      return socket.send(byte, MSG_NOSIGNAL);
    },
    'EPIPE',
  ],
  ['send: MSG_OOB', (rig) => connected(rig).send(byte, MSG_OOB), 'EOPNOTSUPP'],
  ['send: a range outside the bytes', (rig) => connected(rig).send(byte, 0, 0, 2), 'EINVAL'],
  ['send: an upside-down range', (rig) => connected(rig).send(into, 0, 3, 2), 'EINVAL'],
  ['send: datagram without a destination', (rig) => rig.datagram().send(byte), 'EDESTADDRREQ'],
  ['sendto: datagram too long', (rig) => rig.datagram().sendto(new Uint8Array(65_508), 0, name(7)), 'EMSGSIZE'],
  ['sendto: another family', (rig) => rig.datagram().sendto(byte, 0, v6Name), 'EAFNOSUPPORT'],
  ['sendto: a connected stream ignores the name', (rig) => connected(rig).sendto(byte, 0, v6Name), 1],

  ['recv: never connected (tcp_recvmsg)', (rig) => rig.stream().recv(into), 'ENOTCONN'],
  ['recv: listening', (rig) => listening(rig).recv(into), 'ENOTCONN'],
  ['recv: connecting', (rig) => connecting(rig).recv(into), 'EAGAIN'],
  ['recv: nothing', (rig) => connected(rig).recv(into), 'EAGAIN'],
  ['recv: nothing, blocking', (rig) => rig.pair().client.recv(into), 'PENDING'],
  ['recv: nothing, MSG_DONTWAIT', (rig) => rig.pair().client.recv(into, MSG_DONTWAIT), 'EAGAIN'],
  ['recv: no room, nothing there', (rig) => connected(rig).recv(into, 0, 2, 2), 'EAGAIN'],
  ['recv: MSG_OOB', (rig) => connected(rig).recv(into, MSG_OOB), 'EOPNOTSUPP'],
  [
    'recv: MSG_ERRQUEUE, data waiting',
    (rig) => {
      const { client, server } = rig.pair();
      client.send(byte);
      return server.recv(into, MSG_ERRQUEUE);
    },
    'EAGAIN',
  ],
  ['recv: MSG_ERRQUEUE', (rig) => connected(rig).recv(into, MSG_ERRQUEUE), 'EAGAIN'],
  ['recv: a range outside the bytes', (rig) => connected(rig).recv(into, 0, 2, 5), 'EINVAL'],
  ['recv: datagram not bound', (rig) => rig.datagram(true).recv(into), 'EAGAIN'],

  ['shutdown: not connected', (rig) => rig.stream().shutdown(2), 'ENOTCONN'],
  ['shutdown: how', (rig) => connected(rig).shutdown(3), 'EINVAL'],
  ['shutdown: datagram without a peer', (rig) => rig.datagram().shutdown(2), 'ENOTCONN'],
  [
    'shutdown: twice',
    (rig) => {
      const socket = connected(rig);
      socket.shutdown(1);
      return socket.shutdown(1);
    },
    0,
  ],
  ['shutdown: connecting gives up', (rig) => connecting(rig).shutdown(2), 0],

  ['getpeername: not connected', (rig) => rig.stream().getpeername(emptyName()), 'ENOTCONN'],
  ['getpeername: connecting', (rig) => connecting(rig).getpeername(emptyName()), 'ENOTCONN'],
  ['getpeername: listening', (rig) => listening(rig).getpeername(emptyName()), 'ENOTCONN'],
  ['getsockname: not bound', (rig) => rig.stream().getsockname(emptyName()), 0],

  ['ioctl: unknown', (rig) => rig.stream().ioctl(0x1234), 'ENOTTY'],
  ['ioctl: FIONREAD, listening', (rig) => listening(rig).ioctl(FIONREAD), 'EINVAL'],
  ['ioctl: SIOCOUTQ, listening', (rig) => listening(rig).ioctl(SIOCOUTQ), 'EINVAL'],
];
