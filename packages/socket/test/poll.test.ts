import {
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
  SO_ERROR,
  SOL_SOCKET,
} from '@synos/abi';
import { type PollEntry, poll, type Socket, type WaiterList } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { createRig } from './rig.js';
import { emptyName, name } from './toy-provider.js';

const all = POLLIN | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM;
const input = POLLIN | POLLRDNORM;
const output = POLLOUT | POLLWRNORM;

describe('poll bits, tcp_poll and datagram_poll of Linux', () => {
  test('a stream that never connected is writable and hung up', () => {
    expect(createRig().stream().poll(all)).toBe(output | POLLHUP);
  });

  test('only what is asked for, and ERR, HUP, NVAL', () => {
    const rig = createRig();
    const socket = rig.stream();
    expect(socket.poll(POLLIN)).toBe(POLLHUP);
    expect(socket.poll(POLLOUT)).toBe(POLLOUT | POLLHUP);
    socket.close();
    expect(socket.poll(0)).toBe(POLLNVAL);
  });

  test('through a connection', () => {
    const rig = createRig();
    const listener = rig.stream();
    listener.bind(name(80));
    listener.listen(1);
    expect(listener.poll(all)).toBe(0);
    const client = rig.stream(true);
    client.connect(name(80));
    expect(client.poll(all)).toBe(0);
    rig.net.run();
    expect(listener.poll(all)).toBe(input);
    expect(client.poll(all)).toBe(output);
    const server = listener.accept() as Socket;
    expect(listener.poll(all)).toBe(0);
    client.send(new Uint8Array(1000));
    expect(client.poll(all)).toBe(0);
    expect(server.poll(all)).toBe(input | output);
    client.shutdown(1);
    expect(server.poll(all)).toBe(input | output | POLLRDHUP);
    server.shutdown(1);
    expect(server.poll(all)).toBe(input | output | POLLRDHUP | POLLHUP);
  });

  test('a refused connect', () => {
    const rig = createRig();
    const client = rig.stream(true);
    client.connect(name(81));
    rig.net.run();
    expect(client.poll(all)).toBe(input | output | POLLRDHUP | POLLHUP | POLLERR);
    client.getsockopt(SOL_SOCKET, SO_ERROR);
    expect(client.poll(all) & POLLERR).toBe(0);
    expect(client.poll(all) & POLLHUP).toBe(POLLHUP);
  });

  test('datagrams', () => {
    const rig = createRig();
    const receiver = rig.datagram();
    receiver.bind(name(53));
    expect(receiver.poll(all)).toBe(output);
    rig.datagram().sendto(Uint8Array.of(1), 0, name(53));
    rig.net.run();
    expect(receiver.poll(all)).toBe(input | output);
  });

  test('nothing holds while a provider’s operation is outstanding', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const socket = rig.stream();
    socket.bind(name(80));
    expect(socket.poll(all)).toBe(0);
    rig.net.run();
    expect(socket.poll(all)).toBe(output | POLLHUP);
    expect(socket.takeOperationResult()).toBe(0);
  });
});

describe('poll of many', () => {
  const entry = (socket: Socket | null, events: number): PollEntry => ({ socket, events, revents: -1 });

  test('answers at once when something holds', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const entries = [entry(client, POLLOUT), entry(server, POLLIN), entry(null, POLLIN)];
    const results: number[] = [];
    poll(rig.sockets, entries, -1, (ready) => results.push(ready));
    expect(results).toEqual([1]);
    expect(entries.map(({ revents }) => revents)).toEqual([POLLOUT, 0, 0]);
  });

  test('waits for the first that changes', () => {
    const rig = createRig();
    const { client, server, listener } = rig.pair();
    const entries = [entry(listener, POLLIN), entry(server, POLLIN)];
    const results: number[] = [];
    poll(rig.sockets, entries, 1000, (ready) => results.push(ready));
    rig.net.run();
    expect(results).toEqual([]);
    client.send(Uint8Array.of(1));
    rig.net.run();
    expect(results).toEqual([1]);
    expect(entries.map(({ revents }) => revents)).toEqual([0, POLLIN]);
    for (const socket of [server, listener]) {
      expect((socket as unknown as { waiters: WaiterList }).waiters.isEmpty).toBe(true);
    }
    expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('ends with the time, answers 0', () => {
    const rig = createRig();
    const { server } = rig.pair();
    const results: number[] = [];
    poll(rig.sockets, [entry(server, POLLIN)], 0, (ready) => results.push(ready));
    expect(results).toEqual([0]);
    poll(rig.sockets, [entry(server, POLLIN)], 50, (ready) => results.push(ready));
    rig.advance(49);
    expect(results).toEqual([0]);
    rig.advance(1);
    expect(results).toEqual([0, 0]);
  });

  test('a socket that closes ends it with POLLNVAL; a cancelled one is silent', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const entries = [entry(server, POLLIN)];
    const results: number[] = [];
    poll(rig.sockets, entries, -1, (ready) => results.push(ready));
    poll(rig.sockets, [entry(client, POLLIN)], 10, (ready) => results.push(ready))();
    server.close();
    rig.advance(100);
    expect(results).toEqual([1]);
    expect(entries[0]!.revents).toBe(POLLNVAL);
  });

  test('who takes the data first leaves the other waiting', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const received = rig.block(server, { call: 'recv', into: new Uint8Array(9) });
    const results: number[] = [];
    poll(rig.sockets, [entry(server, POLLIN)], -1, (ready) => results.push(ready));
    client.send(Uint8Array.of(1));
    rig.net.run();
    expect(received.result).toBe(1);
    expect(results).toEqual([]);
  });
});

describe('datagrams', () => {
  test('boundaries, senders, truncation, MSG_TRUNC and MSG_PEEK', () => {
    const rig = createRig();
    const receiver = rig.datagram(true);
    receiver.bind(name(53));
    const sender = rig.datagram();
    sender.bind(name(54));
    for (const length of [5, 0, 9])
      expect(sender.sendto(new Uint8Array(length).fill(length), 0, name(53))).toBe(length);
    rig.net.run();
    const details = { from: emptyName(), truncated: false };
    const into = new Uint8Array(4);
    expect(receiver.recvfrom(into, MSG_PEEK, details)).toBe(4);
    expect(details).toEqual({ from: name(54), truncated: true });
    expect(receiver.recvfrom(into, MSG_TRUNC, details)).toBe(5);
    expect(receiver.recvfrom(into, 0, details)).toBe(0);
    expect(details.truncated).toBe(false);
    expect(receiver.recvfrom(into, 0, details, 2, 4)).toBe(2);
    expect([...into]).toEqual([5, 5, 9, 9]);
    expect(receiver.recv(into)).toBe(-11);
  });

  test('a blocked receive gets a datagram, MSG_WAITALL or not', () => {
    const rig = createRig();
    const receiver = rig.datagram();
    receiver.bind(name(53));
    const blocked = rig.block(receiver, { call: 'recv', into: new Uint8Array(99), flags: 0x100 });
    rig.datagram().sendto(new Uint8Array(3), 0, name(53));
    rig.net.run();
    expect(blocked.result).toBe(3);
  });

  test('shutdown without a peer is ENOTCONN and ends who waits', () => {
    const rig = createRig();
    const receiver = rig.datagram();
    receiver.bind(name(53));
    const blocked = rig.block(receiver, { call: 'recv', into: new Uint8Array(9) });
    expect(receiver.shutdown(2)).toBe(-107);
    rig.net.run();
    expect(blocked.result).toBe(0);
  });
});
