import {
  errno,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOL_SOCKET,
} from '@synos/abi';
import { failure } from '@synos/interfaces';
import { lingerOption, Socket, timeoutOption } from '@synos/socket';
import { describe, expect, test } from 'vitest';
import { createRig, said } from './rig.js';
import { emptyName, name, type ToyEndpoint } from './toy-provider.js';

const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('connect and accept', () => {
  test('both wait for the other', () => {
    const rig = createRig();
    const listener = rig.stream();
    expect(listener.bind(name(80))).toBe(0);
    expect(listener.listen(1)).toBe(0);
    const accepted = rig.block(listener, { call: 'accept' });
    const client = rig.stream();
    const connected = rig.block(client, { call: 'connect', name: name(80) });
    expect(accepted.result).toBeUndefined();
    expect(connected.result).toBeUndefined();
    rig.net.run();
    expect(connected.result).toBe(0);
    expect(accepted.result).toBeInstanceOf(Socket);
  });

  test('a refused connect answers its error to everybody who waits for it', () => {
    const rig = createRig();
    const client = rig.stream();
    const first = rig.block(client, { call: 'connect', name: name(81) });
    const second = rig.block(client, { call: 'connect', name: name(81) });
    rig.net.run();
    expect(said(first.result as number)).toBe('ECONNREFUSED');
    expect(said(second.result as number)).toBe('ECONNABORTED');
  });

  test('after a failure the socket may connect again', () => {
    const rig = createRig();
    const client = rig.stream();
    const first = rig.block(client, { call: 'connect', name: name(81) });
    rig.net.run();
    expect(said(first.result as number)).toBe('ECONNREFUSED');
    const listener = rig.stream();
    listener.bind(name(81));
    listener.listen(1);
    const second = rig.block(client, { call: 'connect', name: name(81) });
    rig.net.run();
    expect(second.result).toBe(0);
    expect(rig.net.open_.size).toBe(3);
  });

  test('SO_SNDTIMEO: EINPROGRESS, and for a later one EALREADY (socket(7), inet_stream_connect)', () => {
    const rig = createRig();
    const client = rig.stream();
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeoutOption(500));
    const first = rig.block(client, { call: 'connect', name: name(9) });
    expect(rig.sockets.nextDeadline()).toBe(1500);
    expect(rig.wakes).toEqual([1000]);
    rig.advance(499);
    expect(first.result).toBeUndefined();
    rig.advance(1);
    expect(said(first.result as number)).toBe('EINPROGRESS');
    const second = rig.block(client, { call: 'connect', name: name(9) });
    rig.advance(500);
    expect(said(second.result as number)).toBe('EALREADY');
    expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('SO_RCVTIMEO ends an accept with EAGAIN', () => {
    const rig = createRig();
    const listener = rig.stream();
    listener.listen(1);
    listener.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeoutOption(20));
    const accepted = rig.block(listener, { call: 'accept' });
    rig.advance(20);
    expect(said(accepted.result as number)).toBe('EAGAIN');
  });
});

describe('recv', () => {
  test('waits for the first byte and answers what is there', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const into = new Uint8Array(10);
    const received = rig.block(server, { call: 'recv', into });
    expect(received.result).toBeUndefined();
    client.send(bytesOf(1, 2, 3));
    rig.net.run();
    expect(received.result).toBe(3);
    expect([...into.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  test('the end of the stream is 0', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const received = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    client.shutdown(SHUT_WR);
    rig.net.run();
    expect(received.result).toBe(0);
  });

  test('MSG_WAITALL fills the buffer, into the range that was given', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const into = new Uint8Array(8);
    const received = rig.block(server, { call: 'recv', into, flags: MSG_WAITALL, start: 2, end: 7 });
    for (let value = 1; value <= 4; value += 1) {
      client.send(bytesOf(value));
      rig.net.run();
      expect(received.result).toBeUndefined();
    }
    client.send(bytesOf(5, 6));
    rig.net.run();
    expect(received.result).toBe(5);
    expect([...into]).toEqual([0, 0, 1, 2, 3, 4, 5, 0]);
  });

  test('MSG_WAITALL ends early with the stream, by a timeout, and by an error, which waits for the next call', () => {
    const rig = createRig();
    const ended = rig.pair(80);
    const first = rig.block(ended.server, { call: 'recv', into: new Uint8Array(5), flags: MSG_WAITALL });
    ended.client.send(bytesOf(1, 2));
    ended.client.shutdown(SHUT_WR);
    rig.net.run();
    expect(first.result).toBe(2);

    const slow = rig.pair(81);
    slow.server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeoutOption(100));
    const second = rig.block(slow.server, { call: 'recv', into: new Uint8Array(5), flags: MSG_WAITALL });
    slow.client.send(bytesOf(1, 2, 3));
    rig.advance(50);
    expect(second.result).toBeUndefined();
    rig.advance(50);
    expect(second.result).toBe(3);

    const reset = rig.pair(82);
    const third = rig.block(reset.server, { call: 'recv', into: new Uint8Array(5), flags: MSG_WAITALL });
    reset.client.send(bytesOf(1));
    rig.net.run();
    reset.client.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
    reset.client.close();
    rig.net.run();
    expect(third.result).toBe(1);
    expect(said(reset.server.recv(new Uint8Array(1)))).toBe('ECONNRESET');
    expect(reset.server.recv(new Uint8Array(1))).toBe(0);
  });

  test('MSG_PEEK with MSG_WAITALL waits for all and takes nothing', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const into = new Uint8Array(4);
    const peeked = rig.block(server, { call: 'recv', into, flags: MSG_WAITALL | MSG_PEEK });
    client.send(bytesOf(1, 2));
    rig.net.run();
    expect(peeked.result).toBeUndefined();
    client.send(bytesOf(3, 4, 5));
    rig.net.run();
    expect(peeked.result).toBe(4);
    expect(server.recv(new Uint8Array(9))).toBe(5);
    const last = rig.block(server, { call: 'recv', into, flags: MSG_WAITALL | MSG_PEEK });
    client.send(bytesOf(6));
    client.shutdown(SHUT_WR);
    rig.net.run();
    expect(last.result).toBe(1);
  });

  test('SO_RCVTIMEO ends with EAGAIN; MSG_DONTWAIT and O_NONBLOCK do not begin to wait', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    server.setsockopt(SOL_SOCKET, SO_RCVTIMEO, timeoutOption(1.5));
    const timed = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    rig.advance(1.5);
    expect(said(timed.result as number)).toBe('EAGAIN');
    const flagged = rig.block(server, { call: 'recv', into: new Uint8Array(1), flags: MSG_DONTWAIT });
    expect(said(flagged.result as number)).toBe('EAGAIN');
    const answered = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    expect(rig.sockets.nextDeadline()).toBeLessThan(Number.POSITIVE_INFINITY);
    client.send(bytesOf(1));
    rig.net.run();
    expect(answered.result).toBe(1);
    expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    server.nonblocking = true;
    const nonblocking = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    expect(said(nonblocking.result as number)).toBe('EAGAIN');
  });

  test('readers are served in the order of coming', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const first = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    const second = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
    client.send(bytesOf(1));
    rig.net.run();
    expect([first.result, second.result]).toEqual([1, undefined]);
    client.send(bytesOf(2));
    rig.net.run();
    expect([first.result, second.result]).toEqual([1, 1]);
  });

  test('cancel: done is not called, the bytes so far are told', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const received = rig.block(server, { call: 'recv', into: new Uint8Array(4), flags: MSG_WAITALL });
    client.send(bytesOf(1, 2));
    rig.net.run();
    expect(received.cancel()).toBe(2);
    client.send(bytesOf(3, 4));
    rig.net.run();
    expect(received.result).toBeUndefined();
    expect(server.recv(new Uint8Array(9))).toBe(2);
  });
});

describe('send', () => {
  test('a stream goes on until all is taken', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    const bytes = Uint8Array.from({ length: 2500 }, (_, index) => index % 251);
    const sent = rig.block(client, { call: 'send', bytes });
    const got: number[] = [];
    const into = new Uint8Array(300);
    while (sent.result === undefined || got.length < bytes.length) {
      const count = server.recv(into, MSG_DONTWAIT);
      expect(count).toBeGreaterThan(0);
      got.push(...into.subarray(0, count));
      rig.net.run();
    }
    expect(sent.result).toBe(2500);
    expect(got).toEqual([...bytes]);
  });

  test('SO_SNDTIMEO: what was taken, EAGAIN when nothing was', () => {
    const rig = createRig();
    const { client } = rig.pair();
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, timeoutOption(100));
    const partial = rig.block(client, { call: 'send', bytes: new Uint8Array(1500) });
    rig.advance(100);
    expect(partial.result).toBe(1000);
    const none = rig.block(client, { call: 'send', bytes: new Uint8Array(1) });
    rig.advance(100);
    expect(said(none.result as number)).toBe('EAGAIN');
  });

  test('non-blocking: what fits', () => {
    const rig = createRig();
    const { client } = rig.pair();
    client.nonblocking = true;
    expect(rig.block(client, { call: 'send', bytes: new Uint8Array(1500) }).result).toBe(1000);
  });

  test('an endpoint that takes nothing and says nothing is waited for', () => {
    const rig = createRig();
    const { client } = rig.pair();
    const endpoint = (client as unknown as { endpoint: ToyEndpoint }).endpoint;
    const { send } = endpoint;
    endpoint.send = () => 0;
    const sent = rig.block(client, { call: 'send', bytes: bytesOf(1, 2) });
    expect(sent.result).toBeUndefined();
    endpoint.send = send;
    rig.net.changed(endpoint);
    rig.net.run();
    expect(sent.result).toBe(2);
  });

  test('while the handshake runs it waits for its end', () => {
    const rig = createRig();
    const listener = rig.stream();
    listener.bind(name(80));
    listener.listen(1);
    const client = rig.stream(true);
    expect(said(client.connect(name(80)))).toBe('EINPROGRESS');
    expect(said(client.send(bytesOf(1)))).toBe('EAGAIN');
    client.nonblocking = false;
    const sent = rig.block(client, { call: 'send', bytes: bytesOf(1) });
    rig.net.run();
    expect(sent.result).toBe(1);
  });
});

describe('close', () => {
  test('SO_LINGER: waits until all is acknowledged', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    client.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(10));
    client.send(bytesOf(1, 2));
    const closed = rig.block(client, { call: 'close' });
    expect(closed.result).toBeUndefined();
    expect(said(client.send(bytesOf(3)))).toBe('EBADF');
    expect(server.recv(new Uint8Array(9))).toBe(2);
    rig.net.run();
    expect(closed.result).toBe(0);
    expect(server.recv(new Uint8Array(9))).toBe(0);
    expect(rig.net.open_.size).toBe(2);
    expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('SO_LINGER: the time over, the transport goes on alone', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    client.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(10));
    client.send(bytesOf(1, 2));
    const closed = rig.block(client, { call: 'close' });
    rig.advance(9_999);
    expect(closed.result).toBeUndefined();
    rig.advance(1);
    expect(closed.result).toBe(0);
    expect(server.recv(new Uint8Array(9))).toBe(2);
  });

  test('SO_LINGER of zero resets the peer', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    client.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
    expect(client.close()).toBe(0);
    expect(said(server.recv(new Uint8Array(1)))).toBe('ECONNRESET');
  });

  test('SO_LINGER does not wait where data is unread: the close is a reset (RFC 2525 §2.17)', () => {
    const rig = createRig();
    const { client, server } = rig.pair();
    client.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(10));
    client.send(bytesOf(1, 2));
    server.send(bytesOf(3));
    expect(client.close()).toBe(0);
    expect(rig.sockets.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('ends every call that waits with EBADF', () => {
    const rig = createRig();
    const { client, listener } = rig.pair();
    const waiting = [
      rig.block(client, { call: 'recv', into: new Uint8Array(1) }),
      rig.block(client, { call: 'send', bytes: new Uint8Array(5000) }),
      rig.block(listener, { call: 'accept' }),
    ];
    client.close();
    listener.close();
    expect(waiting.map((blocked) => blocked.result)).toEqual([-9, 1000, -9]);
    expect(said(client.close())).toBe('EBADF');
  });
});

describe('operations that a provider completes later', () => {
  test('a blocking bind waits; calls meanwhile wait for it', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const listener = rig.stream();
    const boundResult = rig.block(listener, { call: 'bind', name: name(80) });
    const listened = rig.block(listener, { call: 'listen', backlog: 3 });
    expect(boundResult.result).toBeUndefined();
    rig.net.run();
    expect(boundResult.result).toBe(0);
    expect(listened.result).toBe(0);
  });

  test('close ends a bind that is under way, and no call waits for it afterwards', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const socket = rig.stream();
    const boundResult = rig.block(socket, { call: 'bind', name: name(80) });
    expect(socket.close()).toBe(0);
    expect(said(boundResult.result as number)).toBe('EBADF');
    for (const call of [
      { call: 'connect', name: name(80) },
      { call: 'listen', backlog: 1 },
      { call: 'accept' },
    ] as const) {
      expect(said(rig.block(socket, call).result as number)).toBe('EBADF');
    }
  });

  test('a blocking bind answers its late failure', () => {
    const rig = createRig();
    const { listener } = rig.pair(80);
    rig.net.bindsLater = true;
    const second = rig.stream();
    const boundResult = rig.block(second, { call: 'bind', name: name(80) });
    rig.net.run();
    expect(said(boundResult.result as number)).toBe('EADDRINUSE');
    expect(second.bind(name(81))).not.toBe(-22);
    listener.close();
  });

  test('a blocking connect waits for a bind that is under way, and does not take its result', () => {
    const rig = createRig();
    rig.pair(80);
    rig.net.bindsLater = true;
    const socket = rig.stream();
    const boundResult = rig.block(socket, { call: 'bind', name: name(80) });
    const connected = rig.block(socket, { call: 'connect', name: name(80) });
    rig.net.run();
    expect(said(boundResult.result as number)).toBe('EADDRINUSE');
    expect(connected.result).toBe(0);
  });

  test('the result of a bind that was given up is not taken for that of a later call', () => {
    const rig = createRig();
    rig.pair(80);
    rig.net.bindsLater = true;
    const socket = rig.stream();
    rig.block(socket, { call: 'bind', name: name(80) }).cancel();
    rig.net.run();
    const connected = rig.block(socket, { call: 'connect', name: name(80) });
    rig.net.run();
    expect(connected.result).toBe(0);
  });

  test('nobody connects in spite of a bind that failed late', () => {
    const rig = createRig();
    rig.pair(80);
    rig.net.bindsLater = true;
    const socket = rig.stream(true);
    socket.bind(name(80));
    rig.net.run();
    expect(said(socket.connect(name(80)))).toBe('EADDRINUSE');
    expect(said(socket.connect(name(80)))).toBe('EINPROGRESS');
  });

  test('a non-blocking bind answers EINPROGRESS, then EALREADY; its failure is in SO_ERROR', () => {
    const rig = createRig();
    rig.pair(80);
    rig.net.bindsLater = true;
    const socket = rig.stream(true);
    expect(said(socket.bind(name(80)))).toBe('EINPROGRESS');
    expect(said(socket.bind(name(80)))).toBe('EALREADY');
    expect(said(socket.listen(1))).toBe('EALREADY');
    rig.net.run();
    expect(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(errno.EADDRINUSE);
    expect(said(socket.bind(name(80)))).toBe('EINPROGRESS');
    rig.net.run();
    // Not on some other port in silence.
    expect(said(socket.listen(1))).toBe('EADDRINUSE');
    expect(socket.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  });

  test('a name that comes back late is waited for, not forgotten', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const socket = rig.stream();
    rig.block(socket, { call: 'bind', name: name(80) });
    rig.net.run();
    expect(socket.listen(1)).toBe(0);
    // AF_UNSPEC: a fresh endpoint, bound to 80 again, later.
    expect(socket.connect({ family: 0, ...name(0, 0) })).toBe(0);
    const listening = rig.block(socket, { call: 'listen', backlog: 1 });
    expect(listening.result).toBeUndefined();
    rig.net.run();
    expect(listening.result).toBe(0);
    const into = emptyName();
    socket.getsockname(into);
    expect(into.port).toBe(80);
  });

  test('a connect that finds its name coming back late begins afterwards', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const socket = rig.stream();
    rig.block(socket, { call: 'bind', name: name(81) });
    rig.net.run();
    const refused = rig.block(socket, { call: 'connect', name: name(80) });
    rig.net.run();
    expect(said(refused.result as number)).toBe('ECONNREFUSED');
    rig.net.bindsLater = false;
    rig.pair(80);
    rig.net.bindsLater = true;
    // The failed endpoint cannot try again itself.
    const connected = rig.block(socket, { call: 'connect', name: name(80) });
    expect(connected.result).toBeUndefined();
    rig.net.run();
    expect(connected.result).toBe(0);
    const into = emptyName();
    socket.getsockname(into);
    expect(into.port).toBe(81);
  });

  test('what is closed while it is being bound leaves no port taken', () => {
    const rig = createRig();
    rig.net.bindsLater = true;
    const socket = rig.stream();
    socket.bind(name(80));
    socket.close();
    rig.net.run();
    expect(rig.net.ports.size).toBe(0);
  });
});

test('AF_UNSPEC ends who waits for the connection that it takes apart', () => {
  const rig = createRig();
  const { client } = rig.pair();
  const received = rig.block(client, { call: 'recv', into: new Uint8Array(1) });
  expect(client.connect({ family: 0, ...name(0, 0) })).toBe(0);
  expect(said(received.result as number)).toBe('ENOTCONN');
});

test('an error of the connection ends who waits', () => {
  const rig = createRig();
  const { server } = rig.pair();
  const received = rig.block(server, { call: 'recv', into: new Uint8Array(1) });
  const endpoint = (server as unknown as { endpoint: ToyEndpoint }).endpoint;
  endpoint.fail(failure.timedOut);
  rig.net.run();
  expect(said(received.result as number)).toBe('ETIMEDOUT');
});
