// Port sharing, SO_BINDTODEVICE, messages and epoll: our stack and the Linux underneath are asked the same.
import { spawnSync } from 'node:child_process';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  errnoName,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  readCmsghdr,
  SO_BINDTODEVICE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_IP,
  SOL_SOCKET,
} from '@synos/abi';
import type { MutableSocketAddress } from '@synos/interfaces';
import { createTestEntropy } from '@synos/netsim';
import {
  createEpoll,
  deviceOption,
  type Epoll,
  type EpollEvent,
  receiveMessage,
  recvmsg,
  type Socket,
  sendmsg,
} from '@synos/socket';
import { ipv4, ipv4Any } from '@synos/wire';
import { afterAll, describe, expect, test } from 'vitest';
import { createNetstack } from '../src/index.js';
import { linuxScript } from './linux-script.js';
import { mustBe0, openSocket } from './transfer.js';

const home = ipv4(127, 0, 0, 1);
const home2 = ipv4(127, 0, 0, 2);
const stack = createNetstack({ clock: { now: () => 1000 }, entropy: createTestEntropy(7) });
const settle = (): void => {
  while (stack.poll(1000, 64)) {}
};
const open = (type: number): Socket => openSocket(stack, type | SOCK_NONBLOCK);
const said = (result: number): string | number => (result < 0 ? (errnoName(-result) ?? result) : result);
afterAll(() => stack.dispose());

function nameOf(socket: Socket): MutableSocketAddress {
  const name = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
  mustBe0(socket.getsockname(name), 'getsockname');
  return name;
}

function share(type: number, a: number, b: number, first: typeof home, second: typeof home, when: number) {
  const make = (flags: number): Socket => {
    const socket = open(type);
    if ((flags & 1) !== 0) mustBe0(socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1), 'SO_REUSEADDR');
    if ((flags & 2) !== 0) mustBe0(socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1), 'SO_REUSEPORT');
    return socket;
  };
  const [one, two] = [make(a), make(b)];
  mustBe0(one.bind({ address: first, port: 0 }), 'bind');
  if (when === 1) mustBe0(one.listen(1), 'listen');
  let answer = said(two.bind({ address: second, port: nameOf(one).port }));
  if (type === SOCK_STREAM && answer === 0) {
    if (when === 2) mustBe0(one.listen(1), 'listen');
    answer = `listens ${said(two.listen(1))}`;
  }
  one.close();
  two.close();
  settle();
  return answer;
}

function sharing(): unknown[] {
  const places = [
    [home, home],
    [ipv4Any, home],
    [home, ipv4Any],
    [home, home2],
    [ipv4Any, ipv4Any],
  ] as const;
  const answers: unknown[] = [];
  for (const [type, whens] of [
    [SOCK_STREAM, [0, 1, 2]],
    [SOCK_DGRAM, [0]],
  ] as const) {
    for (const when of whens) {
      for (const [x, y] of places) {
        for (let pair = 0; pair < 16; pair += 1) answers.push(share(type, pair >> 2, pair & 3, x, y, when));
      }
    }
  }
  return answers;
}

function device(): unknown[] {
  const socket = open(SOCK_DGRAM);
  const get = (): string => String.fromCharCode(...(socket.getsockopt(SOL_SOCKET, SO_BINDTODEVICE) as Uint8Array));
  const set = (value: string | number) =>
    said(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, typeof value === 'string' ? bytesOf(value) : value));
  const answers = [get(), set('no such one'), set(7), set('lo\0rubbish'), get(), set('lo'), set(''), get(), set(0)];
  mustBe0(socket.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, deviceOption('lo')) as number, 'SO_BINDTODEVICE');
  mustBe0(socket.bind({ address: home, port: 0 }), 'bind');
  socket.sendto(bytesOf('by lo'), 0, nameOf(socket));
  settle();
  const into = new Uint8Array(9);
  answers.push(String.fromCharCode(...into.subarray(0, socket.recv(into))));
  socket.close();
  return answers;
}

function groupOf(type: number): Socket[] {
  const group: Socket[] = [];
  for (let n = 0; n < 4; n += 1) {
    const socket = open(type);
    mustBe0(socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1), 'SO_REUSEPORT');
    mustBe0(socket.bind({ address: home, port: n === 0 ? 0 : nameOf(group[0]!).port }), 'bind');
    if (type === SOCK_STREAM) mustBe0(socket.listen(128), 'listen');
    group.push(socket);
  }
  return group;
}

function datagramGroup(): unknown[] {
  const group = groupOf(SOCK_DGRAM);
  for (let n = 0; n < 100; n += 1) {
    const client = open(SOCK_DGRAM);
    for (let again = 0; again < 3; again += 1) client.sendto(Uint8Array.of(n), 0, nameOf(group[0]!));
    settle();
  }
  const got = group.map((socket) => {
    const bytes: number[] = [];
    const into = new Uint8Array(9);
    while (socket.recv(into) === 1) bytes.push(into[0]!);
    return bytes;
  });
  const flows = got.map((each) => new Set(each).size);
  return [got.flat().length, flows.reduce((sum, size) => sum + size, 0), flows.every((size) => size > 0)];
}

function listenerGroup(): unknown[] {
  const group = groupOf(SOCK_STREAM);
  for (let n = 0; n < 100; n += 1) {
    open(SOCK_STREAM).connect(nameOf(group[0]!));
    settle();
  }
  const counts = group.map((socket) => {
    let count = 0;
    while (typeof socket.accept() !== 'number') count += 1;
    return count;
  });
  return [counts.reduce((sum, count) => sum + count, 0), counts.every((count) => count > 0)];
}

function messages(): unknown[] {
  const answers: unknown[] = [];
  const socket = open(SOCK_DGRAM);
  mustBe0(socket.bind({ address: home, port: 0 }), 'bind');
  const client = open(SOCK_DGRAM);
  mustBe0(client.setsockopt(SOL_IP, IP_TTL, 7), 'IP_TTL');
  mustBe0(client.setsockopt(SOL_IP, IP_TOS, 0x20), 'IP_TOS');
  const one = (pieces: readonly number[], room: number, flags = 0, sends = true): void => {
    if (sends) sendmsg(client, { pieces: ['on', '', 'e dat', 'agram'].map(bytesOf), name: nameOf(socket) });
    settle();
    const message = receiveMessage(
      pieces.map((length) => new Uint8Array(length)),
      room,
    );
    const count = recvmsg(socket, message, flags);
    const texts = message.pieces.map((piece) => String.fromCharCode(...piece));
    answers.push([
      count,
      texts,
      message.flags,
      message.hasName && message.name?.address.w3 === home.w3,
      controlOf(message),
    ]);
  };
  one([4, 0, 20], 0);
  one([4, 3], 0, MSG_PEEK);
  one([4, 3], 0, MSG_PEEK | MSG_TRUNC, false);
  one([4, 3], 0, 0, false);
  for (const options of [[IP_PKTINFO], [IP_RECVTTL], [IP_RECVTOS], [IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]]) {
    for (const option of options) mustBe0(socket.setsockopt(SOL_IP, option, 1), 'option');
    for (const room of [0, 8, 15, 16, 17, 20, 24, 28, 31, 32, 40, 56, 72, 73, 80, 200]) one([12], room);
    for (const option of options) mustBe0(socket.setsockopt(SOL_IP, option, 0), 'option');
  }
  return answers;
}

/** Control messages as python's recvmsg lists them. */
function controlOf({ control, controlBytes }: ReturnType<typeof receiveMessage>): unknown[] {
  const list: unknown[] = [];
  if (!control) return list;
  for (let at = 0; at + 16 <= controlBytes; ) {
    const { lengthBytes, level, type } = readCmsghdr(new DataView(control.buffer), at);
    const data = control.subarray(at + 16, Math.min(controlBytes, at + lengthBytes));
    list.push([level, type, Buffer.from(data).toString('hex')]);
    at += Math.ceil(lengthBytes / 8) * 8;
  }
  return list;
}

function connectedPair(): { client: Socket; server: Socket } {
  const listener = open(SOCK_STREAM);
  mustBe0(listener.bind({ address: home, port: 0 }), 'bind');
  mustBe0(listener.listen(1), 'listen');
  const client = open(SOCK_STREAM);
  client.connect(nameOf(listener));
  settle();
  mustBe0(client.connect(nameOf(listener)), 'connect');
  return { client, server: listener.accept(SOCK_NONBLOCK) as Socket };
}

function streamMessages(): unknown[] {
  const { client, server } = connectedPair();
  const answers: unknown[] = [];
  const one = (pieces: readonly number[], flags = 0): void => {
    const message = receiveMessage(
      pieces.map((length) => new Uint8Array(length)),
      100,
    );
    const count = recvmsg(server, message, flags);
    const texts = message.pieces.map((piece) => String.fromCharCode(...piece));
    answers.push([count, texts, message.flags, message.hasName, message.controlBytes]);
  };
  answers.push(sendmsg(client, { pieces: ['he', '', 'llo', ' world'].map(bytesOf) }));
  settle();
  one([2, 0, 5], MSG_PEEK);
  one([2, 0, 5], MSG_WAITALL);
  one([0, 0]);
  one([9, 9]);
  client.shutdown(1);
  settle();
  one([9, 9]);
  answers.push(said(server.recv(new Uint8Array(1), MSG_DONTWAIT)));
  return answers;
}

const added = (epoll: Epoll, target: Socket | Epoll, events: number): string | number =>
  said(epoll.ctl(EPOLL_CTL_ADD, target, { events, data: target }));

function epollErrors(): unknown[] {
  const socket = open(SOCK_STREAM);
  const epoll = createEpoll(stack.sockets);
  const inner = createEpoll(stack.sockets);
  const modified = (events: number) => said(epoll.ctl(EPOLL_CTL_MOD, socket, { events, data: 0 }));
  const removed = () => said(epoll.ctl(EPOLL_CTL_DEL, socket));
  const answers: unknown[] = [added(epoll, socket, EPOLLIN), added(epoll, socket, EPOLLIN), modified(4), removed()];
  answers.push(modified(EPOLLOUT), removed(), added(epoll, epoll, EPOLLIN));
  answers.push(added(epoll, socket, EPOLLIN | EPOLLEXCLUSIVE), modified(EPOLLIN));
  removed();
  answers.push(added(epoll, socket, EPOLLPRI | EPOLLEXCLUSIVE));
  added(epoll, socket, EPOLLIN);
  answers.push(modified(EPOLLIN | EPOLLEXCLUSIVE));
  removed();
  answers.push(
    added(epoll, inner, EPOLLIN | EPOLLEXCLUSIVE),
    added(epoll, inner, EPOLLIN),
    added(inner, epoll, EPOLLIN),
  );
  socket.close();
  answers.push(added(epoll, socket, EPOLLIN));
  return answers;
}

function epollDepths(): unknown[] {
  return [1, -1].map((order) => {
    const chain = Array.from({ length: 7 }, () => createEpoll(stack.sockets));
    const steps = order === 1 ? [0, 1, 2, 3, 4, 5] : [5, 4, 3, 2, 1, 0];
    return steps.map((n) => added(chain[n]!, chain[n + 1]!, EPOLLIN));
  });
}

function epollEvents(): unknown[] {
  const { client, server } = connectedPair();
  const answers: unknown[] = [];
  const sets = [0, EPOLLET, EPOLLONESHOT].map((manner) => {
    const epoll = createEpoll(stack.sockets);
    added(epoll, server, EPOLLIN | EPOLLRDHUP | manner);
    return epoll;
  });
  const both = createEpoll(stack.sockets);
  added(both, server, EPOLLIN | EPOLLOUT | EPOLLET);
  const outer = createEpoll(stack.sockets);
  added(outer, sets[0]!, EPOLLIN);
  sets.push(both, outer);
  const look = (): void => {
    settle();
    answers.push(
      sets.map((epoll) => {
        const into: EpollEvent[] = [];
        return into.slice(0, epoll.take(into, 9)).map(({ events }) => events);
      }),
    );
  };
  const rearm = (): void => {
    sets[2]!.ctl(EPOLL_CTL_MOD, server, { events: EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, data: 0 });
  };
  const steps: (() => void)[] = [
    () => {},
    () => {},
    () => client.send(bytesOf('1234')),
    () => {},
    () => server.recv(new Uint8Array(2)),
    () => client.send(bytesOf('5678')),
    () => {},
    () => server.recv(new Uint8Array(100)),
    () => {
      rearm();
      client.send(bytesOf('9'));
    },
    () => {},
    () => client.shutdown(1),
    () => {},
    rearm,
    () => server.shutdown(1),
    () => {},
    () => server.close(),
  ];
  for (const step of steps) {
    step();
    look();
  }
  return answers;
}

function epollTurns(): unknown[] {
  const epoll = createEpoll(stack.sockets);
  for (let n = 0; n < 5; n += 1) epoll.ctl(EPOLL_CTL_ADD, open(SOCK_DGRAM), { events: EPOLLOUT, data: n });
  return Array.from({ length: 6 }, () => {
    const into: EpollEvent[] = [];
    return into.slice(0, epoll.take(into, 2)).map(({ data }) => data);
  });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function ask(): Record<string, unknown> | string {
  if (process.platform !== 'linux') return `the host is ${process.platform}, not Linux`;
  const asked = spawnSync('python3', ['-c', linuxScript], { encoding: 'utf8', timeout: 60_000 });
  if (asked.error !== undefined) return `python3: ${asked.error.message}`;
  return asked.status === 0 ? JSON.parse(asked.stdout) : `python3: ${asked.stderr}`;
}

const answers = ask();
if (typeof answers === 'string') console.log(`netstack: not compared with the sockets of Linux: ${answers}`);
const linux = typeof answers === 'string' ? {} : answers;

describe.skipIf(typeof answers === 'string')('as the sockets of Linux', () => {
  test.each<readonly [string, () => unknown[]]>([
    ['sharing', sharing],
    ['device', device],
    ['datagramGroup', datagramGroup],
    ['listenerGroup', listenerGroup],
    ['messages', messages],
    ['streamMessages', streamMessages],
    ['epollErrors', epollErrors],
    ['epollEvents', epollEvents],
    ['epollTurns', epollTurns],
  ])('%s', (what, ours) => {
    expect((linux[what] as unknown[]).length).toBeGreaterThan(1);
    expect(ours()).toEqual(linux[what]);
  });

  // Before 6.17 Linux counted the steps below the one that is added, not those above.
  const [major = 0, minor = 0] = String(linux.release).split('.').map(Number);
  const counts = major > 6 || (major === 6 && minor >= 17);
  if (typeof answers !== 'string' && !counts) console.log(`netstack: depths of epolls not compared: ${linux.release}`);
  test.skipIf(!counts)('epollDepths', () => {
    expect(epollDepths()).toEqual(linux.epollDepths);
  });
});
