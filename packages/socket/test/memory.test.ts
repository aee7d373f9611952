import { AF_INET, POLLIN, POLLOUT, SO_ERROR, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } from '@synos/abi';
import { failure, type SocketAddress } from '@synos/interfaces';
import { type BlockingAccept, type BlockingCall, block, createSockets, Socket } from '@synos/socket';
import { createMemoryNetwork, type MemoryNetworkOptions } from '@synos/socket/memory';
import { describe, expect, test } from 'vitest';
import { said } from './rig.js';
import { emptyName, name } from './toy-provider.js';

function createRig(options: Partial<MemoryNetworkOptions> = {}) {
  let tasks: (() => void)[] = [];
  const network = createMemoryNetwork({ ...options, soon: (task) => tasks.push(task) });
  const sockets = createSockets({ providers: [network], clock: { now: () => 0 } });
  const make = (type: number): Socket => {
    const socket = sockets.socket(AF_INET, type, 0);
    if (typeof socket === 'number') throw new Error(`socket: ${said(socket)}`);
    return socket;
  };
  return {
    network,
    stream: (flags = 0) => make(SOCK_STREAM | flags),
    datagram: (flags = 0) => make(SOCK_DGRAM | flags),
    run() {
      for (let turn = 0; turn < 50 && tasks.length > 0; turn += 1) {
        const now = tasks;
        tasks = [];
        for (const task of now) task();
      }
    },
    block(socket: Socket, call: BlockingCall | BlockingAccept) {
      const blocked: { result: Socket | number | undefined } = { result: undefined };
      block(socket, call as BlockingAccept, (result) => {
        blocked.result = result;
      });
      return blocked;
    },
  };
}

/** A blocking call that ends within the turns that `run` takes. */
function ends(rig: ReturnType<typeof createRig>, socket: Socket, call: BlockingCall | BlockingAccept): Socket | number {
  const blocked = rig.block(socket, call);
  rig.run();
  if (blocked.result === undefined) throw new Error(`${call.call} has not ended`);
  return blocked.result;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0));

for (const completesLater of [false, true]) {
  describe(`POSIX sockets over a network in memory that completes ${completesLater ? 'later' : 'at once'}`, () => {
    test('bind, listen, connect, accept, send and recv as ever', () => {
      const rig = createRig({ completesLater });
      const listener = rig.stream();
      expect(ends(rig, listener, { call: 'bind', name: name(80) })).toBe(0);
      expect(ends(rig, listener, { call: 'listen', backlog: 4 })).toBe(0);
      const client = rig.stream();
      const connected = rig.block(client, { call: 'connect', name: name(80) });
      const server = ends(rig, listener, { call: 'accept' });
      expect(connected.result).toBe(0);
      if (!(server instanceof Socket)) throw new Error('no connection');
      expect(client.send(bytes('hello'))).toBe(5);
      const into = new Uint8Array(8);
      expect(ends(rig, server, { call: 'recv', into })).toBe(5);
      server.close();
      expect(ends(rig, client, { call: 'recv', into })).toBe(0);
      client.close();
      listener.close();
      expect(rig.network.openEndpoints).toBe(0);
    });

    test('a socket that was refused may connect again, with the name that it had', () => {
      const rig = createRig({ completesLater });
      const client = rig.stream();
      expect(ends(rig, client, { call: 'bind', name: name(81) })).toBe(0);
      expect(said(ends(rig, client, { call: 'connect', name: name(80) }))).toBe('ECONNREFUSED');
      const listener = rig.stream();
      ends(rig, listener, { call: 'bind', name: name(80) });
      ends(rig, listener, { call: 'listen', backlog: 1 });
      expect(ends(rig, client, { call: 'connect', name: name(80) })).toBe(0);
      const into = emptyName();
      expect(client.getsockname(into)).toBe(0);
      expect(into.port).toBe(81);
    });

    test('a non-blocking connect: EINPROGRESS, EALREADY, writable, SO_ERROR', () => {
      const rig = createRig({ completesLater });
      const listener = rig.stream();
      ends(rig, listener, { call: 'bind', name: name(80) });
      ends(rig, listener, { call: 'listen', backlog: 1 });
      const client = rig.stream(SOCK_NONBLOCK);
      expect(said(client.connect(name(80)))).toBe('EINPROGRESS');
      expect(said(client.connect(name(80)))).toBe('EALREADY');
      expect(client.poll(POLLOUT)).toBe(0);
      rig.run();
      expect(client.poll(POLLOUT)).toBe(POLLOUT);
      expect(client.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
      const refused = rig.stream(SOCK_NONBLOCK);
      expect(said(refused.connect(name(9)))).toBe('EINPROGRESS');
      rig.run();
      expect(said(-(refused.getsockopt(SOL_SOCKET, SO_ERROR) as number))).toBe('ECONNREFUSED');
    });

    test('datagrams: connect and its undoing', () => {
      const rig = createRig({ completesLater });
      const receiver = rig.datagram();
      ends(rig, receiver, { call: 'bind', name: name(53) });
      const sender = rig.datagram();
      expect(ends(rig, sender, { call: 'connect', name: name(53) })).toBe(0);
      expect(sender.send(bytes('hi'))).toBe(2);
      rig.run();
      expect(receiver.poll(POLLIN)).toBe(POLLIN);
      expect(ends(rig, sender, { call: 'connect', name: { family: 0, ...name(0, 0) } })).toBe(0);
      expect(said(sender.send(bytes('hi')))).toBe('EDESTADDRREQ');
    });
  });
}

describe('a network in memory', () => {
  const kind = { domain: 'inet', type: 'stream', protocol: 0 } as const;

  test('has room for so many endpoints, and gives it back', () => {
    const { network } = createRig({ maximumEndpoints: 3 });
    const opened = [0, 1, 2].map(() => network.open(kind));
    expect(network.open(kind)).toBe(failure.noBuffers);
    const [first] = opened;
    if (typeof first === 'object') first.close();
    expect(typeof network.open(kind)).toBe('object');
    network.dispose();
    expect(network.openEndpoints).toBe(0);
    expect(network.open(kind)).toBe(failure.noBuffers);
  });

  test('gives ephemeral ports until there are none, then says so', () => {
    const { network } = createRig();
    const any: SocketAddress = name(0);
    const results = new Map<number, number>();
    for (let count = 0; count < 16_390; count += 1) {
      const endpoint = network.open({ ...kind, type: 'datagram' });
      if (typeof endpoint === 'number') throw new Error('no endpoint');
      const result = endpoint.bind(any);
      results.set(result, (results.get(result) ?? 0) + 1);
    }
    expect([...results]).toEqual([
      [0, 16_384],
      [failure.addressInUse, 6],
    ]);
  });

  test('a listener that throws takes no other one its event', () => {
    const rig = createRig();
    const [a, b] = [rig.network.open(kind), rig.network.open(kind)];
    if (typeof a === 'number' || typeof b === 'number') throw new Error('no endpoint');
    let told = 0;
    a.listenReadiness({
      readinessChanged() {
        throw new Error('mine');
      },
    });
    b.listenReadiness({
      readinessChanged() {
        told += 1;
      },
    });
    expect(() => rig.run()).toThrow('mine');
    rig.run();
    expect(told).toBe(1);
  });

  test('two that both reuse share a name; one alone listens', () => {
    const { network } = createRig();
    const endpoints = [0, 1].map(() => {
      const endpoint = network.open(kind);
      if (typeof endpoint === 'number') throw new Error('no endpoint');
      endpoint.setOption('reuseAddress', 1);
      expect(endpoint.bind(name(80))).toBe(0);
      return endpoint;
    });
    expect(endpoints.map((each) => each.listen(1))).toEqual([0, failure.addressInUse]);
  });

  test('needs to be told how to run a task soon', () => {
    expect(() => createMemoryNetwork({} as MemoryNetworkOptions)).toThrow(TypeError);
  });
});
