import { once } from 'node:events';
import * as net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { direction, failure, readiness, type SocketAddress, type TransportEndpoint } from '@synos/interfaces';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOfError } from '../src/host-sockets/failure-of-error.js';
import { createHostSockets, type HostSockets } from '../src/host-sockets/index.js';

const loopback = { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001 };
const at = (port: number): SocketAddress => ({ address: loopback, port });

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 2000; round += 1) {
    if (condition()) return;
    await sleep(1);
  }
  throw new Error('it does not happen');
}

let host: HostSockets;

beforeEach(() => {
  host = createHostSockets();
});

afterEach(async () => {
  host.dispose();
  await until(() => host.openHandles === 0);
});

function open(type: 'stream' | 'datagram'): TransportEndpoint {
  const opened = host.open({ domain: 'inet', type, protocol: 0 });
  if (typeof opened === 'number') throw new Error(`open: ${opened}`);
  return opened;
}

async function outcome(endpoint: TransportEndpoint, result: number): Promise<number> {
  if (result !== failure.pending) return result;
  await until(() => (endpoint.readiness() & readiness.completed) !== 0);
  return endpoint.takeResult();
}

function portOf(endpoint: TransportEndpoint): number {
  const into = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
  endpoint.localAddress(into);
  return into.port;
}

/** An endpoint connected to a server of Node's own, and its other end. */
async function toNode(options: net.ServerOpts = {}): Promise<{ endpoint: TransportEndpoint; peer: net.Socket }> {
  const server = net.createServer({ allowHalfOpen: true, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = open('stream');
  endpoint.connect(at((server.address() as net.AddressInfo).port));
  const [peer] = (await once(server, 'connection')) as [net.Socket];
  await until(() => (endpoint.readiness() & readiness.writable) !== 0);
  server.close();
  peer.on('error', () => {});
  return { endpoint, peer };
}

describe('host sockets and node:net', () => {
  test('a client of Node is served', async () => {
    const listener = open('stream');
    expect(await outcome(listener, listener.bind(at(0)))).toBe(0);
    expect(await outcome(listener, listener.listen(4))).toBe(0);
    const client = net.connect(portOf(listener), '127.0.0.1');
    client.end('from node');
    await until(() => (listener.readiness() & readiness.readable) !== 0);
    const server = listener.accept() as TransportEndpoint;
    await until(() => (server.readiness() & readiness.readHangup) !== 0);
    const into = Buffer.alloc(20);
    expect(server.receive(into, 0, 20, 0, null)).toBe(9);
    expect(into.toString('latin1', 0, 9)).toBe('from node');
    expect(server.receive(into, 0, 20, 0, null)).toBe(0);
    server.send(Buffer.from('ours'), 0, 4, 0, null);
    server.close();
    const [answer] = await once(client, 'data');
    expect(String(answer)).toBe('ours');
  });

  test('a peer that does not read: what waits here is bounded by sendBufferBytes', async () => {
    const { endpoint, peer } = await toNode({ pauseOnConnect: true });
    const limit = 20_000;
    expect(endpoint.setOption('sendBufferBytes', limit)).toBe(0);
    const bytes = new Uint8Array(100_000).fill(7);
    let taken = 0;
    for (let idle = 0; idle < 30; ) {
      const result = endpoint.send(bytes, 0, bytes.length, 0, null);
      idle = result > 0 ? 0 : idle + 1;
      if (result > 0) taken += result;
      expect(endpoint.getOption('unsentBytes')).toBeLessThanOrEqual(limit);
      await sleep(1);
    }
    expect(endpoint.readiness() & readiness.writable).toBe(0);
    // With the peer's window closed the host may lose the reset; the handle is gone all the same.
    endpoint.abort();
    await until(() => host.openHandles === 0);
    expect(taken).toBeGreaterThan(limit);
    peer.destroy();
  });

  test('a program that does not read: what waits here is bounded, and the peer is stopped', async () => {
    const { endpoint, peer } = await toNode();
    const limit = 20_000;
    endpoint.setOption('receiveBufferBytes', limit);
    const total = 32 * 1024 * 1024;
    peer.end(Buffer.alloc(total, 5));
    await until(() => endpoint.getOption('readableBytes') >= limit);
    await sleep(50);
    // One read of Node's comes on top.
    expect(endpoint.getOption('readableBytes')).toBeLessThanOrEqual(limit + 65_536);
    expect(peer.writableLength).toBeGreaterThan(0);
    let got = 0;
    const into = new Uint8Array(65_536);
    await until(() => {
      let count = endpoint.receive(into, 0, into.length, 0, null);
      for (; count > 0; count = endpoint.receive(into, 0, into.length, 0, null)) got += count;
      return count === 0;
    });
    expect(got).toBe(total);
  });

  test('an abort while a shutdown is under way resets, and leaves no handle', async () => {
    for (const wait of [false, true]) {
      const { endpoint, peer } = await toNode();
      const before = host.openHandles;
      endpoint.send(new Uint8Array(1000), 0, 1000, 0, null);
      endpoint.shutdown(direction.send);
      if (wait) await sleep(5);
      endpoint.abort();
      await until(() => host.openHandles === before - 1);
      peer.destroy();
    }
  });

  test('a close with much unsent goes on until the peer has it all', async () => {
    const { endpoint, peer } = await toNode({ pauseOnConnect: true });
    endpoint.setOption('sendBufferBytes', 4_000_000);
    const taken = endpoint.send(new Uint8Array(4_000_000), 0, 4_000_000, 0, null);
    endpoint.close();
    await sleep(20);
    let got = 0;
    peer.on('data', (chunk) => {
      got += chunk.length;
    });
    peer.resume();
    await once(peer, 'end');
    expect(got).toBe(taken);
    peer.end();
    await until(() => host.openHandles === 0);
  });

  test('who has ended sending is told when the host has it all, the end included', async () => {
    const { endpoint, peer } = await toNode({ pauseOnConnect: true });
    endpoint.setOption('sendBufferBytes', 4_000_000);
    const bytes = new Uint8Array(4_000_000);
    await until(() => endpoint.send(bytes, 0, bytes.length, 0, null) === failure.wouldBlock);
    let told = 0;
    endpoint.listenReadiness({
      readinessChanged(_endpoint, bits) {
        told = bits;
      },
    });
    endpoint.shutdown(direction.send);
    await sleep(10);
    expect(told & readiness.drained).toBe(0);
    peer.resume();
    await until(() => (told & readiness.drained) !== 0);
    peer.destroy();
  });

  test('a reset by the peer', async () => {
    const { endpoint, peer } = await toNode();
    peer.resetAndDestroy();
    await until(() => (endpoint.readiness() & readiness.error) !== 0);
    expect(endpoint.takeError()).toBe(failure.connectionReset);
    expect(endpoint.readiness() & readiness.hangup).not.toBe(0);
    expect(endpoint.receive(new Uint8Array(1), 0, 1, 0, null)).toBe(0);
  });

  test('options reach the host, also those set before the connection stands', async () => {
    const seen: unknown[][] = [];
    const { setNoDelay } = net.Socket.prototype;
    net.Socket.prototype.setNoDelay = function (this: net.Socket, on?: boolean) {
      seen.push([on]);
      return setNoDelay.call(this, on);
    };
    try {
      const server = net.createServer((socket) => socket.on('error', () => {}));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const endpoint = open('stream');
      endpoint.setOption('noDelay', 1);
      endpoint.connect(at((server.address() as net.AddressInfo).port));
      await until(() => (endpoint.readiness() & readiness.writable) !== 0);
      endpoint.setOption('noDelay', 0);
      server.close();
    } finally {
      net.Socket.prototype.setNoDelay = setNoDelay;
    }
    expect(seen).toEqual([[true], [false]]);
  });
});

describe('host sockets', () => {
  test('a bound endpoint resets who comes before it listens, and serves who comes afterwards', async () => {
    const endpoint = open('stream');
    await outcome(endpoint, endpoint.bind(at(0)));
    const early = net.connect(portOf(endpoint), '127.0.0.1');
    early.on('error', () => {});
    await new Promise((resolve) => early.once('close', resolve));
    expect(endpoint.listen(1)).toBe(0);
    net.connect(portOf(endpoint), '127.0.0.1').on('error', () => {});
    await until(() => endpoint.accept() !== null);
  });

  test('a connected datagram endpoint sends to its peer alone', async () => {
    const [a, b, c] = [open('datagram'), open('datagram'), open('datagram')];
    for (const each of [a, b, c]) expect(await outcome(each, each.bind(at(0)))).toBe(0);
    expect(await outcome(a, a.connect(at(portOf(b))))).toBe(0);
    expect(a.send(new Uint8Array(1), 0, 1, 0, at(portOf(b)))).toBe(1);
    expect(a.send(new Uint8Array(1), 0, 1, 0, at(portOf(c)))).toBe(failure.alreadyConnected);
  });

  test('while it is being connected nothing is sent', async () => {
    const [a, b] = [open('datagram'), open('datagram')];
    expect(await outcome(b, b.bind(at(0)))).toBe(0);
    const result = a.connect(at(portOf(b)));
    expect(result).toBe(failure.pending);
    expect(a.send(new Uint8Array(1), 0, 1, 0, null)).toBe(failure.wouldBlock);
    expect(a.readiness() & readiness.writable).toBe(0);
    expect(await outcome(a, result)).toBe(0);
    expect(a.send(new Uint8Array(1), 0, 1, 0, null)).toBe(1);
  });

  test('a bind that fails leaves no handle', async () => {
    for (const type of ['stream', 'datagram'] as const) {
      const first = open(type);
      await outcome(first, first.bind(at(0)));
      const before = host.openHandles;
      const second = open(type);
      expect(await outcome(second, second.bind(at(portOf(first))))).toBe(failure.addressInUse);
      await until(() => host.openHandles === before);
    }
  });

  test('what was sent before close is sent', async () => {
    const receiver = open('datagram');
    await outcome(receiver, receiver.bind(at(0)));
    const sender = open('datagram');
    expect(sender.send(new Uint8Array(3), 0, 3, 0, at(portOf(receiver)))).toBe(3);
    sender.close();
    await until(() => receiver.getOption('readableBytes') === 3);
    await until(() => host.openHandles === 1);
  });

  test('dispose ends everything, whatever goes on, and nothing opens afterwards', async () => {
    const listener = open('stream');
    await outcome(listener, listener.bind(at(0)));
    listener.listen(4);
    const to = at(portOf(listener));
    for (let count = 0; count < 5; count += 1) open('stream').connect(to);
    await until(() => (listener.readiness() & readiness.readable) !== 0);
    // Closed, and sending for as long as its peer does not read.
    const { endpoint: lingering, peer } = await toNode({ pauseOnConnect: true });
    lingering.setOption('sendBufferBytes', 4_000_000);
    await until(() => lingering.send(new Uint8Array(4_000_000), 0, 4_000_000, 0, null) === failure.wouldBlock);
    lingering.close();
    open('stream').bind(at(0));
    open('stream').connect(to);
    open('datagram').bind(at(0));
    open('datagram').send(new Uint8Array(9), 0, 9, 0, to);
    host.dispose();
    await until(() => host.openHandles === 0);
    peer.destroy();
    expect(host.open({ domain: 'inet', type: 'stream', protocol: 0 })).toBe(failure.noBuffers);
  });

  test('endpoints are bounded', () => {
    const small = createHostSockets({ maximumEndpoints: 2 });
    const kind = { domain: 'inet', type: 'stream', protocol: 0 } as const;
    const first = small.open(kind);
    small.open(kind);
    expect(small.open(kind)).toBe(failure.noBuffers);
    if (typeof first !== 'number') first.close();
    expect(typeof small.open(kind)).toBe('object');
    small.dispose();
  });

  test('an address of the other family is refused at once', () => {
    const six = { address: { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 }, port: 9 };
    expect(open('stream').bind(six)).toBe(failure.addressNotAvailable);
    expect(open('stream').connect(six)).toBe(failure.networkUnreachable);
    expect(open('datagram').bind(six)).toBe(failure.addressNotAvailable);
    expect(open('datagram').connect(six)).toBe(failure.networkUnreachable);
    expect(open('datagram').send(new Uint8Array(1), 0, 1, 0, six)).toBe(failure.networkUnreachable);
  });
});

test.each([
  ['EADDRINUSE', 'addressInUse'],
  ['EADDRNOTAVAIL', 'addressNotAvailable'],
  ['EACCES', 'accessDenied'],
  ['ECONNREFUSED', 'connectionRefused'],
  ['ECONNRESET', 'connectionReset'],
  ['EPIPE', 'brokenPipe'],
  ['ETIMEDOUT', 'timedOut'],
  ['EHOSTUNREACH', 'hostUnreachable'],
  ['ENETUNREACH', 'networkUnreachable'],
  ['EMFILE', 'noBuffers'],
  ['EMSGSIZE', 'messageTooLong'],
  ['EAFNOSUPPORT', 'notSupported'],
  ['ERR_SOCKET_BAD_PORT', 'invalid'],
  ['constructor', 'connectionAborted'],
  ['ESOMETHINGNEW', 'connectionAborted'],
] as const)('%s is %s', (code, name) => {
  expect(failureOfError(Object.assign(new Error(code), { code }))).toBe(failure[name]);
});

test('what is no error of the system is an aborted connection', () => {
  for (const odd of [new Error('odd'), null, undefined, 'text']) {
    expect(failureOfError(odd)).toBe(failure.connectionAborted);
  }
});
