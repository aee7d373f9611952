import { failure, readiness } from '@synos/interfaces';
import { ipv4FromWord, tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { addressB, emitTcp, Pair, type Station } from './fake-network.js';

function listening(pair: Pair, backlog: number): ReturnType<Station['open']> {
  const listener = pair.b.open();
  expect(listener.bind({ address: addressB, port: 80 })).toBe(0);
  expect(listener.listen(backlog)).toBe(0);
  return listener;
}

function connect(pair: Pair): ReturnType<Station['open']> {
  const client = pair.a.open();
  expect(client.connect({ address: addressB, port: 80 })).toBe(failure.inProgress);
  return client;
}

describe('the accept queue, as Linux has it', () => {
  test.each([0, 1, 5])('backlog %i: one more than that waits; further SYNs are dropped, not refused', (backlog) => {
    const pair = new Pair();
    const listener = listening(pair, backlog);
    const clients = Array.from({ length: backlog + 4 }, () => connect(pair));
    pair.run(pair.nowMs + 500);
    const counters = pair.b.tcp.counters;
    expect(pair.b.tcp.core.listeners.get(80)![0]!.accepting).toHaveLength(backlog + 1);
    expect(counters.dropAcceptQueueFull).toBeGreaterThan(0);
    expect(clients.every((client) => (client.readiness() & readiness.error) === 0)).toBe(true);
    // Room again: those that wait get in by their own retransmissions.
    const accepted: unknown[] = [];
    pair.run(pair.nowMs + 30_000, () => {
      for (let one = listener.accept(); one !== null; one = listener.accept()) accepted.push(one);
      return accepted.length === clients.length;
    });
    expect(accepted).toHaveLength(clients.length);
  });

  test('a SYN that finds the queue full is not even answered', () => {
    const pair = new Pair();
    const listener = listening(pair, 0);
    connect(pair);
    pair.run(pair.nowMs + 50);
    const sent = pair.b.host.sent.length;
    connect(pair);
    pair.run(pair.nowMs + 50);
    expect(pair.b.host.sent).toHaveLength(sent);
    expect(pair.b.tcp.counters).toMatchObject({ passiveOpens: 1, dropAcceptQueueFull: 1 });
    expect(listener.accept()).not.toBe(null);
    pair.run(pair.nowMs + 2000);
    expect(listener.accept()).not.toBe(null);
  });

  test('each connection is accepted once, in the order of their handshakes', () => {
    const pair = new Pair();
    const listener = listening(pair, 10);
    const ports: number[] = [];
    for (let i = 0; i < 5; i++) {
      const client = connect(pair);
      const into = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
      client.localAddress(into);
      ports.push(into.port);
      pair.run(pair.nowMs + 50);
    }
    const seen: number[] = [];
    for (let one = listener.accept(); one !== null; one = listener.accept()) {
      const into = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
      one.remoteAddress(into);
      seen.push(into.port);
    }
    expect(seen).toEqual(ports);
    expect(listener.accept()).toBe(null);
  });

  test('a listener that closes resets who waits, and forgets the half-open', () => {
    const pair = new Pair();
    const listener = listening(pair, 10);
    const client = connect(pair);
    pair.run(pair.nowMs + 100);
    listener.close();
    pair.run(pair.nowMs + 100);
    expect(client.takeError()).toBe(failure.connectionReset);
    expect(pair.b.tcp.core.demux.count).toBe(0);
    expect(pair.b.host.ports.held).toEqual([]);
  });

  test('a connection that was reset while it waited is accepted and says so', () => {
    const pair = new Pair();
    const listener = listening(pair, 10);
    const client = connect(pair);
    pair.run(pair.nowMs + 100);
    client.abort();
    pair.run(pair.nowMs + 100);
    const server = listener.accept()!;
    expect(server.receive(new Uint8Array(1), 0, 1, 0, null)).toBe(failure.connectionReset);
    expect(server.receive(new Uint8Array(1), 0, 1, 0, null)).toBe(0);
  });

  test('data that comes before accept waits', () => {
    const pair = new Pair();
    const listener = listening(pair, 10);
    const client = connect(pair);
    pair.run(pair.nowMs + 100);
    client.send(new Uint8Array([1, 2, 3]), 0, 3, 0, null);
    client.close();
    pair.run(pair.nowMs + 100);
    const server = listener.accept()!;
    const into = new Uint8Array(10);
    expect(server.receive(into, 0, 10, 0, null)).toBe(3);
    expect(server.receive(into, 0, 10, 0, null)).toBe(0);
  });

  test('the port stays taken while an accepted connection lives, unless its users said otherwise', () => {
    const pair = new Pair();
    const { listener } = pair.connect(81);
    listener.close();
    const second = pair.b.open();
    expect(second.bind({ address: addressB, port: 81 })).toBe(failure.addressInUse);
  });
});

describe('the SYN queue', () => {
  test('SYN-ACKs go out five times more, then the half-open connection is forgotten', () => {
    const pair = new Pair();
    listening(pair, 10);
    connect(pair);
    pair.fault = (_, sent) => ((sent.segment.flags & tcpFlag.ack) === 0 && pair.sentCount > 1 ? 'drop' : 'deliver');
    pair.a.tcp.dispose();
    pair.fault = (ordinal) => (ordinal === 0 ? 'deliver' : 'drop');
    pair.run(pair.nowMs + 200_000);
    expect(pair.b.host.sent.map((sent) => sent.segment.flags)).toEqual(Array.from({ length: 6 }, () => 0x12));
    expect(pair.b.tcp.core.demux.count).toBe(0);
  });

  test('10^5 spoofed SYNs: memory is flat, an existing flow and new clients go on', () => {
    const pair = new Pair();
    const { client, server, listener } = pair.connect(80);
    const before = pair.b.host.blocks.usedBytes;
    for (let i = 0; i < 100_000; i++) {
      const from = ipv4FromWord(0x0b00_0000 + i);
      const bytes = emitTcp(
        {
          sourcePort: 1024 + (i % 50_000),
          destinationPort: 80,
          sequence: i,
          acknowledgment: 0,
          flags: tcpFlag.syn,
          window: 1000,
          urgentPointer: 0,
          options: {},
          payload: new Uint8Array(0),
        },
        from,
        addressB,
      );
      if (i % 1000 === 0) pair.b.host.routes.length = 1;
      pair.b.deliver(bytes, from);
      pair.b.host.sent.length = 0;
      pair.b.host.queue = [];
    }
    expect(pair.b.tcp.core.demux.count).toBe(1 + pair.b.tcp.core.settings.synQueueLimit);
    expect(pair.b.tcp.counters.dropHalfOpenReplaced).toBe(100_000 - pair.b.tcp.core.settings.synQueueLimit);
    expect(pair.b.host.blocks.usedBytes).toBe(before);
    expect(pair.b.host.packets.used).toBe(0);
    pair.b.host.routes.length = 1;
    client.send(new Uint8Array(1000), 0, 1000, 0, null);
    const late = pair.a.open();
    late.connect({ address: addressB, port: 80 });
    pair.run(pair.nowMs + 100);
    expect(server.receive(new Uint8Array(2000), 0, 2000, 0, null)).toBe(1000);
    expect(listener.accept()).not.toBe(null);
  });

  test('a SYN with text: the text comes again after the handshake', () => {
    const pair = new Pair();
    const listener = listening(pair, 1);
    const from = pair.a.host.address;
    const segment = {
      sourcePort: 999,
      destinationPort: 80,
      sequence: 7,
      acknowledgment: 0,
      flags: tcpFlag.syn,
      window: 1000,
      urgentPointer: 0,
      options: {},
      payload: new Uint8Array([1, 2]),
    };
    pair.b.deliver(emitTcp(segment, from, addressB), from);
    const answer = pair.b.host.sent.at(-1)!.segment;
    expect(answer.acknowledgment).toBe(8);
    const next = { ...segment, flags: tcpFlag.ack, sequence: 8, acknowledgment: answer.sequence + 1 };
    pair.b.deliver(emitTcp(next, from, addressB), from);
    expect(listener.accept()!.receive(new Uint8Array(9), 0, 9, 0, null)).toBe(2);
  });
});

describe('wildcard and exact listeners', () => {
  test('the exact one gets the connection', () => {
    const pair = new Pair();
    const wide = pair.b.open();
    const narrow = pair.b.open();
    for (const one of [wide, narrow]) one.setOption('reuseAddress', 1);
    expect(wide.bind({ address: { w0: 0, w1: 0, w2: 0xffff, w3: 0 }, port: 80 })).toBe(0);
    expect(narrow.bind({ address: addressB, port: 80 })).toBe(0);
    wide.listen(1);
    // The port table would forbid two listeners here; the demultiplexer's own order is what counts.
    pair.b.host.ports.mayListen = () => 0;
    narrow.listen(1);
    connect(pair);
    pair.run(pair.nowMs + 100);
    expect(wide.accept()).toBe(null);
    expect(narrow.accept()).not.toBe(null);
    narrow.close();
    connect(pair);
    pair.run(pair.nowMs + 100);
    expect(wide.accept()).not.toBe(null);
  });
});
