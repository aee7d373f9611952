import { failure, readiness, transfer } from '@synos/interfaces';
import { check, equal, sameBytes } from '../check.js';
import { ascii, has, localOf, pattern, remoteOf, text } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** Bytes between two ends. */
export function addStreamCases(add: AddProviderCase): void {
  add('TransportEndpoint.connect', 'a connection stands on both sides', async (t) => {
    const { client, server } = await t.pair();
    check(has(client, readiness.writable), 'the client is writable');
    check(has(server, readiness.writable), 'the server is writable');
    equal(client.takeError(), 0, 'client error');
    equal(server.takeError(), 0, 'server error');
    equal(client.kind, 'stream', 'kind');
    equal(server.kind, 'stream', 'kind');
  });

  add('TransportEndpoint.localAddress', 'both ends know both addresses', async (t) => {
    const { client, server, listener } = await t.pair();
    equal(remoteOf(client).port, localOf(listener).port, "the client's remote port");
    equal(remoteOf(client).address.w3, t.b.address.w3, "the client's remote address");
    equal(localOf(client).address.w3, t.a.address.w3, "the client's local address");
    equal(localOf(server).port, localOf(listener).port, "the server's local port");
    equal(localOf(server).address.w3, t.b.address.w3, "the server's local address");
    equal(remoteOf(server).port, localOf(client).port, "the server's remote port");
    check(localOf(client).port > 0, 'the client has a port');
  });

  add('TransportEndpoint.bind', 'a client keeps the name that it was bound to', async (t) => {
    const listener = await t.listener();
    const client = await t.bound(t.a, 'stream');
    const { port } = localOf(client);
    equal(await t.connectOutcome(client, t.at(t.b, listener)), 0, 'connect');
    const server = await t.accepted(listener);
    equal(localOf(client).port, port, "the client's port");
    equal(remoteOf(server).port, port, 'the port that the server sees');
  });

  add('TransportEndpoint.send', 'messages go both ways, in order', async (t) => {
    const { client, server } = await t.pair();
    for (let round = 0; round < 5; round += 1) {
      await t.sendText(client, `question ${round}`);
      await t.expectText(server, `question ${round}`);
      await t.sendText(server, `answer ${round}`);
      await t.expectText(client, `answer ${round}`);
    }
  });

  add('TransportEndpoint.send', '400,000 bytes each way at once arrive as they were', async (t) => {
    const { client, server } = await t.pair();
    const up = pattern(400_000, 1);
    const down = pattern(400_000, 2);
    await Promise.all([
      t.sendAll(client, up),
      t.sendAll(server, down),
      t.expectBytes(server, up, 'at the server'),
      t.expectBytes(client, down, 'at the client'),
    ]);
  });

  add('TransportEndpoint.receive', 'what is read in other pieces than it was sent in arrives in order', async (t) => {
    const { client, server } = await t.pair();
    const bytes = pattern(300_000, 3);
    let sent = 0;
    // The reader stays behind: buffers along the way are neither empty nor full.
    for (let got = 0; got < bytes.length; ) {
      await t.until(() => {
        const ahead = Math.min(bytes.length, got + 40_000);
        while (sent < ahead) {
          const result = client.send(bytes, sent, Math.min(ahead, sent + 7001), 0, null);
          if (result === failure.wouldBlock) return false;
          check(result > 0, `send answered ${result}`);
          sent += result;
        }
        return true;
      }, 'the bytes to be taken');
      const length = Math.min(17_011, bytes.length - got);
      sameBytes(await t.read(server, length), bytes.subarray(got, got + length), `bytes from ${got} on`);
      got += length;
    }
  });

  add('TransportEndpoint.send', 'send copies: the caller may reuse its buffer', async (t) => {
    const { client, server } = await t.pair();
    const bytes = ascii('..keep..');
    equal(client.send(bytes, 2, 6, 0, null), 4, 'send');
    bytes.fill(0x21);
    await t.expectText(server, 'keep');
  });

  add('TransportEndpoint.receive', 'a receive writes within the room given, and nowhere else', async (t) => {
    const { client, server } = await t.pair();
    await t.sendText(client, 'abcdef');
    await t.until(() => has(server, readiness.readable), 'readable');
    const into = ascii('........');
    equal(server.receive(into, 2, 5, 0, null), 3, 'receive');
    equal(text(into), '..abc...', 'the buffer');
    await t.expectText(server, 'def');
  });

  add('transfer.peek', 'a peek leaves the data', async (t) => {
    const { client, server } = await t.pair();
    await t.sendText(client, 'stays');
    await t.until(() => server.getOption('readableBytes') === 5, 'five bytes to arrive');
    const into = new Uint8Array(8);
    for (let round = 0; round < 3; round += 1) {
      equal(server.receive(into, 0, 8, transfer.peek, null), 5, 'peek');
      equal(text(into.subarray(0, 5)), 'stays', 'what is peeked');
    }
    await t.expectText(server, 'stays');
    equal(server.receive(into, 0, 8, transfer.peek, null), failure.wouldBlock, 'peek when all is taken');
  });

  add('failure.wouldBlock', 'receive would block while nothing is there, and readable says when', async (t) => {
    const { client, server } = await t.pair();
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), failure.wouldBlock, 'receive');
    equal(has(server, readiness.readable), false, 'readable');
    await t.sendText(client, 'x');
    await t.until(() => has(server, readiness.readable), 'readable');
    await t.expectText(server, 'x');
    equal(has(server, readiness.readable), false, 'readable when all is taken');
  });

  add("option 'readableBytes'", 'readableBytes counts what waits', async (t) => {
    const { client, server } = await t.pair();
    equal(server.getOption('readableBytes'), 0, 'at first');
    await t.sendText(client, 'seven b');
    await t.until(() => server.getOption('readableBytes') === 7, 'seven bytes to wait');
    await t.expectText(server, 'sev');
    equal(server.getOption('readableBytes'), 4, 'the rest');
  });

  add('TransportEndpoint.send', 'what is sent before accept is kept', async (t) => {
    const listener = await t.listener();
    const client = await t.connected(t.a, t.at(t.b, listener));
    await t.sendText(client, 'early');
    await t.quiet();
    await t.expectText(await t.accepted(listener), 'early');
  });

  add('TransportEndpoint.send', 'many connections are kept apart', async (t) => {
    const listener = await t.listener(t.b, 32);
    const clients = [];
    for (let index = 0; index < 12; index += 1) clients.push(await t.connected(t.a, t.at(t.b, listener)));
    const label = (port: number): string => `from ${String(port).padStart(5, '0')}`;
    for (const client of clients) await t.sendText(client, label(localOf(client).port));
    for (let index = 0; index < clients.length; index += 1) {
      const server = await t.accepted(listener);
      await t.expectText(server, label(remoteOf(server).port));
    }
  });

  add(
    'TransportEndpoint.info',
    'info tells of a connection that stands',
    async (t) => {
      const { client } = await t.pair();
      equal(client.info()?.state, 'ESTABLISHED', 'state');
    },
    ['info'],
  );

  add('TransportEndpoint.send', 'an empty send takes nothing and ends nothing', async (t) => {
    const { client, server } = await t.pair();
    equal(client.send(new Uint8Array(0), 0, 0, 0, null), 0, 'send');
    await t.sendText(client, 'after');
    await t.expectText(server, 'after');
    sameBytes(await t.read(server, 0), new Uint8Array(0), 'an empty read');
  });
}
