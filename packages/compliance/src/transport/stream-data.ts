import { direction, failure, readiness, transfer } from '@synos/interfaces';
import { check, equal, oneOf, sameBytes, within } from '../check.js';
import { ascii, type CaseList, has, longMs, pattern, receiveSome, sendSome, sendText } from './drive.js';

/** Data: exact, in order, bounded, and told by readiness. */
export function addStreamDataCases(list: CaseList): void {
  list.add('RFC 9293 §3.7', 'a byte each way', (t) => {
    const { client, server } = t.pair();
    sendText(client, '>');
    t.expectText(server, '>');
    sendText(server, '<');
    t.expectText(client, '<');
  });

  list.add('RFC 9293 §3.4', 'data goes both ways at the same time, exactly', (t) => {
    const { client, server } = t.pair();
    const up = pattern(60_000, 1);
    const down = pattern(70_000, 2);
    const gotUp = new Uint8Array(up.length);
    const gotDown = new Uint8Array(down.length);
    const count = { up: 0, down: 0, sentUp: 0, sentDown: 0 };
    t.until(
      () => {
        count.sentUp += sendSome(client, up, count.sentUp);
        count.sentDown += sendSome(server, down, count.sentDown);
        count.up += receiveSome(server, gotUp, count.up);
        count.down += receiveSome(client, gotDown, count.down);
        return count.up === up.length && count.down === down.length;
      },
      'both directions',
      longMs,
    );
    sameBytes(gotUp, up, 'up');
    sameBytes(gotDown, down, 'down');
  });

  list.add('RFC 9293 §3.8', 'a transfer far beyond every buffer arrives exactly', (t) => {
    const { client, server } = t.pair();
    t.transfer(client, server, pattern(1_000_000, 3));
  });

  list.add('RFC 9293 §2.2', 'the stream knows no boundaries: sends of any size add up', (t) => {
    const { client, server } = t.pair();
    const bytes = pattern(40_000, 4);
    const got = new Uint8Array(bytes.length);
    let sent = 0;
    let received = 0;
    let size = 1;
    t.until(
      () => {
        while (sent < bytes.length) {
          const end = Math.min(bytes.length, sent + size);
          const result = client.send(bytes, sent, end, 0, null);
          if (result === failure.wouldBlock) break;
          check(result > 0, 'send');
          sent += result;
          size = (size * 7) % 3001;
        }
        const room = Math.min(got.length, received + 1 + ((received * 5) % 1999));
        const result = server.receive(got, received, room, 0, null);
        if (result !== failure.wouldBlock) received += result;
        return received >= bytes.length;
      },
      'all bytes',
      longMs,
    );
    sameBytes(got, bytes, 'stream');
  });

  list.add('TransportEndpoint.receive', 'receive writes between start and end alone', (t) => {
    const { client, server } = t.pair();
    sendText(client, 'abcdef');
    t.until(() => has(server, readiness.readable), 'readable');
    t.pass(1000);
    const into = new Uint8Array(10).fill(0x2e);
    equal(server.receive(into, 3, 7, 0, null), 4, 'receive');
    sameBytes(into, ascii('...abcd...'), 'the buffer');
    equal(server.receive(into, 0, 10, 0, null), 2, 'the rest');
  });

  list.add('TransportEndpoint.send', 'send copies: the caller may reuse its buffer', (t) => {
    const { client, server } = t.pair();
    const bytes = ascii('..keep..');
    equal(client.send(bytes, 2, 6, 0, null), 4, 'send');
    bytes.fill(0x21);
    t.expectText(server, 'keep');
    equal(client.send(bytes, 0, 0, 0, null), 0, 'a send of nothing');
  });

  list.add('failure.wouldBlock', 'receive would block while nothing is there', (t) => {
    const { client, server } = t.pair();
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), failure.wouldBlock, 'receive');
    equal(has(server, readiness.readable), false, 'readable');
    sendText(client, 'x');
    t.until(() => has(server, readiness.readable), 'readable');
    t.expectText(server, 'x');
    equal(has(server, readiness.readable), false, 'readable after all is read');
  });

  list.add('RFC 9293 §3.8.6', 'a reader that stops stops the sender, and nothing is lost', (t) => {
    const { client, server } = t.pair();
    const bytes = pattern(65_536, 5);
    let taken = 0;
    let quiet = 0;
    for (let round = 0; round < 400 && quiet < 8; round++) {
      const before = taken;
      for (;;) {
        const result = client.send(bytes, 0, bytes.length, 0, null);
        if (result === failure.wouldBlock) break;
        check(result > 0, 'send');
        // Partial takes would shift the pattern: the transfer below checks content, this one counts.
        taken += result;
        check(taken < 64 * 1024 * 1024, 'the sender was never stopped');
      }
      quiet = taken === before ? quiet + 1 : 0;
      t.pass(100);
    }
    equal(client.send(bytes, 0, bytes.length, 0, null), failure.wouldBlock, 'send into full buffers');
    equal(has(client, readiness.writable), false, 'writable');
    const into = new Uint8Array(65_536);
    let received = 0;
    t.until(
      () => {
        for (;;) {
          const result = server.receive(into, 0, into.length, 0, null);
          if (result === failure.wouldBlock) break;
          check(result > 0, 'receive');
          received += result;
        }
        return received >= taken;
      },
      'everything to arrive after all',
      longMs,
    );
    equal(received, taken, 'bytes received');
    t.until(() => has(client, readiness.writable), 'the sender is writable again');
    t.transfer(client, server, pattern(5000, 6));
  });

  list.add('RFC 9293 §3.8.6.1', 'a window closed for a minute opens again', (t) => {
    const { client, server } = t.pair();
    const bytes = pattern(300_000, 7);
    let sent = sendSome(client, bytes, 0);
    t.pass(60_000);
    const got = new Uint8Array(bytes.length);
    let received = 0;
    t.until(
      () => {
        sent += sendSome(client, bytes, sent);
        received += receiveSome(server, got, received);
        return received >= bytes.length;
      },
      'all bytes',
      longMs,
    );
    sameBytes(got, bytes, 'stream');
  });

  list.add('transfer.peek', 'a peek leaves the data', (t) => {
    const { client, server } = t.pair();
    sendText(client, 'peek');
    t.until(() => has(server, readiness.readable), 'readable');
    t.pass(1000);
    const into = new Uint8Array(8);
    equal(server.receive(into, 0, 8, transfer.peek, null), 4, 'peek');
    equal(server.receive(into, 0, 8, transfer.peek, null), 4, 'peek again');
    t.expectText(server, 'peek');
    equal(server.receive(into, 0, 8, transfer.peek, null), failure.wouldBlock, 'peek at nothing');
  });

  list.add('transfer.more', 'what is sent with more arrives once the rest is sent', (t) => {
    const { client, server } = t.pair();
    const bytes = ascii('head');
    equal(client.send(bytes, 0, 4, transfer.more, null), 4, 'send with more');
    sendText(client, ' tail');
    t.expectText(server, 'head tail');
  });

  list.add("option 'readableBytes'", 'readableBytes counts what waits', (t) => {
    const { client, server } = t.pair();
    equal(server.getOption('readableBytes'), 0, 'at first');
    sendText(client, 'twelve bytes');
    t.until(() => server.getOption('readableBytes') === 12, 'twelve bytes to wait');
    equal(server.receive(new Uint8Array(5), 0, 5, 0, null), 5, 'receive');
    equal(server.getOption('readableBytes'), 7, 'after five are read');
  });

  list.add("option 'unsentBytes'", 'unsentBytes falls to 0 when all is acknowledged', (t) => {
    const { client } = t.pair();
    sendText(client, 'twelve bytes');
    within(client.getOption('unsentBytes'), 1, 12, 'unsentBytes right after send');
    t.until(() => client.getOption('unsentBytes') === 0, 'all to be acknowledged');
  });

  list.add('RFC 9293 §3.10.2', 'what was sent before close is delivered', (t) => {
    const { client, server } = t.pair();
    const bytes = pattern(50_000, 8);
    const sent = sendSome(client, bytes, 0);
    client.close();
    t.pass(10);
    sameBytes(t.readAll(server, bytes.length), bytes.subarray(0, sent), 'received');
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), 0, 'the end stays');
    server.close();
  });

  list.add(
    "option 'receiveBufferBytes'",
    'a small receive buffer bounds what waits',
    (t) => {
      const listener = t.open(t.b);
      equal(listener.setOption('receiveBufferBytes', 4096), 0, 'set on the listener');
      equal(listener.bind({ address: t.b.address, port: 7008 }), 0, 'bind');
      equal(listener.listen(4), 0, 'listen');
      const client = t.connecting(t.a, { address: t.b.address, port: 7008 });
      const server = t.accepted(listener);
      t.until(() => has(client, readiness.writable), 'connected');
      const bytes = pattern(200_000, 9);
      sendSome(client, bytes, 0);
      t.pass(5000);
      within(server.getOption('readableBytes'), 1, 16_384, 'bytes that wait in a buffer of 4096');
    },
    ['buffer-sizes'],
  );

  list.add(
    "option 'sendBufferBytes'",
    'a small send buffer bounds what is taken',
    (t) => {
      const { client } = t.pair();
      equal(client.setOption('sendBufferBytes', 8192), 0, 'set');
      const bytes = pattern(500_000, 10);
      within(sendSome(client, bytes, 0), 1, 65_536, 'bytes taken into a buffer of 8192');
    },
    ['buffer-sizes'],
  );

  list.add('direction.receive', 'after shutdown of receiving, receive answers the end', (t) => {
    const { client, server } = t.pair();
    equal(server.shutdown(direction.receive), 0, 'shutdown');
    equal(server.receive(new Uint8Array(4), 0, 4, 0, null), 0, 'receive');
    sendText(server, 'the other way goes on');
    t.expectText(client, 'the other way goes on');
    oneOf(server.takeError(), [0], 'takeError');
  });
}
