import { failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { check, equal, within } from '../check.js';
import { ascii, has, localOf, remoteOf } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** Names, listeners, and what they accept. */
export function addListenCases(add: AddProviderCase): void {
  add('TransportEndpoint.bind', 'the name is told; before bind there is none; twice is invalid', async (t) => {
    const endpoint = t.open(t.b, 'stream');
    equal(localOf(endpoint).port, 0, 'port before bind');
    await t.bind(endpoint, { address: t.b.address, port: 0 });
    const { port, address } = localOf(endpoint);
    check(port >= 1024 && port <= 65_535, `port ${port} is an ephemeral one`);
    equal(address.w3, t.b.address.w3, 'address');
    const again = endpoint.bind({ address: t.b.address, port: 0 });
    equal(await t.outcome(endpoint, again, 'bind'), failure.invalid, 'a second bind');
    equal(localOf(endpoint).port, port, 'port after it');
  });

  add('TransportEndpoint.bind', 'port 0 means a port that nobody has', async (t) => {
    const ports = new Set<number>();
    for (let index = 0; index < 12; index += 1) ports.add(localOf(await t.bound(t.b, 'stream')).port);
    equal(ports.size, 12, 'distinct ports');
  });

  add('failure.addressInUse', 'a port that is taken is in use, and free after close', async (t) => {
    const first = await t.listener();
    const where = t.at(t.b, first);
    const second = t.open(t.b, 'stream');
    equal(await t.outcome(second, second.bind(where), 'bind'), failure.addressInUse, 'bind');
    first.close();
    await t.until(() => first.takeError() === failure.closed, 'the first to be closed');
    await t.bind(second, where);
    equal(localOf(second).port, where.port, 'port');
  });

  add('failure.addressNotAvailable', 'an address of nobody here cannot be bound', async (t) => {
    const endpoint = t.open(t.b, 'stream');
    const result = endpoint.bind({ address: t.fixture.foreignAddress, port: 0 });
    equal(await t.outcome(endpoint, result, 'bind'), failure.addressNotAvailable, 'bind');
    await t.bind(endpoint, { address: t.b.address, port: 0 });
  });

  add('TransportEndpoint.listen', 'listen without bind takes any port of all addresses', async (t) => {
    const listener = t.open(t.b, 'stream');
    equal(await t.outcome(listener, listener.listen(4), 'listen'), 0, 'listen');
    check(localOf(listener).port > 0, 'it has a port');
    const client = await t.connected(t.a, t.at(t.b, listener));
    const server = await t.accepted(listener);
    await t.sendText(client, 'found');
    await t.expectText(server, 'found');
  });

  add("option 'listening'", 'listening is told', async (t) => {
    const endpoint = await t.bound(t.b, 'stream');
    equal(endpoint.getOption('listening'), 0, 'before');
    equal(await t.outcome(endpoint, endpoint.listen(4), 'listen'), 0, 'listen');
    equal(endpoint.getOption('listening'), 1, 'afterwards');
  });

  add('TransportEndpoint.accept', 'accept answers null while nobody waits, and on what does not listen', async (t) => {
    const listener = await t.listener();
    equal(listener.accept(), null, 'accept');
    equal(has(listener, readiness.readable), false, 'readable');
    equal(t.open(t.b, 'stream').accept(), null, 'accept on an endpoint that does not listen');
  });

  add('readiness.readable', 'a listener is readable while a connection waits; accept gives it once', async (t) => {
    const listener = await t.listener();
    await t.connected(t.a, t.at(t.b, listener));
    await t.until(() => has(listener, readiness.readable), 'the listener to be readable');
    check(listener.accept() !== null, 'accept');
    equal(has(listener, readiness.readable), false, 'readable after accept');
    await t.quiet();
    equal(listener.accept(), null, 'a second accept');
  });

  add('TransportEndpoint.listen', 'a listener neither sends nor receives nor connects', async (t) => {
    const listener = await t.listener();
    check(listener.send(ascii('x'), 0, 1, 0, null) < 0, 'send');
    check(listener.receive(new Uint8Array(4), 0, 4, 0, null) < 0, 'receive');
    const result = await t.outcome(listener, listener.connect({ address: t.a.address, port: 9 }), 'connect');
    check(result < 0 && result !== failure.inProgress, `connect answered ${result}`);
    equal(await t.outcome(listener, listener.listen(4), 'listen'), 0, 'listen again changes the backlog');
  });

  add('TransportEndpoint.listen', 'a connected endpoint cannot listen', async (t) => {
    const { client } = await t.pair();
    check((await t.outcome(client, client.listen(4), 'listen')) < 0, 'listen');
  });

  add('TransportEndpoint.listen', 'connections beyond the backlog wait or fail, and are never mixed up', async (t) => {
    const listener = await t.listener(t.b, 2);
    const clients: TransportEndpoint[] = [];
    for (let index = 0; index < 8; index += 1) {
      const client = t.open(t.a, 'stream');
      client.connect(t.at(t.b, listener));
      clients.push(client);
    }
    await t.quiet();
    const servers: TransportEndpoint[] = [];
    const acceptAll = (): void => {
      for (let next = listener.accept(); next !== null; next = listener.accept()) {
        servers.push(next);
        check(servers.length <= clients.length, 'no more are accepted than connect');
      }
    };
    acceptAll();
    // Linux lets one more wait than the backlog says.
    within(servers.length, 2, 3, 'connections that waited');
    const isOver = (client: TransportEndpoint): boolean =>
      has(client, readiness.error) || has(client, readiness.hangup);
    await t.until(() => {
      acceptAll();
      return servers.length + clients.filter(isOver).length >= clients.length;
    }, 'every connection to be accepted or fail');
    equal(new Set(servers.map((server) => remoteOf(server).port)).size, servers.length, 'distinct peers');
  });

  add('TransportEndpoint.close', 'connections outlive their listener', async (t) => {
    const { client, server, listener } = await t.pair();
    listener.close();
    await t.quiet();
    await t.sendText(client, 'still here');
    await t.expectText(server, 'still here');
  });

  add('TransportEndpoint.close', 'a listener that closes ends what nobody accepted, and refuses', async (t) => {
    const listener = await t.listener();
    const to = t.at(t.b, listener);
    const client = await t.connected(t.a, to);
    await t.until(() => has(listener, readiness.readable), 'the connection to wait');
    listener.close();
    const into = new Uint8Array(8);
    await t.until(() => client.receive(into, 0, 8, 0, null) !== failure.wouldBlock, 'the client to notice');
    const late = t.open(t.a, 'stream');
    equal(await t.connectOutcome(late, to), failure.connectionRefused, 'a later connect');
  });

  add(
    'TransportEndpoint.listen',
    'who is bound and does not listen refuses',
    async (t) => {
      const bound = await t.bound(t.b, 'stream');
      const client = t.open(t.a, 'stream');
      equal(await t.connectOutcome(client, t.at(t.b, bound)), failure.connectionRefused, 'connect');
    },
    ['bind-without-listen'],
  );
}
