import { direction, failure, readiness, type SocketAddress, type TransportEndpoint } from '@synos/interfaces';
import { check, equal, oneOf, sameBytes } from '../check.js';
import { ascii, freshAddress, has, pattern, sendSome } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** One direction ends before the other. */
export function addHalfCloseCases(add: AddProviderCase): void {
  add('RFC 9293 §3.6', 'one side ends, the other still sends', async (t) => {
    const { client, server } = await t.pair();
    await t.sendText(client, 'question');
    equal(client.shutdown(direction.send), 0, 'shutdown');
    await t.expectText(server, 'question');
    await t.expectEnd(server);
    check(has(server, readiness.readHangup), 'the server sees that no more comes');
    const answer = pattern(100_000, 20);
    await Promise.all([t.sendAll(server, answer), t.expectBytes(client, answer, 'the answer')]);
    server.close();
    await t.expectEnd(client);
  });

  add('failure.brokenPipe', 'sending after the end of sending is a broken pipe', async (t) => {
    const { client } = await t.pair();
    equal(client.shutdown(direction.send), 0, 'shutdown');
    equal(client.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
    check(has(client, readiness.writable), 'writable: a send would fail at once');
  });

  add('readiness.hangup', 'hangup when both directions are over, and not before', async (t) => {
    const { client, server } = await t.pair();
    await t.sendText(client, 'last words');
    client.shutdown(direction.send);
    await t.expectText(server, 'last words');
    await t.until(() => has(client, readiness.drained), 'drained');
    equal(has(client, readiness.hangup), false, 'hangup while the peer may still send');
    equal(has(client, readiness.readHangup), false, 'readHangup while the peer may still send');
    server.shutdown(direction.send);
    await t.until(() => has(client, readiness.hangup), 'hangup');
    check(has(client, readiness.readHangup), 'readHangup');
    check(has(client, readiness.readable), 'readable: the end can be read');
    await t.expectEnd(client);
  });

  add('TransportEndpoint.shutdown', 'shutdown both ends both directions', async (t) => {
    const { client, server } = await t.pair();
    equal(client.shutdown(direction.both), 0, 'shutdown');
    equal(client.receive(new Uint8Array(4), 0, 4, 0, null), 0, 'receive');
    equal(client.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
    await t.expectEnd(server);
  });

  add('TransportEndpoint.shutdown', 'what is not connected has nothing to shut down', async (t) => {
    equal(t.open(t.a, 'stream').shutdown(direction.both), failure.notConnected, 'shutdown');
  });
}

/** Ends, in good order and at once. */
export function addCloseCases(add: AddProviderCase): void {
  add('TransportEndpoint.close', 'the peer reads everything, then the end', async (t) => {
    const { client, server } = await t.pair();
    const bytes = pattern(50_000, 21);
    const [sent] = await Promise.all([
      t.sendAll(client, bytes).then(() => client.close()),
      t.expectBytes(server, bytes, 'received'),
    ]);
    equal(sent, undefined, 'close');
    await t.expectEnd(server);
  });

  add('TransportEndpoint.close', 'close lingers until all that was taken is delivered', async (t) => {
    const { client, server } = await t.pair();
    const bytes = pattern(4_000_000, 22);
    const taken = sendSome(client, bytes, 0);
    check(taken > 1000, 'the send buffer takes more than a kilobyte');
    client.close();
    await t.quiet();
    sameBytes(await t.read(server, taken), bytes.subarray(0, taken), 'received');
    await t.expectEnd(server);
  });

  add('TransportEndpoint.close', 'after close every call answers closed', async (t) => {
    const { client, listener } = await t.pair();
    const fresh = t.open(t.a, 'stream');
    for (const endpoint of [client, listener, fresh]) {
      endpoint.close();
      expectClosed(endpoint, { address: t.b.address, port: 9 });
      endpoint.close();
      endpoint.abort();
    }
    const aborted = t.open(t.a, 'stream');
    aborted.abort();
    expectClosed(aborted, { address: t.b.address, port: 9 });
  });

  add('TransportEndpoint.abort', 'abort resets the peer; the error waits and is taken once', async (t) => {
    const { client, server } = await t.pair();
    client.abort();
    await t.until(() => has(server, readiness.error), 'the error');
    equal(server.takeError(), failure.connectionReset, 'takeError');
    equal(server.takeError(), 0, 'takeError again');
    equal(has(server, readiness.error), false, 'error');
    check(has(server, readiness.hangup), 'hangup');
    const result = server.send(ascii('x'), 0, 1, 0, null);
    oneOf(result, [failure.brokenPipe, failure.connectionReset, failure.notConnected], 'send after a reset');
    equal(server.remoteAddress(freshAddress()), failure.notConnected, 'remoteAddress');
  });

  add('TransportEndpoint.abort', 'a receive answers the reset', async (t) => {
    const { client, server } = await t.pair();
    client.abort();
    await t.until(() => has(server, readiness.error), 'the error');
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), failure.connectionReset, 'receive');
  });

  add('TransportEndpoint.abort', 'abort with much unsent and unread ends at once', async (t) => {
    const { client, server } = await t.pair();
    sendSome(client, pattern(4_000_000, 23), 0);
    client.abort();
    const into = new Uint8Array(65_536);
    let result = 0;
    await t.until(() => {
      result = server.receive(into, 0, into.length, 0, null);
      return result <= 0 && result !== failure.wouldBlock;
    }, 'the connection to be over');
    equal(result, failure.connectionReset, 'how it ends');
  });

  add(
    'RFC 2525 §2.17',
    'closing with unread data resets',
    async (t) => {
      const { client, server } = await t.pair();
      await t.sendText(client, 'never read');
      await t.until(() => has(server, readiness.readable), 'readable');
      server.close();
      await t.expectReset(client);
    },
    ['reset-on-unread'],
  );

  add('RFC 9293 §3.5.2', 'data for a connection that is gone fails, at the latest the second time', async (t) => {
    const { client, server } = await t.pair();
    client.close();
    await t.expectEnd(server);
    let result = 0;
    await t.until(() => {
      result = server.send(ascii('x'), 0, 1, 0, null);
      return result < 0 && result !== failure.wouldBlock;
    }, 'send to fail');
    oneOf(result, [failure.connectionReset, failure.brokenPipe], 'send');
  });

  add('TransportEndpoint.close', 'closing while connecting is harmless', async (t) => {
    const listener = await t.listener();
    const to = t.at(t.b, listener);
    for (const end of ['close', 'abort'] as const) {
      const client = t.open(t.a, 'stream');
      client.connect(to);
      client[end]();
    }
    await t.quiet();
    for (let tries = 0; tries < 4; tries += 1) listener.accept()?.close();
    const client = await t.connected(t.a, to);
    const server = await t.accepted(listener);
    await t.sendText(client, 'unharmed');
    await t.expectText(server, 'unharmed');
  });

  add(
    'TransportEndpoint.close',
    'connections one after the other leave nothing behind',
    async (t) => {
      const openCount = t.fixture.openCount;
      check(openCount !== undefined, "the fixture has no 'openCount', yet does not lack 'count'");
      const before = openCount.call(t.fixture);
      const listener = await t.listener();
      for (let round = 0; round < 30; round += 1) {
        const client = await t.connected(t.a, t.at(t.b, listener));
        const server = await t.accepted(listener);
        await t.sendText(client, 'x');
        await t.expectText(server, 'x');
        if (round % 3 === 0) client.abort();
        else client.close();
        if (round % 3 === 1) await t.expectEnd(server);
        server.close();
      }
      const abandoned = t.open(t.a, 'stream');
      abandoned.connect(t.at(t.b, listener));
      abandoned.abort();
      listener.close();
      await t.until(() => openCount.call(t.fixture) === before, `all but ${before} endpoints to be gone`);
    },
    ['count'],
  );
}

function expectClosed(endpoint: TransportEndpoint, to: SocketAddress): void {
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
