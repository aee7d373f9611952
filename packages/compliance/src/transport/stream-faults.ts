import { direction, failure, type NetworkErrorKind, networkErrorKind, readiness } from '@synos/interfaces';
import { check, equal, oneOf, within } from '../check.js';
import { ascii, type CaseList, has, localOf, longMs, pattern, sendText, wellKnownPort } from './drive.js';
import type { TransportFault } from './fixture.js';
import { errorAbout, injectInto } from './shared.js';

/** A bad network: what a reliable stream makes good, and what it cannot. */
export function addStreamFaultCases(list: CaseList): void {
  for (let lost = 0; lost < 4; lost++) {
    list.add(
      'RFC 9293 §3.5',
      `the handshake survives the loss of packet ${lost}`,
      (t) => {
        t.withFaults(
          (n) => (n === lost ? 'drop' : undefined),
          () => {
            const { client, server } = t.pair();
            sendText(client, 'hello');
            t.expectText(server, 'hello');
            sendText(server, 'world');
            t.expectText(client, 'world');
          },
        );
      },
      ['faults'],
    );
  }

  list.add(
    'RFC 9293 §3.5',
    'the handshake survives doubled packets and makes one connection',
    (t) => {
      t.withFaults(
        () => 'duplicate',
        () => {
          const { client, server, listener } = t.pair();
          sendText(client, 'once');
          t.expectText(server, 'once');
          t.pass(5000);
          equal(listener.accept(), null, 'a second connection');
          equal(server.receive(new Uint8Array(4), 0, 4, 0, null), failure.wouldBlock, 'a second copy');
        },
      );
    },
    ['faults'],
  );

  const plans: readonly (readonly [string, (n: number) => TransportFault | undefined])[] = [
    ['every 10th packet is lost', (n) => (n % 10 === 9 ? 'drop' : undefined)],
    ['three packets in a row are lost, again and again', (n) => (n % 40 >= 37 ? 'drop' : undefined)],
    ['every 3rd packet is doubled', (n) => (n % 3 === 2 ? 'duplicate' : undefined)],
    ['every 4th packet comes late', (n) => (n % 4 === 3 ? 'delay' : undefined)],
    ['every 9th packet is damaged', (n) => (n % 9 === 8 ? 'corrupt' : undefined)],
    [
      'all of this happens',
      (n) => {
        if (n % 13 === 12) return 'drop';
        if (n % 11 === 10) return 'corrupt';
        if (n % 7 === 6) return 'delay';
        return n % 5 === 4 ? 'duplicate' : undefined;
      },
    ],
  ];
  for (const [name, plan] of plans) {
    list.add(
      'RFC 9293 §3.4',
      `a transfer each way is exact though ${name}`,
      (t) => {
        const { client, server } = t.pair();
        t.withFaults(plan, () => {
          t.transfer(client, server, pattern(60_000, 40), 4 * longMs);
          t.transfer(server, client, pattern(60_000, 41), 4 * longMs);
        });
      },
      ['faults'],
    );
  }

  for (let lost = 0; lost < 4; lost++) {
    list.add(
      'RFC 9293 §3.6',
      `closing survives the loss of packet ${lost}`,
      (t) => {
        const { client, server, listener } = t.pair();
        t.pass(1000);
        t.withFaults(
          (n) => (n === lost ? 'drop' : undefined),
          () => {
            client.shutdown(direction.send);
            equal(t.readAll(server, 1).length, 0, "the server's end");
            server.shutdown(direction.send);
            equal(t.readAll(client, 1).length, 0, "the client's end");
            client.close();
            server.close();
            listener.close();
            t.pass(longMs);
          },
        );
        equal(t.a.host.packets.used, 0, "host a's packets");
        equal(t.b.host.packets.used, 0, "host b's packets");
        equal(t.a.host.blocks.usedBytes, 0, "host a's blocks");
        equal(t.b.host.blocks.usedBytes, 0, "host b's blocks");
      },
      ['faults'],
    );
  }

  list.add(
    'RFC 9293 §3.8.3',
    'when nothing gets through any more, the sender is told',
    (t) => {
      const { client } = t.pair();
      t.withFaults(
        () => 'drop',
        () => {
          sendText(client, 'into the void');
          t.until(() => has(client, readiness.error), 'the error', 7_200_000);
          oneOf(client.takeError(), [failure.timedOut, failure.hostUnreachable], 'takeError');
          const result = client.send(ascii('x'), 0, 1, 0, null);
          check(result < 0 && result !== failure.wouldBlock, 'send fails afterwards');
        },
      );
    },
    ['faults'],
  );

  list.add(
    'RFC 9293 §3.8.1',
    'an outage of a few seconds is made good',
    (t) => {
      const { client, server } = t.pair();
      t.withFaults(
        () => 'drop',
        () => {
          sendText(client, 'patience');
          t.pass(5000);
        },
      );
      t.expectText(server, 'patience');
    },
    ['faults'],
  );

  list.add(
    'RFC 9293 §3.10.7.2',
    'an opening packet from a group address or to one is not answered',
    (t) => {
      const listener = t.listener(t.b);
      const captured: Uint8Array[] = [];
      t.fixture.capture!((bytes, from) => {
        if (from === t.a) captured.push(bytes);
      });
      const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
      t.pass(0);
      const first = captured[0];
      check(first !== undefined, 'the opening packet was captured');
      client.abort();
      t.pass(longMs);
      for (let next = listener.accept(); next !== null; next = listener.accept()) next.abort();
      t.pass(longMs);
      let answers = 0;
      t.fixture.capture!((_bytes, from) => {
        if (from === t.b) answers++;
      });
      injectInto(t.b, first, t.a, true);
      t.pass(10_000);
      equal(answers, 0, 'answers');
      equal(listener.accept(), null, 'accept');
    },
    ['capture'],
  );

  list.add(
    'RFC 5461 §2',
    'an error from the network ends a handshake',
    (t) => {
      const captured: Uint8Array[] = [];
      t.fixture.capture!((bytes) => captured.push(bytes));
      const client = t.connecting(t.a, { address: t.fixture.absentAddress!, port: wellKnownPort });
      t.pass(0);
      const first = captured[0];
      check(first !== undefined, 'the opening packet was captured');
      const error = errorAbout(t, t.a, first, networkErrorKind.portUnreachable);
      Object.assign(error.destination, t.fixture.absentAddress);
      t.a.host.enter();
      equal(t.a.transport.networkError(error), true, 'networkError is believed');
      t.until(() => has(client, readiness.error), 'the error', 5000);
      equal(client.takeError(), failure.connectionRefused, 'takeError');
    },
    ['capture', 'network-errors', 'absent'],
  );

  list.add(
    'RFC 5927 §6',
    'errors from the network do not end a connection that stands',
    (t) => {
      const { client, server } = t.pair();
      const captured: Uint8Array[] = [];
      t.fixture.capture!((bytes, from) => {
        if (from === t.a) captured.push(bytes);
      });
      sendText(client, 'quoted');
      t.expectText(server, 'quoted');
      t.fixture.capture!(null);
      const kinds: readonly NetworkErrorKind[] = [
        networkErrorKind.portUnreachable,
        networkErrorKind.hostUnreachable,
        networkErrorKind.protocolUnreachable,
      ];
      for (const kind of kinds) {
        t.a.host.enter();
        t.a.transport.networkError(errorAbout(t, t.a, captured[0]!, kind));
      }
      t.pass(1000);
      t.transfer(client, server, pattern(10_000, 42));
    },
    ['capture'],
  );

  list.add('RFC 9293 §3.10.1', 'each connection to one place has a port of its own', (t) => {
    t.listener(t.b, wellKnownPort, 64);
    const ports = new Set<number>();
    for (let index = 0; index < 40; index++) {
      const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
      ports.add(localOf(client).port);
    }
    equal(ports.size, 40, 'distinct ports');
  });

  list.add('RFC 9293 §3.10.1', 'a bound endpoint connects from its port, and cannot be bound again', (t) => {
    const listener = t.listener(t.b);
    const client = t.bound(t.a, 7500);
    const result = client.connect({ address: t.b.address, port: wellKnownPort });
    oneOf(result, [0, failure.inProgress], 'connect');
    t.accepted(listener);
    t.until(() => has(client, readiness.writable), 'connected');
    equal(localOf(client).port, 7500, 'local port');
    equal(client.bind({ address: t.a.address, port: 7501 }), failure.invalid, 'bind when connected');
  });

  list.add('TransportEndpoint.listen', 'a listener without a port is given one', (t) => {
    const listener = t.open(t.b);
    equal(listener.listen(4), 0, 'listen');
    const { port } = localOf(listener);
    within(port, 1024, 65_535, 'port');
    const client = t.connecting(t.a, { address: t.b.address, port });
    const server = t.accepted(listener);
    sendText(server, 'found');
    t.expectText(client, 'found');
  });

  list.add(
    'TransportEndpoint.info',
    'info tells the state',
    (t) => {
      const listener = t.listener(t.b);
      equal(listener.info()?.state, 'LISTEN', 'listener');
      const client = t.connecting(t.a, { address: t.b.address, port: wellKnownPort });
      equal(client.info()?.state, 'SYN_SENT', 'connecting');
      const server = t.accepted(listener);
      t.until(() => has(client, readiness.writable), 'connected');
      equal(client.info()?.state, 'ESTABLISHED', 'client');
      equal(server.info()?.state, 'ESTABLISHED', 'server');
      equal(client.getOption('listening'), 0, 'client listening');
      equal(listener.getOption('listening'), 1, 'listener listening');
      t.transfer(client, server, pattern(20_000, 43));
      t.pass(1000);
      equal(client.info()?.bytesAcknowledged, 20_000, 'bytesAcknowledged');
      equal(server.info()?.bytesReceived, 20_000, 'bytesReceived');
      client.shutdown(direction.send);
      t.pass(1000);
      equal(client.info()?.state, 'FIN_WAIT_2', 'client after shutdown');
      equal(server.info()?.state, 'CLOSE_WAIT', "server after the client's end");
      server.shutdown(direction.send);
      t.pass(1000);
      equal(client.info()?.state, 'TIME_WAIT', 'client at the end');
    },
    ['info'],
  );
}
