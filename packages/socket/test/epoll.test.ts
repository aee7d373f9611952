// epoll(7), epoll_ctl(2), epoll_wait(2), fs/eventpoll.c.
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '@synos/abi';
import { createEpoll, type Epoll, type EpollEvent, poll, type Socket, type WaiterList } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { createRig, type Rig, said } from './rig.js';
import { name } from './toy-provider.js';

const byte = Uint8Array.of(1);

function take(epoll: Epoll, maxEvents = 100): (readonly [unknown, number])[] | string {
  const into: EpollEvent[] = [];
  const count = epoll.take(into, maxEvents);
  return count < 0 ? String(said(count)) : into.slice(0, count).map(({ events, data }) => [data, events] as const);
}

function add(epoll: Epoll, target: Socket | Epoll, events: number, data: unknown = 'it'): number {
  return epoll.ctl(EPOLL_CTL_ADD, target, { events, data });
}

function wait(epoll: Epoll, timeoutMs: number, maxEvents = 100) {
  const into: EpollEvent[] = [];
  const got: { count: number | undefined; data: unknown[]; cancel: () => number } = {
    count: undefined,
    data: [],
    cancel: () => 0,
  };
  got.cancel = epoll.wait(into, maxEvents, timeoutMs, (count) => {
    if (got.count !== undefined) throw new Error('done twice');
    got.count = count;
    got.data = into.slice(0, Math.max(0, count)).map(({ data }) => data);
  });
  return got;
}

function isFree(socket: Socket | Epoll): boolean {
  const { waiters } = socket as unknown as { waiters: WaiterList | null };
  return waiters === null || waiters.isEmpty;
}

describe('epoll_ctl', () => {
  test.each<readonly [string, (epoll: Epoll, socket: Socket, rig: Rig) => number, string | number]>([
    ['ADD', (epoll, socket) => add(epoll, socket, EPOLLIN), 0],
    [
      'ADD twice',
      (epoll, socket) => {
        add(epoll, socket, EPOLLIN);
        return add(epoll, socket, EPOLLOUT);
      },
      'EEXIST',
    ],
    ['MOD of a stranger', (epoll, socket) => epoll.ctl(EPOLL_CTL_MOD, socket, { events: 0, data: 0 }), 'ENOENT'],
    ['DEL of a stranger', (epoll, socket) => epoll.ctl(EPOLL_CTL_DEL, socket), 'ENOENT'],
    ['another operation', (epoll, socket) => epoll.ctl(9, socket), 'EINVAL'],
    ['itself', (epoll) => add(epoll, epoll, EPOLLIN), 'EINVAL'],
    [
      'a closed socket',
      (epoll, socket) => {
        socket.close();
        return add(epoll, socket, EPOLLIN);
      },
      'EBADF',
    ],
    [
      'a closed epoll',
      (epoll, socket) => {
        epoll.close();
        return add(epoll, socket, EPOLLIN);
      },
      'EBADF',
    ],
    ['EPOLLEXCLUSIVE, ADD', (epoll, socket) => add(epoll, socket, EPOLLIN | EPOLLOUT | EPOLLET | EPOLLEXCLUSIVE), 0],
    [
      'EPOLLEXCLUSIVE, MOD',
      (epoll, socket) => {
        add(epoll, socket, EPOLLIN);
        return epoll.ctl(EPOLL_CTL_MOD, socket, { events: EPOLLIN | EPOLLEXCLUSIVE, data: 0 });
      },
      'EINVAL',
    ],
    [
      'MOD after EPOLLEXCLUSIVE',
      (epoll, socket) => {
        add(epoll, socket, EPOLLIN | EPOLLEXCLUSIVE);
        return epoll.ctl(EPOLL_CTL_MOD, socket, { events: EPOLLIN, data: 0 });
      },
      'EINVAL',
    ],
    ['EPOLLEXCLUSIVE, one-shot', (epoll, socket) => add(epoll, socket, EPOLLONESHOT | EPOLLEXCLUSIVE), 'EINVAL'],
    ['EPOLLEXCLUSIVE, EPOLLPRI', (epoll, socket) => add(epoll, socket, EPOLLPRI | EPOLLEXCLUSIVE), 'EINVAL'],
    [
      'EPOLLEXCLUSIVE on an epoll',
      (epoll, _socket, rig) => add(epoll, createEpoll(rig.sockets), EPOLLIN | EPOLLEXCLUSIVE),
      'EINVAL',
    ],
    [
      'a circle',
      (epoll, _socket, rig) => {
        const inner = createEpoll(rig.sockets);
        add(epoll, inner, EPOLLIN);
        return add(inner, epoll, EPOLLIN);
      },
      'ELOOP',
    ],
    [
      'a circle of three',
      (epoll, _socket, rig) => {
        const [second, third] = [createEpoll(rig.sockets), createEpoll(rig.sockets)];
        add(epoll, second, EPOLLIN);
        add(second, third, EPOLLIN);
        return add(third, epoll, EPOLLIN);
      },
      'ELOOP',
    ],
  ])('%s', (_name, call, expected) => {
    const rig = createRig();
    expect(said(call(createEpoll(rig.sockets), rig.pair().client, rig))).toBe(expected);
  });

  test.each(['inwards', 'outwards'])('five may lie one in the other, added %s, not six (EP_MAX_NESTS)', (way) => {
    const rig = createRig();
    const chain = Array.from({ length: 6 }, () => createEpoll(rig.sockets));
    const steps = [0, 1, 2, 3, 4].map((at) => () => add(chain[at]!, chain[at + 1]!, EPOLLIN));
    if (way === 'outwards') steps.reverse();
    expect(steps.map((step) => said(step()))).toEqual([0, 0, 0, 0, 'ELOOP']);
  });

  test('many ways from one epoll to another are looked at once each', () => {
    const rig = createRig();
    const layers = Array.from({ length: 5 }, () => Array.from({ length: 10 }, () => createEpoll(rig.sockets)));
    let looks = 0;
    class Counted extends Set<Epoll> {
      override [Symbol.iterator]() {
        looks += 1;
        return super[Symbol.iterator]();
      }
    }
    for (const epoll of layers.flat()) Object.assign(epoll, { inner: new Counted(), outer: new Counted() });
    // 10 ** 4 ways from the first layer to the last.
    for (let at = 0; at < 4; at += 1) {
      for (const outer of layers[at]!) for (const inner of layers[at + 1]!) expect(add(outer, inner, EPOLLIN)).toBe(0);
    }
    looks = 0;
    expect(said(add(layers[4]![0]!, layers[0]![0]!, EPOLLIN))).toBe('ELOOP');
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(2 * layers.flat().length);
  });

  test('so many targets, and no more', () => {
    const rig = createRig();
    const epoll = createEpoll(rig.sockets, { maxTargets: 2 });
    const sockets = [rig.datagram(), rig.datagram(), rig.datagram()] as const;
    expect(sockets.map((socket) => said(add(epoll, socket, EPOLLIN)))).toEqual([0, 0, 'ENOSPC']);
    sockets[0].close();
    expect(epoll.size).toBe(1);
    expect(add(epoll, sockets[2], EPOLLIN)).toBe(0);
  });
});

describe('what is reported', () => {
  test('what holds at ADD and at MOD, what comes later, with its data; ERR and HUP unasked', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const epoll = createEpoll(rig.sockets);
    const data = { any: 'thing' };
    add(epoll, server, EPOLLOUT, data);
    expect(take(epoll)).toEqual([[data, EPOLLOUT]]);
    epoll.ctl(EPOLL_CTL_MOD, server, { events: EPOLLIN | EPOLLRDHUP, data: 2 });
    expect(take(epoll)).toEqual([]);
    client.send(byte);
    expect(take(epoll)).toEqual([]);
    rig.net.run();
    expect(take(epoll)).toEqual([[2, EPOLLIN]]);
    client.shutdown(1);
    rig.net.run();
    expect(take(epoll)).toEqual([[2, EPOLLIN | EPOLLRDHUP]]);
    epoll.ctl(EPOLL_CTL_MOD, server, { events: 0, data: 3 });
    expect(take(epoll)).toEqual([]);
    server.shutdown(1);
    rig.net.run();
    expect(take(epoll)).toEqual([[3, EPOLLHUP]]);
    const refused = rig.stream(true);
    add(epoll, refused, 0, 4);
    epoll.ctl(EPOLL_CTL_DEL, server);
    take(epoll);
    refused.connect(name(81));
    rig.net.run();
    expect(take(epoll)).toEqual([[4, EPOLLERR | EPOLLHUP]]);
  });

  test('level: as long as it holds; edge: once each time something comes; one-shot: once, until MOD', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const [level, edge, once] = [0, EPOLLET, EPOLLONESHOT].map((flag) => {
      const epoll = createEpoll(rig.sockets);
      add(epoll, server, EPOLLIN | flag);
      return epoll;
    }) as [Epoll, Epoll, Epoll];
    const reported = [['it', EPOLLIN]];
    client.send(Uint8Array.of(1, 2));
    rig.net.run();
    for (const epoll of [level, edge, once]) expect(take(epoll)).toEqual(reported);
    for (const [epoll, second] of [
      [level, reported],
      [edge, []],
      [once, []],
    ] as const) {
      expect(take(epoll)).toEqual(second);
    }
    // Half of it is read: nothing new for who counts edges.
    server.recv(new Uint8Array(1));
    expect([take(level), take(edge)]).toEqual([reported, []]);
    client.send(byte);
    rig.net.run();
    expect([take(level), take(edge), take(once)]).toEqual([reported, reported, []]);
    once.ctl(EPOLL_CTL_MOD, server, { events: EPOLLIN | EPOLLONESHOT, data: 'it' });
    expect([take(once), take(once)]).toEqual([reported, []]);
    server.recv(new Uint8Array(9));
    expect([take(level), take(edge)]).toEqual([[], []]);
  });

  test('with few places everybody has a turn', () => {
    const rig = createRig();
    const epoll = createEpoll(rig.sockets);
    const sockets = Array.from({ length: 5 }, () => rig.datagram());
    for (const [nth, socket] of sockets.entries()) add(epoll, socket, EPOLLOUT, nth);
    const turns: unknown[] = [];
    for (let round = 0; round < 5; round += 1)
      for (const [nth] of take(epoll, 2) as [unknown, number][]) turns.push(nth);
    expect(turns).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });

  test.each([0, -1, Number.NaN, 2 ** 31])('maxEvents %d', (maxEvents) => {
    const rig = createRig();
    const epoll = createEpoll(rig.sockets);
    expect(take(epoll, maxEvents)).toBe('EINVAL');
    expect(said(wait(epoll, -1, maxEvents).count ?? 0)).toBe('EINVAL');
  });

  test('closing a socket takes it out, closing the epoll lets go of all', () => {
    const rig = createRig();
    const { client, server, listener } = rig.pair();
    const epoll = createEpoll(rig.sockets);
    for (const socket of [client, server, listener]) add(epoll, socket, EPOLLOUT | EPOLLIN);
    client.close();
    expect(epoll.size).toBe(2);
    expect(isFree(client)).toBe(true);
    expect(said(epoll.ctl(EPOLL_CTL_DEL, client))).toBe('EBADF');
    epoll.ctl(EPOLL_CTL_DEL, server);
    expect(isFree(server)).toBe(true);
    expect(epoll.close()).toBe(0);
    expect(isFree(listener)).toBe(true);
    expect([said(epoll.close()), take(epoll), epoll.size]).toEqual(['EBADF', 'EBADF', 0]);
  });
});

describe('epoll_wait', () => {
  test('at once, by the time, by an event, by the end of the epoll; or it is taken back', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const epoll = createEpoll(rig.sockets);
    add(epoll, client, EPOLLOUT, 'out');
    expect(wait(epoll, -1).data).toEqual(['out']);
    epoll.ctl(EPOLL_CTL_DEL, client);
    add(epoll, server, EPOLLIN | EPOLLET, 'in');
    expect(wait(epoll, 0).count).toBe(0);
    const timed = wait(epoll, 50);
    rig.advance(49);
    expect(timed.count).toBe(undefined);
    rig.advance(1);
    expect(timed.count).toBe(0);
    const woken = wait(epoll, 50);
    const long = wait(epoll, Number.POSITIVE_INFINITY);
    const gone = wait(epoll, 50);
    gone.cancel();
    client.send(byte);
    rig.advance(0);
    rig.advance(0);
    // An edge is one wait's: the other goes on.
    expect([woken.data, long.count, gone.count]).toEqual([['in'], undefined, undefined]);
    rig.advance(1000);
    expect(long.count).toBe(undefined);
    epoll.close();
    rig.advance(0);
    expect(said(long.count ?? 0)).toBe('EBADF');
    expect([isFree(epoll), rig.sockets.nextDeadline()]).toEqual([true, Number.POSITIVE_INFINITY]);
  });

  test('what becomes ready together comes together', () => {
    const rig = createRig();
    const epoll = createEpoll(rig.sockets);
    const receivers = [1, 2, 3].map((port) => {
      const socket = rig.datagram();
      socket.bind(name(port));
      add(epoll, socket, EPOLLIN, port);
      return socket;
    });
    const waiting = wait(epoll, -1);
    for (const port of [3, 1, 2]) rig.datagram().sendto(byte, 0, name(port));
    rig.net.run();
    rig.advance(0);
    expect(waiting.data).toEqual([3, 1, 2]);
    expect(receivers.every((socket) => !isFree(socket))).toBe(true);
  });

  test('a wait that finds nothing after all keeps its time', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const epoll = createEpoll(rig.sockets);
    add(epoll, server, EPOLLIN);
    const waiting = wait(epoll, 100);
    client.send(byte);
    rig.net.run();
    server.recv(new Uint8Array(9));
    rig.advance(99);
    expect(waiting.count).toBe(undefined);
    rig.advance(1);
    expect(waiting.count).toBe(0);
  });

  test('everything may be called from inside an answer', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const epoll = createEpoll(rig.sockets);
    add(epoll, server, EPOLLIN);
    const results: number[] = [];
    const into: EpollEvent[] = [];
    epoll.wait(into, 9, -1, (count) => {
      results.push(count, server.recv(new Uint8Array(9)), server.close(), epoll.size);
      epoll.wait(into, 9, -1, (second) => results.push(second));
      epoll.close();
    });
    client.send(byte);
    for (let turn = 0; turn < 3; turn += 1) rig.advance(0);
    expect(results).toEqual([1, 1, 0, 0, -9]);
  });
});

describe('an epoll in an epoll', () => {
  test('is readable while something in it is ready', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const [outer, inner] = [createEpoll(rig.sockets), createEpoll(rig.sockets)];
    add(inner, server, EPOLLIN, 'server');
    add(outer, inner, EPOLLIN | EPOLLOUT, 'inner');
    const polled: number[] = [];
    poll(rig.sockets, [{ socket: inner, events: EPOLLIN, revents: 0 }], -1, (ready) => polled.push(ready));
    expect(take(outer)).toEqual([]);
    client.send(byte);
    rig.net.run();
    expect(polled).toEqual([1]);
    expect([take(outer), take(outer)]).toEqual([[['inner', EPOLLIN]], [['inner', EPOLLIN]]]);
    expect(take(inner)).toEqual([['server', EPOLLIN]]);
    server.recv(new Uint8Array(9));
    expect([take(outer), inner.poll(EPOLLIN)]).toEqual([[], 0]);
    client.send(byte);
    rig.net.run();
    expect(take(outer)).toEqual([['inner', EPOLLIN]]);
    inner.close();
    expect([outer.size, take(outer)]).toEqual([0, []]);
  });
});
