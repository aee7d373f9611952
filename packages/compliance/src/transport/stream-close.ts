import { direction, failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { check, equal, oneOf, sameBytes } from '../check.js';
import {
  ascii,
  type CaseList,
  freshAddress,
  has,
  longMs,
  pattern,
  sendSome,
  sendText,
  wellKnownPort,
} from './drive.js';

/** Ends: half-close, orders, resets, what is left afterwards. */
export function addStreamCloseCases(list: CaseList): void {
  list.add('RFC 9293 §3.6', 'half-close: one side ends, the other still sends', (t) => {
    const { client, server } = t.pair();
    sendText(client, 'question');
    equal(client.shutdown(direction.send), 0, 'shutdown');
    equal(String.fromCharCode(...t.readAll(server, 100)), 'question', 'request');
    check(has(server, readiness.readHangup), 'the server sees that no more comes');
    const answer = pattern(30_000, 20);
    t.transfer(server, client, answer);
    server.close();
    equal(t.readAll(client, 10).length, 0, 'the end');
    client.close();
  });

  list.add('RFC 9293 §3.10.2', 'sending after the end of sending is a broken pipe', (t) => {
    const { client } = t.pair();
    equal(client.shutdown(direction.send), 0, 'shutdown');
    equal(client.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
  });

  for (const order of ['client first', 'server first', 'at the same time'] as const) {
    list.add('RFC 9293 §3.6', `close, ${order}: both see the end, all is given back`, (t) => {
      const base = { a: t.a.host.blocks.usedBytes, b: t.b.host.blocks.usedBytes };
      const { client, server, listener } = t.pair();
      sendText(client, 'up');
      sendText(server, 'down');
      t.expectText(server, 'up');
      t.expectText(client, 'down');
      if (order === 'at the same time') {
        client.shutdown(direction.send);
        server.shutdown(direction.send);
        equal(t.readAll(client, 1).length, 0, "the client's end");
        equal(t.readAll(server, 1).length, 0, "the server's end");
        client.close();
        server.close();
      } else {
        const [first, second] = order === 'client first' ? [client, server] : [server, client];
        first.close();
        equal(t.readAll(second, 1).length, 0, 'the end');
        second.close();
      }
      listener.close();
      t.pass(longMs);
      equal(t.a.host.packets.used, 0, "host a's packets");
      equal(t.b.host.packets.used, 0, "host b's packets");
      equal(t.a.host.blocks.usedBytes, base.a, "host a's blocks");
      equal(t.b.host.blocks.usedBytes, base.b, "host b's blocks");
      const again = t.open(t.b);
      equal(again.bind({ address: t.b.address, port: wellKnownPort }), 0, 'the port is free again');
    });
  }

  list.add('readiness.hangup', 'hangup when both directions are over, drained when all is acknowledged', (t) => {
    const { client, server } = t.pair();
    sendText(client, 'last words');
    client.shutdown(direction.send);
    t.until(() => has(client, readiness.drained), 'drained');
    equal(has(client, readiness.hangup), false, 'hangup while the peer may still send');
    t.readAll(server, 100);
    server.shutdown(direction.send);
    t.until(() => has(client, readiness.hangup), 'hangup');
    check(has(client, readiness.readHangup), 'readHangup');
    check(has(client, readiness.readable), 'readable: the end can be read');
  });

  list.add('TransportEndpoint.close', 'after close every call answers closed', (t) => {
    const { client } = t.pair();
    client.close();
    expectClosed(t.b.address.w3, client);
    const listener = t.listener(t.b, 7010);
    listener.close();
    expectClosed(t.b.address.w3, listener);
    const aborted = t.open(t.a);
    aborted.abort();
    expectClosed(t.b.address.w3, aborted);
    client.close();
    client.abort();
  });

  list.add('RFC 9293 §3.10.5', 'abort resets the peer', (t) => {
    const { client, server } = t.pair();
    client.abort();
    t.until(() => has(server, readiness.error) || has(server, readiness.readable), 'the reset');
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), failure.connectionReset, 'receive');
    const result = server.send(ascii('x'), 0, 1, 0, null);
    oneOf(result, [failure.brokenPipe, failure.connectionReset, failure.notConnected], 'send after a reset');
  });

  list.add('RFC 9293 §3.10.7.4', 'a reset waits as an error and is taken once', (t) => {
    const { client, server } = t.pair();
    client.abort();
    t.until(() => has(server, readiness.error), 'the error');
    equal(server.takeError(), failure.connectionReset, 'takeError');
    equal(server.takeError(), 0, 'takeError again');
    check(has(server, readiness.hangup), 'hangup');
  });

  list.add('RFC 9293 §3.5.2', 'data for a connection that is gone is answered by a reset', (t) => {
    const { client, server } = t.pair();
    client.close();
    t.pass(100);
    let result = 0;
    t.until(
      () => {
        result = server.send(ascii('x'), 0, 1, 0, null);
        return result < 0 && result !== failure.wouldBlock;
      },
      'send to fail',
      longMs,
    );
    oneOf(result, [failure.connectionReset, failure.brokenPipe], 'send');
  });

  list.add(
    'RFC 9293 §3.6.1',
    'closing with unread data resets',
    (t) => {
      const { client, server } = t.pair();
      sendText(client, 'never read');
      t.until(() => has(server, readiness.readable), 'readable');
      server.close();
      t.until(() => has(client, readiness.error), 'the reset');
      equal(client.takeError(), failure.connectionReset, 'takeError');
    },
    ['reset-on-unread'],
  );

  list.add('TransportEndpoint.close', 'close lingers until all that was taken is delivered', (t) => {
    const { client, server } = t.pair();
    const bytes = pattern(400_000, 21);
    const taken = sendSome(client, bytes, 0);
    check(taken > 1000, 'the send buffer takes more than a kilobyte');
    client.close();
    t.pass(5000);
    sameBytes(t.readAll(server, taken), bytes.subarray(0, taken), 'received');
  });

  list.add('TransportEndpoint.shutdown', 'shutdown both ends both directions', (t) => {
    const { client, server } = t.pair();
    equal(client.shutdown(direction.both), 0, 'shutdown');
    equal(client.receive(new Uint8Array(4), 0, 4, 0, null), 0, 'receive');
    equal(client.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
    equal(t.readAll(server, 1).length, 0, "the peer's end");
  });

  list.add('RFC 9293 §3.6.1', 'a port serves again after its connections closed', (t) => {
    for (let round = 0; round < 5; round++) {
      const { client, server, listener } = t.pair();
      sendText(client, `round ${round}`);
      t.expectText(server, `round ${round}`);
      client.close();
      t.readAll(server, 1);
      server.close();
      listener.close();
      t.pass(longMs);
    }
  });

  list.add('RFC 9293 §3.6', 'hundreds of short connections leave nothing behind', (t) => {
    const listener = t.listener(t.b, wellKnownPort, 64);
    for (let round = 0; round < 8; round++) {
      const clients: TransportEndpoint[] = [];
      for (let index = 0; index < 50; index++) {
        clients.push(t.connecting(t.a, { address: t.b.address, port: wellKnownPort }));
      }
      const servers = clients.map(() => t.accepted(listener));
      t.until(() => clients.every((client) => has(client, readiness.writable)), 'all connected');
      for (const client of clients) {
        sendText(client, 'x');
        client.close();
      }
      for (const server of servers) {
        equal(t.readAll(server, 1).length, 1, 'bytes received');
        server.close();
      }
    }
    t.pass(longMs);
    equal(t.a.host.packets.used, 0, "host a's packets");
    equal(t.b.host.packets.used, 0, "host b's packets");
    equal(t.a.host.blocks.usedBytes, 0, "host a's blocks");
    equal(t.b.host.blocks.usedBytes, 0, "host b's blocks");
  });
}

function expectClosed(word: number, endpoint: TransportEndpoint): void {
  const to = { address: { w0: 0, w1: 0, w2: 0xffff, w3: word }, port: 9 };
  const buffer = new Uint8Array(4);
  equal(endpoint.bind(to), failure.closed, 'bind');
  equal(endpoint.connect(to), failure.closed, 'connect');
  equal(endpoint.listen(1), failure.closed, 'listen');
  equal(endpoint.accept(), null, 'accept');
  equal(endpoint.send(buffer, 0, 4, 0, null), failure.closed, 'send');
  equal(endpoint.receive(buffer, 0, 4, 0, null), failure.closed, 'receive');
  equal(endpoint.shutdown(direction.both), failure.closed, 'shutdown');
  equal(endpoint.localAddress(freshAddress()), failure.closed, 'localAddress');
  equal(endpoint.remoteAddress(freshAddress()), failure.closed, 'remoteAddress');
  equal(endpoint.takeError(), failure.closed, 'takeError');
  equal(endpoint.setOption('reuseAddress', 1), failure.closed, 'setOption');
  equal(endpoint.getOption('reuseAddress'), failure.closed, 'getOption');
}
