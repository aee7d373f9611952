import { failure, readiness } from '@synos/interfaces';
import { check, equal, oneOf } from '../check.js';
import { has, localOf } from '../transport/drive.js';
import { Spy } from '../transport/shared.js';
import type { AddProviderCase } from './suite.js';

/** Operations that end later than the call that began them. */
export function addPendingCases(add: AddProviderCase): void {
  add(
    'failure.pending',
    'bind answers pending; the listener is told of its end; the result is taken once',
    async (t) => {
      const endpoint = t.open(t.a, 'stream');
      const spy = new Spy();
      endpoint.listenReadiness(spy);
      equal(endpoint.bind({ address: t.a.address, port: 0 }), failure.pending, 'bind');
      equal(has(endpoint, readiness.completed), false, 'completed at once');
      equal(endpoint.takeResult(), failure.pending, 'takeResult while it runs');
      await t.until(() => spy.seen.some(({ bits }) => (bits & readiness.completed) !== 0), 'the listener to be told');
      check(has(endpoint, readiness.completed), 'completed');
      equal(endpoint.takeResult(), 0, 'takeResult');
      equal(has(endpoint, readiness.completed), false, 'completed when taken');
      check(localOf(endpoint).port > 0, 'it has a port');
    },
  );

  add('failure.pending', 'a failure is the result, not an error, and another try is free', async (t) => {
    const first = await t.bound(t.a, 'stream');
    const second = t.open(t.a, 'stream');
    equal(second.bind(t.at(t.a, first)), failure.pending, 'bind');
    await t.until(() => has(second, readiness.completed), 'bind to complete');
    equal(second.takeResult(), failure.addressInUse, 'takeResult');
    equal(second.takeError(), 0, 'takeError');
    equal(has(second, readiness.error), false, 'error');
    equal(localOf(second).port, 0, 'port');
    await t.bind(second, { address: t.a.address, port: 0 });
  });

  add('failure.alreadyInProgress', 'one operation at a time', async (t) => {
    const endpoint = t.open(t.a, 'stream');
    equal(endpoint.bind({ address: t.a.address, port: 0 }), failure.pending, 'bind');
    equal(endpoint.bind({ address: t.a.address, port: 0 }), failure.alreadyInProgress, 'bind meanwhile');
    equal(endpoint.listen(4), failure.alreadyInProgress, 'listen meanwhile');
    equal(endpoint.connect({ address: t.b.address, port: 9 }), failure.alreadyInProgress, 'connect meanwhile');
    await t.until(() => has(endpoint, readiness.completed), 'bind to complete');
    equal(endpoint.takeResult(), 0, 'takeResult');
    equal(await t.outcome(endpoint, endpoint.listen(4), 'listen'), 0, 'listen afterwards');
  });

  add('TransportEndpoint.close', 'closing ends what runs: nobody is told, and the port is free', async (t) => {
    const model = await t.bound(t.a, 'stream');
    const where = t.at(t.a, model);
    model.close();
    await t.fixture.settle(1);
    for (const end of ['close', 'abort'] as const) {
      const endpoint = t.open(t.a, 'stream');
      const spy = new Spy();
      endpoint.listenReadiness(spy);
      equal(endpoint.bind(where), failure.pending, 'bind');
      endpoint[end]();
      equal(endpoint.takeResult(), failure.closed, 'takeResult');
      await t.quiet();
      equal(spy.seen.length, 0, 'calls of the listener');
    }
    const heir = t.open(t.a, 'stream');
    equal(await t.outcome(heir, heir.bind(where), 'bind'), 0, 'bind by another');
  });

  add('failure.pending', 'datagrams: bind and connect come to an end', async (t) => {
    const receiver = t.open(t.b, 'datagram');
    const bound = receiver.bind({ address: t.b.address, port: 0 });
    oneOf(bound, [0, failure.pending], 'bind');
    equal(await t.outcome(receiver, bound, 'bind'), 0, 'bind');
    const sender = t.open(t.a, 'datagram');
    const connected = sender.connect(t.at(t.b, receiver));
    oneOf(connected, [0, failure.pending], 'connect');
    equal(await t.outcome(sender, connected, 'connect'), 0, 'connect');
    check(localOf(sender).port > 0, 'it has a port');
    await t.sendText(sender, 'done');
    equal(await t.nextText(receiver), 'done', 'datagram');
  });

  add(
    'failure.pending',
    'a connect that fails tells it in one way, and the endpoint is of no harm',
    async (t) => {
      const client = t.open(t.a, 'stream');
      const where = await t.deserted(t.b, 'stream');
      const first = client.connect(where);
      oneOf(first, [failure.pending, failure.inProgress], 'connect');
      await t.until(() => (client.readiness() & (readiness.completed | readiness.error)) !== 0, 'the connect to end');
      const told = has(client, readiness.completed) ? client.takeResult() : client.takeError();
      equal(told, failure.connectionRefused, 'how it ends');
      equal(client.takeError(), 0, 'another error');
      equal(has(client, readiness.completed), false, 'another result');
      client.close();
    },
    ['stream'],
  );
}
