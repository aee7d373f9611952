import { failure, readiness } from '@synos/interfaces';
import { check, equal, oneOf } from '../check.js';
import { ascii, freshAddress, has } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** What goes wrong, and how it is told. */
export function addErrorCases(add: AddProviderCase): void {
  add('failure.connectionRefused', 'a connection that nobody listens for is refused, once', async (t) => {
    const client = t.open(t.a, 'stream');
    equal(await t.connectOutcome(client, await t.deserted(t.b, 'stream')), failure.connectionRefused, 'connect');
    equal(client.takeError(), 0, 'takeError again');
    equal(has(client, readiness.error), false, 'error');
    const result = client.send(ascii('x'), 0, 1, 0, null);
    check(result < 0 && result !== failure.wouldBlock, 'send on a refused connection fails');
    equal(client.remoteAddress(freshAddress()), failure.notConnected, 'remoteAddress');
  });

  add('failure.notConnected', 'what is not connected neither sends nor receives', (t) => {
    const endpoint = t.open(t.a, 'stream');
    oneOf(endpoint.send(ascii('x'), 0, 1, 0, null), [failure.notConnected, failure.brokenPipe], 'send');
    equal(endpoint.receive(new Uint8Array(4), 0, 4, 0, null), failure.notConnected, 'receive');
    equal(endpoint.remoteAddress(freshAddress()), failure.notConnected, 'remoteAddress');
    equal(endpoint.takeError(), 0, 'takeError');
  });

  add(
    'failure.alreadyConnected',
    'connect while connecting and when connected is refused',
    async (t) => {
      const listener = await t.listener();
      const to = t.at(t.b, listener);
      const client = t.open(t.a, 'stream');
      const first = client.connect(to);
      const second = client.connect(to);
      oneOf(second, [failure.alreadyInProgress, failure.alreadyConnected], 'a second connect');
      const result = await t.outcome(client, first, 'connect');
      oneOf(result, [0, failure.inProgress], 'the first connect');
      await t.until(() => has(client, readiness.writable), 'the connection');
      equal(client.takeError(), 0, 'error');
      equal(client.connect(to), failure.alreadyConnected, 'connect when connected');
    },
    ['listen'],
  );

  add(
    'failure.wouldBlock',
    'while a connection is under way nothing is sent or received',
    async (t) => {
      const listener = await t.listener();
      const client = t.open(t.a, 'stream');
      const result = client.connect(t.at(t.b, listener));
      if (result < 0) {
        equal(has(client, readiness.writable), false, 'writable');
        equal(client.send(ascii('x'), 0, 1, 0, null), failure.wouldBlock, 'send');
        equal(client.receive(new Uint8Array(4), 0, 4, 0, null), failure.wouldBlock, 'receive');
      }
      await t.outcome(client, result, 'connect');
      await t.until(() => has(client, readiness.writable), 'the connection');
      await t.sendText(client, 'now');
      await t.expectText(await t.accepted(listener), 'now');
    },
    ['listen'],
  );

  add(
    'failure.networkUnreachable',
    'a connection without a route fails',
    async (t) => {
      const client = t.open(t.a, 'stream');
      const address = t.fixture.unroutableAddress;
      check(address !== undefined, "the fixture has no 'unroutableAddress', yet does not lack 'unroutable'");
      const allowed = [failure.networkUnreachable, failure.hostUnreachable];
      oneOf(await t.connectOutcome(client, { address, port: 9 }), allowed, 'connect');
    },
    ['unroutable'],
  );
}
