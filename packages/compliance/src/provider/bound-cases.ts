import { failure, failureName, readiness, type TransportEndpoint } from '@synos/interfaces';
import { check, equal, sameBytes, within } from '../check.js';
import { ascii, has, pattern } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** More than any buffers along the way hold: ours, and the host's. */
const muchBytes = 64 * 1024 * 1024;

/** What happens under load: bounds, and everything works afterwards. */
export function addBoundCases(add: AddProviderCase): void {
  add(
    'failure.wouldBlock',
    'a reader that does not read stops the sender; then all arrives',
    async (t) => {
      const { client, server } = await t.pair();
      const piece = pattern(65_536, 40);
      let taken = 0;
      let idle = 0;
      await t.until(() => {
        const before = taken;
        for (;;) {
          const result = client.send(piece, taken % piece.length, piece.length, 0, null);
          if (result === failure.wouldBlock) break;
          check(result > 0, `send answered ${failureName(result) ?? result}`);
          taken += result;
          check(taken < muchBytes, 'a sender is stopped some time');
        }
        idle = taken === before ? idle + 1 : 0;
        return idle > 20;
      }, 'the sender to be stopped');
      equal(has(client, readiness.writable), false, 'writable when full');
      check(has(server, readiness.readable), 'readable');
      for (let got = 0; got < taken; ) {
        const length = Math.min(piece.length - (got % piece.length), taken - got);
        const bytes = await t.read(server, length);
        sameBytes(bytes, piece.subarray(got % piece.length, (got % piece.length) + length), `bytes from ${got} on`);
        got += length;
      }
      await t.until(() => has(client, readiness.writable), 'room');
      await t.sendText(client, 'afterwards');
      await t.expectText(server, 'afterwards');
    },
    ['stream', 'listen'],
  );

  add(
    "option 'receiveBufferBytes'",
    'a queue of datagrams that nobody reads is bounded, and works again',
    async (t) => {
      const { sender, receiver } = await t.talkers();
      const bytes = pattern(500, 50);
      let refused = 0;
      for (let index = 0; index < 6000; index += 1) {
        const result = sender.send(bytes, 0, bytes.length, 0, null);
        if (result === failure.wouldBlock) refused += 1;
        if (index % 50 === 49) await t.fixture.settle(0);
      }
      await t.quiet();
      let count = 0;
      const into = new Uint8Array(500);
      await t.until(() => {
        const before = count;
        while (count < 10_000 && receiver.receive(into, 0, 500, 0, null) >= 0) count += 1;
        return count === before && count > 0;
      }, 'the queue to be empty');
      within(count, 1, 5000, `datagrams that waited (${refused} were refused)`);
      await t.until(() => sender.send(ascii('afterwards'), 0, 10, 0, null) === 10, 'room to send');
      equal(await t.nextText(receiver), 'afterwards', 'datagram');
    },
    ['datagram'],
  );

  add(
    'TransportEndpoint.accept',
    'fifty connections at once, some aborted, some closed, some left alone',
    async (t) => {
      const listener = await t.listener(t.b, 64);
      const clients: TransportEndpoint[] = [];
      for (let index = 0; index < 50; index += 1) clients.push(await t.connected(t.a, t.at(t.b, listener)));
      const servers: TransportEndpoint[] = [];
      for (let index = 0; index < 50; index += 1) servers.push(await t.accepted(listener));
      for (const client of clients) await t.sendText(client, 'x');
      for (const server of servers) await t.expectText(server, 'x');
      clients.forEach((client, index) => {
        if (index % 3 === 0) client.abort();
        if (index % 3 === 1) client.close();
      });
      const isOver = (server: TransportEndpoint): boolean => (server.readiness() & readiness.readHangup) !== 0;
      const ended = clients.filter((_, index) => index % 3 !== 2).length;
      await t.until(() => servers.filter(isOver).length === ended, `${ended} servers to notice`);
    },
    ['stream', 'listen'],
  );
}
