import { direction, failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { addressA, addressB, Pair } from './fake-network.js';

const byte = new Uint8Array(1);
const nobody = { w0: 0, w1: 0, w2: 0xffff, w3: 0x01020304 };

/** Nothing may be left after everything has ended. */
function expectNothingLeft(pair: Pair): void {
  for (const { host, tcp } of [pair.a, pair.b]) {
    expect(host.packets.used).toBe(0);
    expect(host.blocks.usedBytes).toBe(0);
    expect(host.ports.held).toEqual([]);
    expect(tcp.core.demux.count).toBe(0);
    expect(tcp.core.endpoints).toEqual([]);
    expect(tcp.core.timeWaits).toBe(0);
  }
}

describe('calls that make no sense get an answer', () => {
  test('before anything', () => {
    const endpoint = new Pair().a.open();
    expect(endpoint.send(byte, 0, 1, 0, null)).toBe(failure.notConnected);
    expect(endpoint.receive(byte, 0, 1, 0, null)).toBe(failure.notConnected);
    expect(endpoint.shutdown(direction.both)).toBe(failure.notConnected);
    expect(endpoint.accept()).toBe(null);
    expect(endpoint.remoteAddress({ address: { ...nobody }, port: 0 })).toBe(failure.notConnected);
    expect(endpoint.readiness()).toBe(readiness.writable | readiness.hangup);
    expect(endpoint.takeError()).toBe(0);
  });

  test('arguments out of range', () => {
    const { a } = new Pair();
    const endpoint = a.open();
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(endpoint.bind({ address: addressA, port })).toBe(failure.invalid);
      expect(endpoint.connect({ address: addressB, port })).toBe(failure.invalid);
    }
    expect(endpoint.bind({ address: nobody, port: 1 })).toBe(failure.addressNotAvailable);
    expect(endpoint.connect({ address: addressB, port: 0 })).toBe(failure.addressNotAvailable);
    expect(endpoint.bind({ address: addressA, port: 1 })).toBe(0);
    expect(endpoint.bind({ address: addressA, port: 2 })).toBe(failure.invalid);
    endpoint.close();
    expect(a.host.ports.held).toEqual([]);
  });

  test('ranges of bytes', () => {
    const pair = new Pair();
    const { client } = pair.connect();
    for (const [start, end] of [
      [-1, 0],
      [0, 2],
      [1, 0],
      [0, 0.5],
    ] as const) {
      expect(client.send(byte, start, end, 0, null)).toBe(failure.invalid);
      expect(client.receive(byte, start, end, 0, null)).toBe(failure.invalid);
    }
    expect(client.send(byte, 0, 0, 0, null)).toBe(0);
  });

  test('connect twice, listen on a connection, connect on a listener', () => {
    const pair = new Pair();
    const { client, listener } = pair.connect();
    expect(client.connect({ address: addressB, port: 80 })).toBe(failure.alreadyConnected);
    expect(client.listen(1)).toBe(failure.invalid);
    expect(listener.connect({ address: addressA, port: 1 })).toBe(failure.invalid);
    const other = pair.a.open();
    other.connect({ address: addressB, port: 80 });
    expect(other.connect({ address: addressB, port: 80 })).toBe(failure.alreadyInProgress);
    expect(other.send(byte, 0, 1, 0, null)).toBe(failure.wouldBlock);
    expect(other.receive(byte, 0, 1, 0, null)).toBe(failure.wouldBlock);
    expect(other.readiness()).toBe(0);
  });

  test('no route', () => {
    const { a } = new Pair();
    a.host.unreachable = true;
    const endpoint = a.open();
    expect(endpoint.connect({ address: addressB, port: 80 })).toBe(failure.networkUnreachable);
    expect(a.host.ports.held).toEqual([]);
  });

  test('after close every call says closed', () => {
    const pair = new Pair();
    const { client } = pair.connect();
    client.close();
    client.close();
    client.abort();
    const into = { address: { ...nobody }, port: 0 };
    const answers = [
      client.bind({ address: addressA, port: 0 }),
      client.connect({ address: addressB, port: 80 }),
      client.listen(1),
      client.send(byte, 0, 1, 0, null),
      client.receive(byte, 0, 1, 0, null),
      client.shutdown(direction.send),
      client.localAddress(into),
      client.remoteAddress(into),
      client.takeError(),
      client.setOption('noDelay', 1),
      client.getOption('noDelay'),
    ];
    expect(new Set(answers)).toEqual(new Set([failure.closed]));
    expect(client.accept()).toBe(null);
    expect(client.info()).toBe(null);
  });

  test('options: unknown, read only, out of range', () => {
    const endpoint = new Pair().a.open();
    expect(endpoint.setOption('broadcast', 1)).toBe(failure.noSuchOption);
    expect(endpoint.setOption('listening', 1)).toBe(failure.invalid);
    expect(endpoint.setOption('ttl', 0)).toBe(failure.invalid);
    expect(endpoint.setOption('ttl', 256)).toBe(failure.invalid);
    expect(endpoint.setOption('keepAliveCount', 128)).toBe(failure.invalid);
    expect(endpoint.setOption('noDelay', Number.NaN)).toBe(failure.invalid);
    expect(endpoint.setOption('sendBufferBytes', 0)).toBe(0);
    expect(endpoint.getOption('sendBufferBytes')).toBe(1);
    expect(endpoint.setOption('sendBufferBytes', 1e12)).toBe(0);
    expect(endpoint.getOption('sendBufferBytes')).toBe(1 << 22);
  });

  test('an endpoint table that is full', () => {
    const pair = new Pair({ endpointLimit: 2 });
    pair.a.open();
    pair.a.open();
    expect(pair.a.tcp.open()).toBe(failure.noBuffers);
  });
});

describe('endings', () => {
  test('close with unread bytes resets (RFC 2525 §2.17)', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    client.send(byte, 0, 1, 0, null);
    pair.run(pair.nowMs + 10);
    server.close();
    pair.run(pair.nowMs + 10);
    expect(client.takeError()).toBe(failure.connectionReset);
  });

  test('data after a full close is answered by a reset (RFC 9293 §3.6.1)', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    server.close();
    pair.run(pair.nowMs + 10);
    expect(client.send(byte, 0, 1, 0, null)).toBe(1);
    pair.run(pair.nowMs + 10);
    expect(client.readiness() & readiness.error).not.toBe(0);
    expect(pair.b.tcp.core.demux.count).toBe(0);
  });

  test('a closed endpoint waits a minute for the peer’s FIN, not for ever', () => {
    const pair = new Pair();
    const { client, server, listener } = pair.connect();
    server.close();
    listener.close();
    pair.run(pair.nowMs + 59_000);
    expect(pair.b.tcp.core.demux.count).toBe(1);
    pair.run(pair.nowMs + 2000);
    expect(pair.b.tcp.core.demux.count).toBe(0);
    expect(client.info()!.state).toBe('CLOSE_WAIT');
  });

  test('bytes that came before a reset are read before it is told', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    client.send(new Uint8Array(5), 0, 5, 0, null);
    pair.run(pair.nowMs + 10);
    client.abort();
    pair.run(pair.nowMs + 10);
    const into = new Uint8Array(9);
    expect(server.receive(into, 0, 9, 0, null)).toBe(5);
    expect(server.receive(into, 0, 9, 0, null)).toBe(failure.connectionReset);
    expect(server.receive(into, 0, 9, 0, null)).toBe(0);
    expect(server.send(byte, 0, 1, 0, null)).toBe(failure.brokenPipe);
  });

  test('after a refused connect the endpoint connects anew', () => {
    const pair = new Pair();
    const client = pair.a.open();
    client.connect({ address: addressB, port: 80 });
    pair.run(pair.nowMs + 10);
    expect(client.takeError()).toBe(failure.connectionRefused);
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(1);
    expect(client.connect({ address: addressB, port: 80 })).toBe(failure.inProgress);
    pair.run(pair.nowMs + 10);
    expect(client.info()!.state).toBe('ESTABLISHED');
  });

  test('TIME-WAIT keeps the port from others for its minute', () => {
    const pair = new Pair();
    const { client, server, listener } = pair.connect();
    client.close();
    pair.run(pair.nowMs + 10);
    server.close();
    pair.run(pair.nowMs + 10);
    listener.close();
    expect(pair.a.tcp.core.timeWaits).toBe(1);
    expect(pair.a.host.ports.held).toHaveLength(1);
    pair.run(pair.nowMs + 61_000);
    expectNothingLeft(pair);
  });

  test.each(['established', 'queues', 'time-wait', 'unread', 'half-open'])('dispose returns everything: %s', (what) => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    if (what === 'queues') {
      client.send(new Uint8Array(200_000), 0, 200_000, 0, null);
      pair.run(pair.nowMs + 2);
    } else if (what === 'time-wait') {
      client.close();
      server.close();
      pair.run(pair.nowMs + 100);
    } else if (what === 'unread') {
      client.send(new Uint8Array(100), 0, 100, 0, null);
      client.close();
      pair.run(pair.nowMs + 100);
    } else if (what === 'half-open') {
      pair.fault = (_, sent) => (sent.segment.flags === 0x10 ? 'drop' : 'deliver');
      const other = pair.a.open();
      other.connect({ address: addressB, port: 80 });
      pair.run(pair.nowMs + 100);
    }
    pair.a.tcp.dispose();
    pair.b.tcp.dispose();
    expectNothingLeft(pair);
    expect(pair.a.tcp.nextDeadline()).toBe(Infinity);
    expect(pair.b.tcp.nextDeadline()).toBe(Infinity);
  });
});

describe('listeners', () => {
  test('are told from deliverEvents alone, once for many changes', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    let inside = false;
    const told: number[] = [];
    server.listenReadiness({
      readinessChanged: (_, bits) => {
        expect(inside).toBe(true);
        told.push(bits);
      },
    });
    const deliver = pair.b.tcp.deliverEvents.bind(pair.b.tcp);
    pair.b.tcp.deliverEvents = () => {
      inside = true;
      deliver();
      inside = false;
    };
    pair.run(pair.nowMs + 5);
    told.length = 0;
    client.setOption('noDelay', 1);
    for (let i = 0; i < 10; i++) client.send(byte, 0, 1, 0, null);
    pair.run(pair.nowMs + 5);
    expect(told).toEqual([readiness.readable | readiness.writable | readiness.drained]);
  });

  test('anything may be called from inside one', () => {
    const actions: ((endpoint: TransportEndpoint, pair: Pair) => void)[] = [
      (endpoint) => endpoint.close(),
      (endpoint) => endpoint.abort(),
      (endpoint) => void endpoint.shutdown(direction.both),
      (endpoint) => void endpoint.send(new Uint8Array(50_000), 0, 50_000, 0, null),
      (endpoint) => void endpoint.receive(new Uint8Array(100), 0, 100, 0, null),
      (endpoint) => endpoint.listenReadiness(null),
      (_, pair) => {
        const own = pair.b.open();
        own.bind({ address: addressB, port: 4444 });
        own.connect({ address: addressB, port: 4444 });
      },
      (_, pair) => pair.b.tcp.deliverEvents(),
      (_, pair) => pair.b.tcp.dispose(),
    ];
    for (const action of actions) {
      const pair = new Pair();
      const { client, server } = pair.connect();
      let calls = 0;
      server.listenReadiness({
        readinessChanged: (endpoint) => {
          if (calls++ < 100) action(endpoint, pair);
        },
      });
      client.send(new Uint8Array(500), 0, 500, 0, null);
      pair.run(pair.nowMs + 1000);
      client.close();
      pair.run(pair.nowMs + 1000);
      expect(calls).toBeGreaterThan(0);
      pair.a.tcp.dispose();
      pair.b.tcp.dispose();
      expectNothingLeft(pair);
    }
  });

  test('a listener that always causes another event does not hang deliverEvents', () => {
    const pair = new Pair();
    const { server } = pair.connect();
    let calls = 0;
    const again = {
      readinessChanged: (endpoint: TransportEndpoint): void => {
        calls++;
        endpoint.listenReadiness(again);
      },
    };
    server.listenReadiness(again);
    pair.b.tcp.deliverEvents();
    expect(calls).toBeLessThan(20);
    expect(pair.b.tcp.hasEvents).toBe(true);
  });

  test('room in the send ring is told when a third of it is free', () => {
    const pair = new Pair({ sendBufferBytes: 30_000, receiveBufferBytes: 1 << 20 });
    const { client } = pair.connect();
    const told: number[] = [];
    client.listenReadiness({ readinessChanged: (_, bits) => told.push(bits) });
    pair.run(pair.nowMs);
    told.length = 0;
    expect(client.send(new Uint8Array(50_000), 0, 50_000, 0, null)).toBe(30_000);
    expect(client.readiness() & readiness.writable).toBe(0);
    pair.run(pair.nowMs + 100);
    expect(told.some((bits) => (bits & readiness.writable) !== 0)).toBe(true);
    expect(told.length).toBeLessThan(4);
  });
});

test('a socket that connects to itself', () => {
  const pair = new Pair();
  const own = pair.a.open();
  own.bind({ address: addressA, port: 4000 });
  expect(own.connect({ address: addressA, port: 4000 })).toBe(failure.inProgress);
  pair.run(pair.nowMs + 10);
  expect(own.info()!.state).toBe('ESTABLISHED');
  expect(own.send(new Uint8Array([1, 2, 3]), 0, 3, 0, null)).toBe(3);
  pair.run(pair.nowMs + 10);
  const into = new Uint8Array(5);
  expect(own.receive(into, 0, 5, 0, null)).toBe(3);
  own.close();
  pair.run();
  expectNothingLeft(pair);
});

test.each(['close, then the peer acknowledges', 'half-close, then close'])(
  'FIN-WAIT-2 without a user ends after a minute: %s',
  (order) => {
    const pair = new Pair();
    const { client } = pair.connect();
    if (order.startsWith('half')) {
      client.shutdown(direction.send);
      pair.run(pair.nowMs + 600_000);
      // While there is a user it may last: the peer may have much to say.
      expect(client.info()!.state).toBe('FIN_WAIT_2');
    }
    client.close();
    pair.run(pair.nowMs + 59_000);
    expect(pair.a.tcp.core.demux.count).toBe(1);
    pair.run(pair.nowMs + 2000);
    expect(pair.a.tcp.core.demux.count).toBe(0);
  },
);

test('text for a user who has closed is answered with a reset (RFC 9293 §3.6.1, RFC 2525 §2.17)', () => {
  const pair = new Pair();
  const { client, server } = pair.connect();
  server.close();
  pair.run(pair.nowMs + 10);
  expect(client.info()!.state).toBe('CLOSE_WAIT');
  client.send(byte, 0, 1, 0, null);
  pair.run(pair.nowMs + 10);
  expect(client.takeError()).toBe(failure.brokenPipe);
  expect(pair.b.tcp.counters).toMatchObject({ dropAfterClose: 1, resetsOut: 1 });
  expect([pair.a.tcp.core.demux.count, pair.b.tcp.core.demux.count]).toEqual([0, 0]);
});

test('beyond the limit of TIME-WAIT connections end at once, and are counted', () => {
  const pair = new Pair({ timeWaitLimit: 2 });
  const { client, server, listener } = pair.connect();
  const clients = [client];
  const servers = [server];
  for (let i = 0; i < 3; i++) {
    const another = pair.a.open();
    another.connect({ address: addressB, port: 80 });
    pair.run(pair.nowMs + 10);
    clients.push(another);
    servers.push(listener.accept()!);
  }
  for (const one of clients) one.close();
  pair.run(pair.nowMs + 10);
  for (const one of servers) one.close();
  pair.run(pair.nowMs + 10);
  expect(pair.a.tcp.core.timeWaits).toBe(2);
  expect(pair.a.tcp.counters).toMatchObject({ timeWaits: 2, timeWaitOverflow: 2 });
  listener.close();
  pair.run();
  expectNothingLeft(pair);
});

describe('RFC 6191 from the active side', () => {
  test('a tuple in TIME-WAIT is taken again after a second, numbered beyond the old one', () => {
    const pair = new Pair();
    const { client, server, listener } = pair.connect();
    const local = { address: { ...nobody }, port: 0 };
    client.localAddress(local);
    client.close();
    pair.run(pair.nowMs + 10);
    server.close();
    pair.run(pair.nowMs + 10);
    expect(pair.a.tcp.core.timeWaits).toBe(1);
    const old = pair.a.host.sent.at(-1)!.segment.sequence;
    const again = pair.a.open();
    pair.a.host.ports.claim = () => 0;
    pair.a.host.ports.release = () => {};
    again.bind({ address: addressA, port: local.port });
    expect(again.connect({ address: addressB, port: 80 })).toBe(failure.addressNotAvailable);
    pair.nowMs += 1500;
    expect(again.connect({ address: addressB, port: 80 })).toBe(failure.inProgress);
    expect((pair.a.host.sent.at(-1)!.segment.sequence - old) | 0).toBeGreaterThan(0);
    pair.run(pair.nowMs + 10);
    expect(again.info()!.state).toBe('ESTABLISHED');
    expect(listener.accept()).not.toBe(null);
  });
});
