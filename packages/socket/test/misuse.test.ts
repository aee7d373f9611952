// What Linux answers to misuse: socket(2), bind(2), connect(2), listen(2), accept(2), send(2), recv(2), shutdown(2),
// getsockname(2), getpeername(2), getsockopt(2), tcp(7), udp(7), ip(7), and the kernel functions named beside.
import { AF_INET, AF_INET6, AF_UNSPEC, FIONREAD, POLLOUT, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '@synos/abi';
import type { Socket } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { listening, misuseRows } from './misuse-rows.js';
import { createRig, said } from './rig.js';
import { emptyName, name } from './toy-provider.js';

const byte = Uint8Array.of(1);
const into = new Uint8Array(4);

describe('misuse is answered as Linux answers it', () => {
  test.each(misuseRows)('%s', (_what, call, expected) => {
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

test.each<[string, (socket: Socket) => void]>([
  ['poll', (socket) => expect(socket.poll(POLLOUT)).toBe(POLLOUT)],
  ['SO_ERROR', (socket) => expect(socket.getsockopt(SOL_SOCKET, 4)).toBe(0)],
  ['send', (socket) => expect(socket.send(byte)).toBe(1)],
])('%s sees the end of a handshake before connect, which says 0 all the same', (_name, look) => {
  const rig = createRig();
  listening(rig);
  const socket = rig.stream(true);
  expect(said(socket.connect(name(80)))).toBe('EINPROGRESS');
  rig.net.run();
  look(socket);
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

test.each([true, false])('a listener that is shut down listens no more, and may again (endpoint can: %s)', (can) => {
  const rig = createRig();
  rig.net.shutsListeners = can;
  const socket = listening(rig);
  expect(socket.shutdown(1)).toBe(0);
  expect(said(socket.accept())).toBe('EAGAIN');
  expect(socket.shutdown(0)).toBe(0);
  expect(said(socket.accept())).toBe('EINVAL');
  const client = rig.stream(true);
  client.connect(name(80));
  rig.net.run();
  expect(said(client.connect(name(80)))).toBe('ECONNREFUSED');
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

test('a datagram socket whose port connect chose may be bound after AF_UNSPEC; a port of its own stays', () => {
  const rig = createRig();
  const chosen = rig.datagram();
  chosen.connect(name(7));
  expect(said(chosen.bind(name(81)))).toBe('EINVAL');
  expect(chosen.connect({ family: AF_UNSPEC, ...name(0, 0) })).toBe(0);
  expect(said(chosen.getpeername(emptyName()))).toBe('ENOTCONN');
  expect(chosen.bind(name(81))).toBe(0);
  chosen.connect(name(7));
  chosen.connect({ family: AF_UNSPEC, ...name(0, 0) });
  expect(said(chosen.bind(name(82)))).toBe('EINVAL');
});
