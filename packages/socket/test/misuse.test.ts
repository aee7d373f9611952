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
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@synos/abi';
import type { Socket } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { createRig, type Rig, said } from './rig.js';
import { emptyName, name } from './toy-provider.js';

type Row = readonly [what: string, call: (rig: Rig) => number | Socket | Uint8Array, expected: string | number];

const byte = Uint8Array.of(1);
const into = new Uint8Array(4);
const v6Name = { address: { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 }, port: 80 };

function listening(rig: Rig): Socket {
  const socket = rig.stream(true);
  socket.bind(name(80));
  socket.listen(1);
  return socket;
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

const rows: readonly Row[] = [
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

describe('misuse is answered as Linux answers it', () => {
  test.each(rows)('%s', (_what, call, expected) => {
    expect(said(call(createRig()))).toBe(expected);
  });
});

const onClosed: readonly (readonly [string, (socket: Socket) => number | Socket | Uint8Array])[] = [
  ['bind', (socket) => socket.bind(name(1))],
  ['listen', (socket) => socket.listen(1)],
  ['connect', (socket) => socket.connect(name(1))],
  ['accept', (socket) => socket.accept()],
  ['send', (socket) => socket.send(byte)],
  ['recv', (socket) => socket.recv(into)],
  ['shutdown', (socket) => socket.shutdown(2)],
  ['close', (socket) => socket.close()],
  ['getsockname', (socket) => socket.getsockname(emptyName())],
  ['getpeername', (socket) => socket.getpeername(emptyName())],
  ['setsockopt', (socket) => socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)],
  ['getsockopt', (socket) => socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)],
  ['ioctl', (socket) => socket.ioctl(FIONREAD)],
  ['takeOperationResult', (socket) => socket.takeOperationResult()],
];

test.each(onClosed)('after close: %s is EBADF', (_name, call) => {
  const rig = createRig();
  const { client } = rig.pair();
  client.close();
  expect(said(call(client))).toBe('EBADF');
});

test('the second connect after the handshake ended is 0, the third EISCONN (inet_stream_connect)', () => {
  const rig = createRig();
  listening(rig);
  const socket = rig.stream(true);
  expect(said(socket.connect(name(80)))).toBe('EINPROGRESS');
  rig.net.run();
  expect(said(socket.connect(name(80)))).toBe(0);
  expect(said(socket.connect(name(80)))).toBe('EISCONN');
});

test('a refused handshake: the error once, by connect, by SO_ERROR, by send or by recv', () => {
  const ways: readonly ((socket: Socket) => string | number)[] = [
    (socket) => said(socket.connect(name(81))),
    (socket) => said(-(socket.getsockopt(SOL_SOCKET, 4) as number)),
    (socket) => said(socket.send(byte)),
    (socket) => said(socket.recv(into)),
  ];
  for (const way of ways) {
    const rig = createRig();
    const socket = rig.stream(true);
    socket.connect(name(81));
    rig.net.run();
    expect(way(socket)).toBe('ECONNREFUSED');
    expect(said(socket.send(byte))).toBe('EPIPE');
    expect(said(socket.recv(into))).toBe('ENOTCONN');
    expect(said(socket.getpeername(emptyName()))).toBe('ENOTCONN');
    expect(socket.getsockopt(SOL_SOCKET, 4)).toBe(0);
  }
});

test('AF_UNSPEC takes a stream apart; the name that bind gave stays', () => {
  const rig = createRig();
  listening(rig);
  const socket = rig.stream();
  socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  socket.bind(name(4000, 0));
  socket.connect(name(80));
  rig.net.run();
  expect(socket.connect({ family: AF_UNSPEC, ...name(0, 0) })).toBe(0);
  const local = emptyName();
  socket.getsockname(local);
  expect(local.port).toBe(4000);
  expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(1);
  expect(said(socket.getpeername(emptyName()))).toBe('ENOTCONN');
  socket.connect(name(80));
  rig.net.run();
  expect(said(socket.connect(name(80)))).toBe(0);
});

test('a listener that is shut down listens no more, and may again', () => {
  const rig = createRig();
  const socket = listening(rig);
  expect(socket.shutdown(1)).toBe(0);
  expect(said(socket.accept())).toBe('EAGAIN');
  expect(socket.shutdown(0)).toBe(0);
  expect(said(socket.accept())).toBe('EINVAL');
  expect(socket.listen(1)).toBe(0);
  expect(said(socket.accept())).toBe('EAGAIN');
  const local = emptyName();
  socket.getsockname(local);
  expect(local.port).toBe(80);
});

test('getsockname: the unspecified address is of the family of the socket', () => {
  const rig = createRig();
  for (const [domain, w2] of [
    [AF_INET, 0xffff],
    [AF_INET6, 0],
  ] as const) {
    const socket = rig.sockets.socket(domain, SOCK_STREAM) as Socket;
    const local = emptyName();
    expect(socket.getsockname(local)).toBe(0);
    expect(local).toEqual({ address: { w0: 0, w1: 0, w2, w3: 0 }, port: 0 });
  }
});
