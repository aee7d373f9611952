import { failure, readiness, type TransportEndpoint } from '@synos/interfaces';
import { check, equal, oneOf, within } from '../check.js';
import { ascii, type CaseList, has, localOf, longMs, receiveSome, remoteOf, sendText, wellKnownPort } from './drive.js';

/** Opening: connect, listen, accept, refusal, backlog. */
export function addStreamOpenCases(list: CaseList): void {
  list.add('RFC 9293 §3.5', 'a connection stands on both sides', (t) => {
    const { client, server } = t.pair();
    check(has(client, readiness.writable), 'the client is writable');
    check(has(server, readiness.writable), 'the server is writable');
    equal(client.takeError(), 0, 'client error');
    equal(server.takeError(), 0, 'server error');
    equal(server.kind, 'stream', 'kind');
  });

  list.add('TransportEndpoint.accept', 'accept gives a connection once', (t) => {
    const { listener } = t.pair();
    t.pass(1000);
    equal(listener.accept(), null, 'a second accept');
  });

  list.add('TransportEndpoint.accept', 'accept answers null while nobody waits', (t) => {
    const listener = t.listener(t.b);
    equal(listener.accept(), null, 'accept');
    equal(has(listener, readiness.readable), false, 'readable');
    const other = t.open(t.b);
    equal(other.accept(), null, 'accept on an endpoint that does not listen');
  });

  list.add('readiness.readable', 'a listener is readable while a connection waits', (t) => {
    const listener = t.listener(t.b);
    t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    t.until(() => has(listener, readiness.readable), 'the listener is readable');
    check(listener.accept() !== null, 'accept');
    equal(has(listener, readiness.readable), false, 'readable after accept');
  });

  list.add('TransportEndpoint.localAddress', 'both ends know both addresses', (t) => {
    const { client, server } = t.pair();
    equal(remoteOf(client).port, wellKnownPort, "the client's remote port");
    equal(remoteOf(client).address.w3, t.b.address.w3, "the client's remote address");
    equal(localOf(client).address.w3, t.a.address.w3, "the client's local address");
    equal(localOf(server).port, wellKnownPort, "the server's local port");
    equal(localOf(server).address.w3, t.b.address.w3, "the server's local address");
    equal(remoteOf(server).port, localOf(client).port, "the server's remote port");
    equal(remoteOf(server).address.w3, t.a.address.w3, "the server's remote address");
    check(localOf(client).port > 0, 'the client has a port');
  });

  list.add('TransportEndpoint.connect', 'connect while connecting and when connected is refused', (t) => {
    t.listener(t.b);
    const to = { address: t.b.address, port: wellKnownPort };
    const client = t.connecting(t.a, to);
    oneOf(client.connect(to), [failure.alreadyInProgress, failure.alreadyConnected], 'a second connect');
    t.until(() => has(client, readiness.writable), 'the connection');
    equal(client.takeError(), 0, 'error');
    equal(client.connect(to), failure.alreadyConnected, 'connect when connected');
  });

  list.add('RFC 9293 §3.5.2', 'a connection that nobody listens for is refused', (t) => {
    const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    t.until(() => has(client, readiness.error), 'the error');
    equal(client.takeError(), failure.connectionRefused, 'takeError');
    equal(client.takeError(), 0, 'takeError again');
    const result = client.send(ascii('x'), 0, 1, 0, null);
    check(result < 0 && result !== failure.wouldBlock, 'send on a refused connection fails');
  });

  list.add(
    'RFC 9293 §3.8.3',
    'a connection to nobody ends with an error',
    (t) => {
      const client = t.connecting(t.a, { address: t.fixture.absentAddress!, port: wellKnownPort });
      t.until(() => has(client, readiness.error), 'the error', longMs);
      const allowed = [failure.timedOut, failure.hostUnreachable, failure.networkUnreachable];
      oneOf(client.takeError(), allowed, 'takeError');
    },
    ['absent'],
  );

  list.add(
    'TransportHost.route',
    'a connection without a route fails at once',
    (t) => {
      const client = t.open(t.a);
      const result = client.connect({ address: t.fixture.unroutableAddress!, port: wellKnownPort });
      oneOf(result, [failure.networkUnreachable, failure.hostUnreachable], 'connect');
    },
    ['unroutable'],
  );

  list.add('RFC 9293 §3.10.2', 'what is not connected neither sends nor receives', (t) => {
    const endpoint = t.open(t.a);
    oneOf(endpoint.send(ascii('x'), 0, 1, 0, null), [failure.notConnected, failure.brokenPipe], 'send');
    equal(endpoint.receive(new Uint8Array(4), 0, 4, 0, null), failure.notConnected, 'receive');
    equal(endpoint.remoteAddress({ address: { ...t.a.address }, port: 0 }), failure.notConnected, 'remoteAddress');
    equal(endpoint.shutdown(3), failure.notConnected, 'shutdown');
  });

  list.add('TransportEndpoint.listen', 'a listener neither sends nor receives nor connects', (t) => {
    const listener = t.listener(t.b);
    check(listener.send(ascii('x'), 0, 1, 0, null) < 0, 'send');
    check(listener.receive(new Uint8Array(4), 0, 4, 0, null) < 0, 'receive');
    check(listener.connect({ address: t.a.address, port: 9 }) < 0, 'connect');
    equal(listener.listen(4), 0, 'listen again changes the backlog');
  });

  list.add('TransportEndpoint.listen', 'a connected endpoint cannot listen', (t) => {
    const { client } = t.pair();
    check(client.listen(4) < 0, 'listen');
  });

  list.add('TransportEndpoint.listen', 'connections beyond the backlog wait or fail, and are never mixed up', (t) => {
    const listener = t.listener(t.b, wellKnownPort, 2);
    const clients: TransportEndpoint[] = [];
    for (let index = 0; index < 8; index++) {
      clients.push(t.connecting(t.a, { address: t.b.address, port: wellKnownPort }));
    }
    t.pass(500);
    const servers: TransportEndpoint[] = [];
    for (let next = listener.accept(); next !== null; next = listener.accept()) servers.push(next);
    // Linux lets one more wait than the backlog says.
    within(servers.length, 2, 3, 'connections that waited');
    t.until(
      () => {
        for (let next = listener.accept(); next !== null; next = listener.accept()) servers.push(next);
        const failed = clients.filter((client) => has(client, readiness.error));
        return servers.length + failed.length >= clients.length;
      },
      'every connection to be accepted or fail',
      longMs,
    );
    const ports = new Set(servers.map((server) => remoteOf(server).port));
    equal(ports.size, servers.length, 'distinct peers');
  });

  list.add('RFC 9293 §3.10.7.4', 'many connections to one listener are kept apart', (t) => {
    const listener = t.listener(t.b, wellKnownPort, 32);
    const clients: TransportEndpoint[] = [];
    for (let index = 0; index < 12; index++) {
      clients.push(t.connecting(t.a, { address: t.b.address, port: wellKnownPort }));
    }
    const servers = clients.map(() => t.accepted(listener));
    t.until(() => clients.every((client) => has(client, readiness.writable)), 'all connected');
    for (const client of clients) sendText(client, `from ${String(localOf(client).port).padStart(5, '0')}`);
    for (const server of servers) t.expectText(server, `from ${String(remoteOf(server).port).padStart(5, '0')}`);
  });

  list.add('TransportProtocol', 'both hosts connect to one another at the same time', (t) => {
    const listenerA = t.listener(t.a);
    const listenerB = t.listener(t.b);
    const fromA = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    const fromB = t.connecting(t.b, { address: t.a.address, port: wellKnownPort });
    const atB = t.accepted(listenerB);
    const atA = t.accepted(listenerA);
    t.until(() => has(fromA, readiness.writable) && has(fromB, readiness.writable), 'both connected');
    sendText(fromA, 'from a');
    sendText(fromB, 'from b');
    t.expectText(atB, 'from a');
    t.expectText(atA, 'from b');
  });

  list.add('Route.isLocal', 'a host connects to itself', (t) => {
    const listener = t.listener(t.a);
    const client = t.connecting(t.a, { address: t.a.address, port: wellKnownPort });
    const server = t.accepted(listener);
    t.until(() => has(client, readiness.writable), 'connected');
    sendText(client, 'to myself');
    t.expectText(server, 'to myself');
    sendText(server, 'and back');
    t.expectText(client, 'and back');
  });

  list.add('RFC 9293 §3.10.2', 'what is sent before accept is kept', (t) => {
    const listener = t.listener(t.b);
    const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    t.until(() => has(client, readiness.writable), 'connected');
    sendText(client, 'early');
    t.pass(2000);
    t.expectText(t.accepted(listener), 'early');
  });

  list.add('TransportEndpoint.close', 'closing while connecting is harmless', (t) => {
    const packets = t.a.host.packets.used;
    const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    client.close();
    const listener = t.listener(t.b);
    const other = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    other.abort();
    t.pass(longMs);
    for (let next = listener.accept(); next !== null; next = listener.accept()) next.close();
    t.pass(longMs);
    equal(t.a.host.packets.used, packets, 'packets out');
  });

  list.add('RFC 9293 §3.10.4', 'a listener that closes refuses what comes later', (t) => {
    const listener = t.listener(t.b);
    listener.close();
    const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    t.until(() => has(client, readiness.error), 'the error');
    equal(client.takeError(), failure.connectionRefused, 'takeError');
  });

  list.add('RFC 9293 §3.10.4', 'a listener that closes ends the connections nobody accepted', (t) => {
    const listener = t.listener(t.b);
    const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
    t.until(() => has(client, readiness.writable), 'connected');
    t.pass(100);
    listener.close();
    const into = new Uint8Array(8);
    t.until(() => client.receive(into, 0, 8, 0, null) !== failure.wouldBlock, 'the client to notice');
  });

  list.add('TransportEndpoint', 'connections outlive their listener', (t) => {
    const { client, server, listener } = t.pair();
    listener.close();
    t.pass(1000);
    sendText(client, 'still here');
    t.expectText(server, 'still here');
    const into = new Uint8Array(8);
    equal(receiveSome(client, into, 0), 0, 'nothing else');
  });
}
