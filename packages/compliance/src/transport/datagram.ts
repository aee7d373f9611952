import { direction, failure, networkErrorKind, readiness, type TransportEndpoint, transfer } from '@synos/interfaces';
import { check, equal, oneOf, sameBytes, within } from '../check.js';
import { ascii, type CaseList, type Drive, freshDetails, has, localOf, pattern, remoteOf, sendText } from './drive.js';
import { errorAbout, injectInto } from './shared.js';

const port = 7007;

/** Datagrams: boundaries, senders, filters, bounds. */
export function addDatagramCases(list: CaseList): void {
  list.add('RFC 768', 'boundaries and order are kept', (t) => {
    const { sender, receiver, to } = ends(t);
    for (const message of ['one', 'four', 'seventeen']) sendText(sender, message, to);
    for (const message of ['one', 'four', 'seventeen']) equal(nextText(t, receiver), message, 'datagram');
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, 'receive');
  });

  list.add('ReceiveDetails.from', 'the sender is told, and can be answered', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'who am I', to);
    const details = freshDetails();
    waitReadable(t, receiver);
    equal(receiver.receive(new Uint8Array(99), 0, 99, 0, details), 8, 'receive');
    equal(details.from.address.w3, t.a.address.w3, "the sender's address");
    equal(details.from.port, localOf(sender).port, "the sender's port");
    equal(details.truncated, false, 'truncated');
    sendText(receiver, 'that one', details.from);
    equal(nextText(t, sender), 'that one', 'the answer');
  });

  list.add('ReceiveDetails.truncated', 'what does not fit is gone, and said so', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'longer than the room', to);
    sendText(sender, 'next', to);
    waitReadable(t, receiver);
    const details = freshDetails();
    const into = new Uint8Array(10).fill(0x2e);
    equal(receiver.receive(into, 2, 8, 0, details), 6, 'receive');
    sameBytes(into, ascii('..longer..'), 'buffer');
    equal(details.truncated, true, 'truncated');
    equal(nextText(t, receiver), 'next', 'the next datagram');
  });

  list.add('transfer.wholeLength', 'the whole length is told when asked for', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'longer than the room', to);
    waitReadable(t, receiver);
    const into = new Uint8Array(10).fill(0x2e);
    equal(receiver.receive(into, 0, 4, transfer.wholeLength, null), 20, 'receive');
    sameBytes(into, ascii('long......'), 'buffer');
  });

  list.add('transfer.peek', 'a peek leaves the datagram, cut or not', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'look', to);
    waitReadable(t, receiver);
    const details = freshDetails();
    equal(receiver.receive(new Uint8Array(2), 0, 2, transfer.peek, details), 2, 'peek');
    equal(details.truncated, true, 'truncated');
    equal(details.from.port, localOf(sender).port, "the sender's port");
    equal(nextText(t, receiver), 'look', 'the datagram');
  });

  list.add('RFC 768', 'an empty datagram arrives', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(sender.send(new Uint8Array(0), 0, 0, 0, to), 0, 'send');
    waitReadable(t, receiver);
    const details = freshDetails();
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, details), 0, 'receive');
    equal(details.from.port, localOf(sender).port, "the sender's port");
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, details), failure.wouldBlock, 'receive again');
  });

  list.add('TransportEndpoint.receive', 'a datagram into no room is taken and truncated', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'gone', to);
    sendText(sender, 'next', to);
    waitReadable(t, receiver);
    const details = freshDetails();
    equal(receiver.receive(new Uint8Array(8), 3, 3, 0, details), 0, 'receive');
    equal(details.truncated, true, 'truncated');
    equal(nextText(t, receiver), 'next', 'the next datagram');
  });

  list.add('TransportEndpoint.connect', 'a connected endpoint hears its peer alone', (t) => {
    const { sender, receiver, to } = ends(t);
    const stranger = t.bound(t.a, 7600);
    equal(receiver.connect({ address: t.a.address, port: localOf(sender).port }), 0, 'connect');
    sendText(stranger, 'strange', to);
    sendText(sender, 'friend', to);
    equal(nextText(t, receiver), 'friend', 'datagram');
    t.pass(100);
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, "the stranger's");
  });

  list.add('TransportEndpoint.connect', 'a connected endpoint sends without a destination', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(sender.connect(to), 0, 'connect');
    equal(remoteOf(sender).port, port, 'remote port');
    sendText(sender, 'you know where');
    equal(nextText(t, receiver), 'you know where', 'datagram');
    check(has(sender, readiness.writable), 'writable');
  });

  list.add('TransportEndpoint.connect', 'an unspecified address takes the peer away', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(receiver.connect({ address: t.a.address, port: 7601 }), 0, 'connect');
    const unspecified = { w0: 0, w1: 0, w2: t.a.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
    equal(receiver.connect({ address: unspecified, port: 0 }), 0, 'disconnect');
    equal(receiver.remoteAddress({ address: { ...unspecified }, port: 0 }), failure.notConnected, 'remoteAddress');
    equal(receiver.send(ascii('x'), 0, 1, 0, null), failure.destinationRequired, 'send');
    sendText(sender, 'hears again', to);
    equal(nextText(t, receiver), 'hears again', 'datagram');
  });

  list.add('TransportEndpoint.connect', 'connect again changes the peer', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(sender.connect({ address: t.b.address, port: 7999 }), 0, 'connect');
    equal(sender.connect(to), 0, 'connect again');
    sendText(sender, 'changed');
    equal(nextText(t, receiver), 'changed', 'datagram');
  });

  list.add('failure.destinationRequired', 'without a peer a destination is required', (t) => {
    const { sender } = ends(t);
    equal(sender.send(ascii('x'), 0, 1, 0, null), failure.destinationRequired, 'send');
  });

  list.add('TransportEndpoint.send', 'the first send binds to a port', (t) => {
    const receiver = t.bound(t.b, port);
    const sender = t.open(t.a);
    sendText(sender, 'from where', { address: t.b.address, port });
    const bound = localOf(sender).port;
    within(bound, 1024, 65_535, 'port');
    const details = freshDetails();
    waitReadable(t, receiver);
    receiver.receive(new Uint8Array(99), 0, 99, 0, details);
    equal(details.from.port, bound, "the sender's port");
  });

  list.add('TransportEndpoint.connect', 'connect chooses port and source address', (t) => {
    const sender = t.open(t.a);
    equal(sender.connect({ address: t.b.address, port }), 0, 'connect');
    within(localOf(sender).port, 1024, 65_535, 'port');
    equal(localOf(sender).address.w3, t.a.address.w3, 'source address');
  });

  list.add('RFC 1122 §4.1.3.3', 'a connected sender learns that nobody listens', (t) => {
    const sender = t.open(t.a);
    equal(sender.connect({ address: t.b.address, port: 7999 }), 0, 'connect');
    sendText(sender, 'knock');
    t.until(() => has(sender, readiness.error), 'the error');
    equal(sender.takeError(), failure.connectionRefused, 'takeError');
    equal(sender.takeError(), 0, 'takeError again');
    equal(has(sender, readiness.error), false, 'error');
    const receiver = t.bound(t.b, 7999);
    sendText(sender, 'knock again');
    equal(nextText(t, receiver), 'knock again', 'the endpoint goes on');
  });

  list.add('RFC 1122 §4.1.3.3', 'the error is answered by the next call, once', (t) => {
    const sender = t.open(t.a);
    equal(sender.connect({ address: t.b.address, port: 7999 }), 0, 'connect');
    sendText(sender, 'knock');
    t.until(() => has(sender, readiness.error), 'the error');
    equal(sender.receive(new Uint8Array(8), 0, 8, 0, null), failure.connectionRefused, 'receive');
    equal(sender.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, 'receive again');
  });

  list.add('RFC 1122 §4.1.3.3', 'an unconnected sender is not told', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'knock', { address: t.b.address, port: 7999 });
    t.pass(1000);
    equal(sender.takeError(), 0, 'takeError');
    sendText(sender, 'goes on', to);
    equal(nextText(t, receiver), 'goes on', 'datagram');
  });

  list.add(
    'TransportProtocol.networkError',
    'errors reach the endpoint whose packet is quoted',
    (t) => {
      const { receiver, to } = ends(t);
      const first = t.bound(t.a, 7610);
      const second = t.bound(t.a, 7611);
      for (const endpoint of [first, second]) equal(endpoint.connect(to), 0, 'connect');
      const captured: Uint8Array[] = [];
      t.fixture.capture!((bytes) => captured.push(bytes));
      sendText(second, 'quoted');
      equal(nextText(t, receiver), 'quoted', 'datagram');
      t.a.host.enter();
      equal(
        t.a.transport.networkError(errorAbout(t, t.a, captured[0]!, networkErrorKind.portUnreachable)),
        true,
        'networkError',
      );
      t.pass(1);
      equal(first.takeError(), 0, "the other's error");
      equal(second.takeError(), failure.connectionRefused, "the sender's error");
      const kinds: readonly (readonly [keyof typeof networkErrorKind, number])[] = [
        ['protocolUnreachable', failure.protocolUnreachable],
        ['packetTooBig', failure.messageTooLong],
      ];
      for (const [name, expected] of kinds) {
        t.a.transport.networkError({ ...errorAbout(t, t.a, captured[0]!, networkErrorKind[name]), mtuBytes: 1000 });
        oneOf(second.takeError(), [expected, 0], name);
      }
    },
    ['capture'],
  );

  list.add('TransportHost.portUnreachable', 'what nobody wants is reported by the network and released', (t) => {
    const before = t.b.host.packets.used;
    const sender = t.open(t.a);
    for (let index = 0; index < 50; index++) sendText(sender, 'unwanted', { address: t.b.address, port: 7999 });
    t.pass(1000);
    equal(t.b.host.packets.used, before, 'packets out');
  });

  list.add(
    "option 'broadcast'",
    'broadcasting needs permission',
    (t) => {
      const wildcard = { w0: 0, w1: 0, w2: t.b.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
      const receiver = t.open(t.b);
      equal(receiver.bind({ address: wildcard, port }), 0, 'bind');
      const sender = t.bound(t.a, 7620);
      const to = { address: t.fixture.broadcastAddress!, port };
      equal(sender.send(ascii('all'), 0, 3, 0, to), failure.accessDenied, 'send without permission');
      equal(sender.connect(to), failure.accessDenied, 'connect without permission');
      equal(sender.setOption('broadcast', 1), 0, 'set');
      sendText(sender, 'all', to);
      equal(nextText(t, receiver), 'all', 'datagram');
    },
    ['broadcast'],
  );

  list.add(
    'RFC 1122 §3.2.2',
    'nobody answers a broadcast for a port that is not open',
    (t) => {
      const sender = t.bound(t.a, 7620);
      equal(sender.setOption('broadcast', 1), 0, 'set');
      sendText(sender, 'anybody', { address: t.fixture.broadcastAddress!, port: 7999 });
      let answers = 0;
      t.fixture.capture!((_bytes, from) => {
        if (from === t.b) answers++;
      });
      t.pass(1000);
      equal(answers, 0, 'answers');
      equal(sender.takeError(), 0, 'error');
    },
    ['broadcast', 'capture'],
  );

  list.add("option 'receiveBufferBytes'", 'a queue that nobody reads is bounded, and works again', (t) => {
    const { sender, receiver, to } = ends(t);
    const bytes = pattern(500, 50);
    for (let index = 0; index < 6000; index++) {
      sender.send(bytes, 0, bytes.length, 0, to);
      if (index % 50 === 49) t.pass(5);
    }
    t.pass(1000);
    const used = t.b.host.packets.used * 2048 + t.b.host.blocks.usedBytes;
    check(used < 2_000_000, `a queue of one endpoint holds ${used} bytes`);
    let count = 0;
    while (receiver.receive(new Uint8Array(500), 0, 500, 0, null) >= 0) count++;
    within(count, 1, 4000, 'datagrams that waited');
    sendText(sender, 'afterwards', to);
    equal(nextText(t, receiver), 'afterwards', 'datagram');
    equal(t.b.host.packets.used, 0, 'packets out when all is read');
  });

  list.add('failure.wouldBlock', 'readable while something waits, and only then', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, 'receive');
    equal(has(receiver, readiness.readable), false, 'readable');
    check(has(receiver, readiness.writable), 'writable');
    sendText(sender, '1', to);
    sendText(sender, '2', to);
    waitReadable(t, receiver);
    t.pass(10);
    equal(nextText(t, receiver), '1', 'datagram');
    check(has(receiver, readiness.readable), 'readable while the second waits');
    equal(nextText(t, receiver), '2', 'datagram');
    equal(has(receiver, readiness.readable), false, 'readable when all is read');
  });

  list.add('failure.messageTooLong', 'a datagram longer than any packet is refused', (t) => {
    const { sender, to } = ends(t);
    const bytes = new Uint8Array(66_000);
    equal(sender.send(bytes, 0, bytes.length, 0, to), failure.messageTooLong, 'send');
    equal(sender.send(bytes, 0, 65_528, 0, to), failure.messageTooLong, 'send of 65,528 bytes');
    equal(t.a.host.packets.used, 0, 'packets out');
  });

  list.add(
    'RFC 1122 §4.1.1',
    'datagrams beyond one packet arrive whole',
    (t) => {
      const { sender, receiver, to } = ends(t);
      for (const length of [1473, 9000, 60_000]) {
        const bytes = pattern(length, length);
        equal(sender.send(bytes, 0, length, 0, to), length, 'send');
        waitReadable(t, receiver);
        const got = new Uint8Array(65_536);
        equal(receiver.receive(got, 0, got.length, 0, null), length, 'receive');
        sameBytes(got.subarray(0, length), bytes, 'datagram');
      }
    },
    ['large-datagrams'],
  );

  list.add('PortTable.claim', 'the most specific binding gets the datagram', (t) => {
    const wildcard = { w0: 0, w1: 0, w2: t.b.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
    const general = t.open(t.b);
    const special = t.open(t.b);
    for (const endpoint of [general, special]) equal(endpoint.setOption('reuseAddress', 1), 0, 'set');
    equal(general.bind({ address: wildcard, port }), 0, 'bind to all');
    equal(special.bind({ address: t.b.address, port }), 0, 'bind to one');
    const sender = t.bound(t.a, 7630);
    sendText(sender, 'special', { address: t.b.address, port });
    equal(nextText(t, special), 'special', 'datagram');
    equal(general.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, 'the general one');
    special.close();
    sendText(sender, 'general', { address: t.b.address, port });
    equal(nextText(t, general), 'general', 'datagram');
  });

  list.add('PortTable.claim', 'a connected endpoint comes before an unconnected one', (t) => {
    const open = t.open(t.b);
    const connected = t.open(t.b);
    for (const endpoint of [open, connected]) {
      equal(endpoint.setOption('reuseAddress', 1), 0, 'set');
      equal(endpoint.bind({ address: t.b.address, port }), 0, 'bind');
    }
    equal(connected.connect({ address: t.a.address, port: 7640 }), 0, 'connect');
    const friend = t.bound(t.a, 7640);
    const stranger = t.bound(t.a, 7641);
    sendText(friend, 'friend', { address: t.b.address, port });
    sendText(stranger, 'stranger', { address: t.b.address, port });
    equal(nextText(t, connected), 'friend', "the connected one's");
    equal(nextText(t, open), 'stranger', "the open one's");
  });

  list.add('TransportEndpoint.listen', 'datagram endpoints neither listen nor accept', (t) => {
    const endpoint = t.bound(t.a, port);
    oneOf(endpoint.listen(4), [failure.notSupported, failure.invalid], 'listen');
    equal(endpoint.accept(), null, 'accept');
    equal(endpoint.info(), null, 'info');
  });

  list.add('TransportEndpoint.send', 'send copies: the caller may reuse its buffer', (t) => {
    const { sender, receiver, to } = ends(t);
    const bytes = ascii('..keep..');
    equal(sender.send(bytes, 2, 6, 0, to), 4, 'send');
    bytes.fill(0x21);
    equal(nextText(t, receiver), 'keep', 'datagram');
  });

  list.add("option 'readableBytes'", 'readableBytes is the length of the next datagram', (t) => {
    const { sender, receiver, to } = ends(t);
    equal(receiver.getOption('readableBytes'), 0, 'at first');
    sendText(sender, 'five!', to);
    sendText(sender, 'three or more', to);
    t.until(() => receiver.getOption('readableBytes') === 5, 'the first');
    t.pass(10);
    equal(receiver.getOption('readableBytes'), 5, 'the first alone');
    nextText(t, receiver);
    equal(receiver.getOption('readableBytes'), 13, 'the second');
  });

  list.add('TransportEndpoint.close', 'after close every call answers closed', (t) => {
    const { sender, receiver, to } = ends(t);
    sendText(sender, 'unread', to);
    t.pass(10);
    receiver.close();
    equal(receiver.receive(new Uint8Array(8), 0, 8, 0, null), failure.closed, 'receive');
    equal(receiver.send(ascii('x'), 0, 1, 0, to), failure.closed, 'send');
    equal(receiver.bind({ address: t.b.address, port: 7 }), failure.closed, 'bind');
    equal(receiver.connect(to), failure.closed, 'connect');
    equal(receiver.takeError(), failure.closed, 'takeError');
    equal(t.b.host.packets.used, 0, 'packets of unread datagrams');
    receiver.close();
    receiver.abort();
    const again = t.open(t.b);
    equal(again.bind({ address: t.b.address, port }), 0, 'the port is free again');
  });

  list.add('TransportEndpoint.shutdown', 'shutdown needs a peer, and ends sending', (t) => {
    const { sender, to } = ends(t);
    equal(sender.shutdown(direction.both), failure.notConnected, 'shutdown without a peer');
    equal(sender.connect(to), 0, 'connect');
    equal(sender.shutdown(direction.send), 0, 'shutdown');
    equal(sender.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
  });

  list.add(
    'RFC 768',
    'loss, doubling and delay pass through; damage does not',
    (t) => {
      const { sender, receiver, to } = ends(t);
      const plan = ['drop', 'duplicate', 'delay', 'corrupt', undefined] as const;
      t.withFaults(
        (n) => plan[n],
        () => {
          for (const message of ['lost', 'twice', 'late', 'damaged', 'fine']) sendText(sender, message, to);
          t.pass(10_000);
        },
      );
      const got: string[] = [];
      const buffer = new Uint8Array(16);
      for (let length = 0; ; ) {
        length = receiver.receive(buffer, 0, 16, 0, null);
        if (length < 0) break;
        got.push(String.fromCharCode(...buffer.subarray(0, length)));
      }
      equal(got.join(' '), 'twice twice fine late', 'datagrams');
    },
    ['faults'],
  );

  list.add(
    'transfer.more',
    'what is sent with more goes out as one datagram',
    (t) => {
      const { sender, receiver, to } = ends(t);
      equal(sender.connect(to), 0, 'connect');
      const bytes = ascii('piece by ');
      equal(sender.send(bytes, 0, 9, transfer.more, null), 9, 'send with more');
      t.pass(10);
      equal(has(receiver, readiness.readable), false, 'nothing yet');
      sendText(sender, 'piece');
      equal(nextText(t, receiver), 'piece by piece', 'datagram');
    },
    ['collect'],
  );

  list.add(
    'Arrival.isGroup',
    'a datagram to a group address reaches an endpoint bound to all',
    (t) => {
      const wildcard = { w0: 0, w1: 0, w2: t.b.address.w2 === 0xffff ? 0xffff : 0, w3: 0 };
      const receiver = t.open(t.b);
      equal(receiver.bind({ address: wildcard, port }), 0, 'bind');
      const captured: Uint8Array[] = [];
      t.fixture.capture!((bytes) => captured.push(bytes));
      const sender = t.bound(t.a, 7650);
      equal(sender.setOption('broadcast', 1), 0, 'set');
      sendText(sender, 'all', { address: t.fixture.broadcastAddress!, port });
      t.pass(10);
      injectInto(t.b, captured[0]!, t.a, true, t.fixture.broadcastAddress);
      t.pass(10);
      equal(nextText(t, receiver), 'all', 'by the wire');
      equal(nextText(t, receiver), 'all', 'by hand');
    },
    ['broadcast', 'capture'],
  );
}

interface Ends {
  readonly sender: TransportEndpoint;
  readonly receiver: TransportEndpoint;
  readonly to: { readonly address: Drive['b']['address']; readonly port: number };
}

function ends(t: Drive): Ends {
  const receiver = t.bound(t.b, port);
  const sender = t.bound(t.a, 7008);
  return { sender, receiver, to: { address: t.b.address, port } };
}

function waitReadable(t: Drive, endpoint: TransportEndpoint): void {
  t.until(() => has(endpoint, readiness.readable), 'a datagram', 10_000);
}

function nextText(t: Drive, endpoint: TransportEndpoint): string {
  waitReadable(t, endpoint);
  const into = new Uint8Array(256);
  const length = endpoint.receive(into, 0, into.length, 0, null);
  check(length >= 0, `receive answered ${length}`);
  return String.fromCharCode(...into.subarray(0, length));
}
