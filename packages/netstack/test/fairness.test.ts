import { AF_INET, MSG_DONTWAIT, POLLIN, SOCK_NONBLOCK, SOCK_STREAM, TCP_NODELAY } from '@synos/abi';
import type { Pollable } from '@synos/interfaces';
import { createTestEntropy } from '@synos/netsim';
import { createCable, createSwitch } from '@synos/nic';
import { type Socket, Waiter } from '@synos/socket';
import { createStackMemory, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createNetstack, drive, type Netstack } from '../src/index.js';
import { createNetwork, type Network } from '../src/streams/index.js';
import { ChargedLoop, HostTimer } from './charged-loop.js';
import { mustBe0, openSocket } from './transfer.js';

const echoPort = 7;
const bulkPort = 9;
const any = ipv4(0, 0, 0, 0);
const budgetPackets = 256;
const chunk = new Uint8Array(65_536);

/** Two stacks, or one twice, on one loop. */
interface Hosts {
  readonly client: Netstack;
  readonly server: Netstack;
  readonly address: ReturnType<typeof ipv4>;
  /** Frames that the server's card has received. */
  framesIn(): number;
  close(): void;
}

function hostsOver(loop: ChargedLoop, kind: 'cable' | 'vouching cable' | 'loopback'): Hosts {
  const entropy = createTestEntropy(kind);
  if (kind === 'loopback') {
    const stack = createNetstack({ clock: loop, entropy });
    const stop = drive(stack, loop);
    const close = (): void => {
      stop();
      stack.dispose();
    };
    const framesIn = (): number => stack.ip.counters.ethernetIn;
    return { client: stack, server: stack, address: ipv4(127, 0, 0, 1), framesIn, close };
  }
  const cable = createCable({ vouches: kind !== 'cable' });
  const memory = createStackMemory();
  const make = (side: 'a' | 'b', address: string): Netstack =>
    createNetstack({ clock: loop, entropy, memory, interfaces: [{ device: cable[side], addresses: [address] }] });
  const server = make('a', '10.0.0.1/24');
  const client = make('b', '10.0.0.2/24');
  const stops = [drive(server, loop), drive(client, loop)];
  return {
    client,
    server,
    address: ipv4(10, 0, 0, 1),
    framesIn: () => server.ip.counters.ethernetIn,
    close() {
      for (const stop of stops) stop();
      server.dispose();
      client.dispose();
      cable.close();
    },
  };
}

/** Serves a port: `take` is called whenever a connection has something. */
function serve(stack: Netstack, port: number, take: (socket: Socket) => void): void {
  const listener = openSocket(stack);
  mustBe0(listener.bind({ address: any, port }), 'bind');
  mustBe0(listener.listen(64), 'listen');
  const accept = (): void => {
    for (let one = listener.accept(); typeof one !== 'number'; one = listener.accept()) {
      const socket = one;
      socket.nonblocking = true;
      const look = (): void => take(socket);
      socket.addWaiter(new Waiter(POLLIN, { woken: look }));
      look();
    }
  };
  listener.addWaiter(new Waiter(POLLIN, { woken: accept }));
}

function connectTo(hosts: Hosts, port: number, woken: (socket: Socket) => void): Socket {
  const socket = hosts.client.sockets.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number') throw new Error(`socket: errno ${-socket}`);
  socket.connect({ address: hosts.address, port });
  socket.setsockopt(6, TCP_NODELAY, 1);
  socket.addWaiter(new Waiter(0xffff, { woken: () => woken(socket) }));
  return socket;
}

/** Sends without end, and reads without end what comes. */
function startBulk(hosts: Hosts): { received: number } {
  const count = { received: 0 };
  const into = new Uint8Array(65_536);
  serve(hosts.server, bulkPort, (socket) => {
    for (let got = socket.recv(into, MSG_DONTWAIT); got > 0; got = socket.recv(into, MSG_DONTWAIT))
      count.received += got;
  });
  return count;
}

function addBulkSender(hosts: Hosts): void {
  connectTo(hosts, bulkPort, (socket) => {
    while (socket.send(chunk, MSG_DONTWAIT) > 0);
  });
}

/** A byte there and back, again and again: the turns that each took. */
function startEcho(hosts: Hosts, loop: ChargedLoop): number[] {
  const turns: number[] = [];
  const byte = new Uint8Array(1);
  serve(hosts.server, echoPort, (socket) => {
    while (socket.recv(byte, MSG_DONTWAIT) === 1) socket.send(byte, MSG_DONTWAIT);
  });
  let sentAt = -1;
  connectTo(hosts, echoPort, (socket) => {
    if (sentAt >= 0 && socket.recv(byte, MSG_DONTWAIT) === 1) {
      turns.push(loop.turns - sentAt);
      sentAt = -1;
    }
    if (sentAt < 0 && socket.send(byte, MSG_DONTWAIT) === 1) sentAt = loop.turns;
  });
  return turns;
}

describe('drive: each turn costs 1 ms', () => {
  test('one poll a turn, also where timers ring while there is work', () => {
    const loop = new ChargedLoop();
    const budgets: number[] = [];
    const busy: Pollable = {
      onWork: null,
      poll(_nowMs, budget) {
        budgets.push(budget);
        return true;
      },
      nextDeadline: () => loop.now() + 2,
    };
    const stop = drive(busy, loop);
    loop.run(100);
    expect(budgets).toEqual(new Array(100).fill(budgetPackets));
    stop();
    budgets.length = 0;
    drive(busy, loop, { budgetPackets: 7 });
    loop.run(2);
    expect(budgets).toEqual([7, 7]);
  });

  test('a listener that throws: the turns go on, and so do the timers', () => {
    const loop = new ChargedLoop();
    let polls = 0;
    const stop = drive(
      {
        onWork: null,
        poll() {
          polls++;
          if (polls % 2 === 1) throw new Error('a program’s own mistake');
          return false;
        },
        nextDeadline: () => loop.now() + 10,
      },
      loop,
    );
    expect(() => loop.turn()).toThrow('a program’s own mistake');
    loop.turn();
    expect(polls).toBe(2);
    loop.run(8);
    expect(polls).toBe(2);
    expect(() => loop.run(3)).toThrow('a program’s own mistake');
    stop();
  });

  test.each([
    ['cable', 1],
    ['cable', 12],
    ['vouching cable', 1],
    ['vouching cable', 12],
    ['loopback', 1],
    ['loopback', 12],
  ] as const)('over a %s beside %i bulk transfers: an echo within 10 turns, a timer within 3', (kind, flows) => {
    const loop = new ChargedLoop();
    const hosts = hostsOver(loop, kind);
    const bulk = startBulk(hosts);
    for (let flow = 0; flow < flows; flow++) addBulkSender(hosts);
    loop.run(50);
    const timer = new HostTimer(loop);
    const echoes = startEcho(hosts, loop);
    const before = bulk.received;
    let most = 0;
    for (let turn = 0; turn < 120; turn++) {
      const frames = hosts.framesIn();
      loop.turn();
      most = Math.max(most, hosts.framesIn() - frames);
    }
    expect(Math.max(...echoes)).toBeLessThanOrEqual(10);
    expect(echoes.length).toBeGreaterThanOrEqual(12);
    expect(timer.latest).toBeLessThanOrEqual(3);
    expect(timer.rings).toBeGreaterThanOrEqual(120 / 6 - 1);
    // The bulk did go on beside, and no turn did more than its budget.
    expect(bulk.received - before).toBeGreaterThan(2_000_000);
    expect(most).toBeLessThanOrEqual(budgetPackets);
    hosts.close();
  });
});

/** As {@link startBulk} and {@link startEcho}, in promises. */
async function streamLoops(client: Network, server: Network, host: string, loop: ChargedLoop, flows: number) {
  const state = { received: 0, echoes: [] as number[], ends: [] as Promise<void>[] };
  const quietly = (work: Promise<void>): void => void state.ends.push(work.catch(() => {}));
  const sink = server.listen({ port: bulkPort });
  const echo = server.listen({ port: echoPort });
  quietly(
    (async () => {
      for await (const connection of sink) {
        quietly(
          (async () => {
            for await (const part of connection.readable) state.received += part.length;
          })(),
        );
      }
    })(),
  );
  quietly(
    (async () => {
      for await (const { readable, writable } of echo) quietly(readable.pipeTo(writable));
    })(),
  );
  for (let flow = 0; flow < flows; flow++) {
    quietly(
      (async () => {
        const writer = (await client.connect({ host, port: bulkPort })).writable.getWriter();
        for (;;) await writer.write(chunk);
      })(),
    );
  }
  quietly(
    (async () => {
      const connection = await client.connect({ host, port: echoPort });
      connection.setNoDelay();
      const writer = connection.writable.getWriter();
      const reader = connection.readable.getReader();
      for (;;) {
        const sentAt = loop.turns;
        await writer.write(new Uint8Array(1));
        await reader.read();
        state.echoes.push(loop.turns - sentAt);
      }
    })(),
  );
  return state;
}

describe('streams: promise loops, each turn costs 1 ms', () => {
  const networksOver = (loop: ChargedLoop, kind: 'cable' | 'loopback') => {
    const host = { loop, entropy: createTestEntropy(kind) };
    if (kind === 'loopback') {
      const network = createNetwork({ host });
      return { client: network, server: network, address: 'localhost', close: () => network.close() };
    }
    const cable = createCable();
    const server = createNetwork({ host, interfaces: [{ device: cable.a, addresses: ['10.0.0.1/24'] }] });
    const client = createNetwork({ host, interfaces: [{ device: cable.b, addresses: ['10.0.0.2/24'] }] });
    const close = (): void => {
      client.close();
      server.close();
      cable.close();
    };
    return { client, server, address: '10.0.0.1', close };
  };

  test.each([
    ['cable', 1],
    ['cable', 8],
    ['loopback', 1],
    ['loopback', 8],
  ] as const)('over a %s beside %i bulk transfers: an echo within 10 turns, a timer within 3', async (kind, flows) => {
    const loop = new ChargedLoop();
    const { client, server, address, close } = networksOver(loop, kind);
    const state = await streamLoops(client, server, address, loop, flows);
    await loop.runAsync(50);
    const timer = new HostTimer(loop);
    const [received, echoes] = [state.received, state.echoes.length];
    await loop.runAsync(120);
    expect(Math.max(...state.echoes.slice(echoes))).toBeLessThanOrEqual(10);
    expect(state.echoes.length - echoes).toBeGreaterThanOrEqual(12);
    expect(timer.latest).toBeLessThanOrEqual(3);
    expect(timer.rings).toBeGreaterThanOrEqual(120 / 6 - 1);
    expect(state.received - received).toBeGreaterThan(2_000_000);
    close();
    await loop.runAsync(5);
    await Promise.all(state.ends);
  });

  test('datagrams to a card that takes everything: the loop of sends comes up for air', async () => {
    const loop = new ChargedLoop();
    // A switch's port is never busy: what the far port cannot hold is dropped there.
    const lan = createSwitch({ ports: 2 });
    const host = { loop, entropy: createTestEntropy('air') };
    const network = createNetwork({ host, interfaces: [{ device: lan.port(0), addresses: ['10.0.0.1/24'] }] });
    network.stack.ip.addNeighbour(lan.port(0), ipv4(10, 0, 0, 9), new Uint8Array([2, 0, 0, 0, 0, 9]));
    const socket = network.datagrams();
    const timer = new HostTimer(loop);
    let sent = 0;
    let most = 0;
    let turn = loop.turns;
    let inTurn = 0;
    const sending = (async () => {
      for (;;) {
        await socket.send(chunk.subarray(0, 100), { host: '10.0.0.9', port: 9 });
        sent++;
        inTurn = turn === loop.turns ? inTurn + 1 : 1;
        turn = loop.turns;
        most = Math.max(most, inTurn);
        // Microtasks alone would never let this test's own timers end it.
        if (inTurn > 100_000) throw new Error('the loop has taken the turn for itself');
      }
    })();
    const ended = sending.catch((error: Error) => error.message);
    await loop.runAsync(100);
    expect(timer.rings).toBeGreaterThanOrEqual(100 / 6 - 1);
    expect(timer.latest).toBeLessThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(2 * budgetPackets);
    expect(sent).toBeGreaterThan(1000);
    expect(lan.port(1).counters.rxQueueFull).toBeGreaterThan(1000);
    network.close();
    await loop.runAsync(3);
    expect(await ended).not.toContain('taken the turn');
    lan.close();
  });
});
