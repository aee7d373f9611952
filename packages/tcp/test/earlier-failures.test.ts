import { direction, failure, readiness } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { ack, Conversation, rst, syn } from './conversation.js';
import { addressA, addressB, emitTcp, Pair } from './fake-network.js';

const anyAddress = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };

describe('failure 6 of an earlier attempt', () => {
  test('connect does not say that it is done while the connection is not there', () => {
    const pair = new Pair();
    const client = pair.a.open();
    expect(client.connect({ address: addressB, port: 80 })).toBe(failure.inProgress);
    expect(client.info()!.state).toBe('SYN_SENT');
    expect(client.readiness() & readiness.writable).toBe(0);
    pair.run(pair.nowMs + 100);
    expect(client.takeError()).toBe(failure.connectionRefused);
  });

  test('accept waits for the handshake’s last segment, and gives no client twice', () => {
    const c = new Conversation().listen();
    c.knock();
    expect(c.target.accept(c.listener)).toBe('would-block');
    c.say();
    expect(typeof c.target.accept(c.listener)).toBe('number');
    expect(c.target.accept(c.listener)).toBe('would-block');
  });

  test('the SYN-ACK goes out by itself, not by accept', () => {
    const c = new Conversation().listen();
    expect(c.knock().flags).toBe(syn | ack);
  });

  test('the backlog is a limit', () => {
    const pair = new Pair();
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(1);
    for (let i = 0; i < 5; i++) pair.a.open().connect({ address: addressB, port: 80 });
    pair.run(pair.nowMs + 100);
    let accepted = 0;
    while (listener.accept() !== null) accepted++;
    expect(accepted).toBe(2);
  });

  test('a listener on 0.0.0.0 is found', () => {
    const pair = new Pair();
    const listener = pair.b.open();
    listener.bind({ address: anyAddress, port: 80 });
    listener.listen(1);
    pair.a.open().connect({ address: addressB, port: 80 });
    pair.run(pair.nowMs + 100);
    const server = listener.accept()!;
    const local = { address: { ...anyAddress }, port: 0 };
    server.localAddress(local);
    expect(local).toEqual({ address: { ...addressB }, port: 80 });
  });
});

describe('failure 7 of an earlier attempt', () => {
  test('received data is kept until it is read', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    client.send(new Uint8Array([1, 2, 3]), 0, 3, 0, null);
    pair.run(pair.nowMs + 10_000);
    const into = new Uint8Array(5);
    expect(server.receive(into, 0, 5, 0, null)).toBe(3);
    expect([...into]).toEqual([1, 2, 3, 0, 0]);
  });

  test('what send takes is sent, and no more is taken than there is room', () => {
    const pair = new Pair({ sendBufferBytes: 1000 });
    const { client, server } = pair.connect();
    pair.fault = () => 'drop';
    expect(client.send(new Uint8Array(5000), 0, 5000, 0, null)).toBe(1000);
    expect(client.send(new Uint8Array(5000), 0, 5000, 0, null)).toBe(failure.wouldBlock);
    pair.fault = () => 'deliver';
    pair.run(pair.nowMs + 5000);
    expect(server.receive(new Uint8Array(5000), 0, 5000, 0, null)).toBe(1000);
  });

  test('shutdown is not close: the other direction lives on', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    expect(client.shutdown(direction.send)).toBe(0);
    pair.run(pair.nowMs + 10);
    expect(server.receive(new Uint8Array(1), 0, 1, 0, null)).toBe(0);
    expect(server.send(new Uint8Array([9]), 0, 1, 0, null)).toBe(1);
    pair.run(pair.nowMs + 10);
    expect(client.receive(new Uint8Array(1), 0, 1, 0, null)).toBe(1);
    expect(client.send(new Uint8Array(1), 0, 1, 0, null)).toBe(failure.brokenPipe);
  });

  test('a SYN to a closed port makes a reset and no connection', () => {
    const c = new Conversation();
    c.say({ flags: syn });
    expect(c.heardOne()).toMatchObject({ flags: rst | ack, sequence: 0, acknowledgment: c.seq + 1 });
    expect(c.state).toBe(null);
  });

  test('a reset ends a connection', () => {
    const c = new Conversation().connected();
    c.say({ flags: rst });
    expect(c.state).toBe(null);
    expect(c.send(1)).toBe('reset');
  });

  test('not any sequence number will do', () => {
    const c = new Conversation().connected();
    c.say({ seq: c.seq + 1_000_000, text: 5 });
    c.say({ seq: c.seq - 5, text: 5 });
    c.say({ seq: c.seq + 3, text: 5 });
    expect(c.receive()).toBe('would-block');
  });

  test('checksums: a wrong one drops the segment, ours are right', () => {
    const pair = new Pair();
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(1);
    const bytes = emitTcp(
      {
        sourcePort: 5,
        destinationPort: 80,
        sequence: 1,
        acknowledgment: 0,
        flags: tcpFlag.syn,
        window: 1,
        urgentPointer: 0,
        payload: new Uint8Array(0),
      },
      addressA,
      addressB,
    );
    bytes[16]! ^= 1;
    pair.b.deliver(bytes, addressA);
    expect(pair.b.tcp.counters.dropChecksum).toBe(1);
    expect(pair.b.tcp.core.demux.count).toBe(0);
    bytes[16]! ^= 1;
    pair.b.deliver(bytes, addressA);
    // The fake host verifies the checksum of everything that is sent.
    expect(pair.b.host.sent).toHaveLength(1);
  });

  test('what is lost is sent again', () => {
    const pair = new Pair();
    const { client, server } = pair.connect();
    let dropped = 0;
    pair.fault = (_, sent) => (sent.segment.payload.length > 0 && dropped++ < 3 ? 'drop' : 'deliver');
    client.send(new Uint8Array(100), 0, 100, 0, null);
    pair.run(pair.nowMs + 10_000);
    expect(dropped).toBeGreaterThanOrEqual(3);
    expect(server.receive(new Uint8Array(200), 0, 200, 0, null)).toBe(100);
  });
});
