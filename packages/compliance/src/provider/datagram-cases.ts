import { direction, failure, readiness, transfer } from '@synos/interfaces';
import { check, equal, oneOf, sameBytes } from '../check.js';
import { ascii, freshAddress, freshDetails, has, localOf, pattern, remoteOf, text } from '../transport/drive.js';
import type { AddProviderCase } from './suite.js';

/** Datagrams. */
export function addDatagramCases(add: AddProviderCase): void {
  add('TransportEndpoint.send', 'a datagram arrives with its sender', async (t) => {
    const receiver = await t.bound(t.b, 'datagram');
    const sender = await t.bound(t.a, 'datagram');
    equal(sender.kind, 'datagram', 'kind');
    equal(sender.send(ascii('..hello..'), 2, 7, 0, t.at(t.b, receiver)), 5, 'send');
    const details = freshDetails();
    equal(await t.nextText(receiver, details), 'hello', 'datagram');
    equal(details.from.port, localOf(sender).port, "the sender's port");
    equal(details.from.address.w3, t.a.address.w3, "the sender's address");
    equal(details.truncated, false, 'truncated');
    equal(receiver.send(ascii('back'), 0, 4, 0, details.from), 4, 'send back');
    equal(await t.nextText(sender), 'back', 'datagram');
  });

  add('TransportEndpoint.receive', 'datagrams keep their bounds, empty ones too', async (t) => {
    const { sender, receiver } = await t.talkers();
    for (const message of ['one', '', 'three'])
      equal(sender.send(ascii(message), 0, message.length, 0, null), message.length, 'send');
    for (const message of ['one', '', 'three']) equal(await t.nextText(receiver), message, 'datagram');
    equal(receiver.receive(new Uint8Array(4), 0, 4, 0, null), failure.wouldBlock, 'receive when all is read');
  });

  add('TransportEndpoint.send', 'send copies: the caller may reuse its buffer', async (t) => {
    const { sender, receiver } = await t.talkers();
    const bytes = ascii('keep');
    equal(sender.send(bytes, 0, 4, 0, null), 4, 'send');
    bytes.fill(0x21);
    equal(await t.nextText(receiver), 'keep', 'datagram');
  });

  add('ReceiveDetails.truncated', 'what does not fit is gone, and said so', async (t) => {
    const { sender, receiver } = await t.talkers();
    for (const message of ['abcdef', 'ghijkl', 'mn']) sender.send(ascii(message), 0, message.length, 0, null);
    await t.until(() => has(receiver, readiness.readable), 'readable');
    const details = freshDetails();
    const into = ascii('......');
    equal(receiver.receive(into, 1, 4, 0, details), 3, 'receive');
    equal(text(into), '.abc..', 'the buffer');
    equal(details.truncated, true, 'truncated');
    await t.until(() => has(receiver, readiness.readable), 'the second');
    equal(receiver.receive(into, 0, 2, transfer.wholeLength, details), 6, 'receive with wholeLength');
    equal(details.truncated, true, 'truncated');
    equal(await t.nextText(receiver, details), 'mn', 'the third');
    equal(details.truncated, false, 'truncated');
  });

  add('transfer.peek', 'a peek leaves the datagram', async (t) => {
    const { sender, receiver } = await t.talkers();
    sender.send(ascii('stays'), 0, 5, 0, null);
    await t.until(() => has(receiver, readiness.readable), 'readable');
    const into = new Uint8Array(8);
    for (let round = 0; round < 2; round += 1) equal(receiver.receive(into, 0, 8, transfer.peek, null), 5, 'peek');
    equal(await t.nextText(receiver), 'stays', 'datagram');
  });

  add("option 'readableBytes'", 'readableBytes is the length of the next datagram', async (t) => {
    const { sender, receiver } = await t.talkers();
    equal(receiver.getOption('readableBytes'), 0, 'at first');
    sender.send(ascii('five!'), 0, 5, 0, null);
    sender.send(ascii('three or more'), 0, 13, 0, null);
    await t.until(() => receiver.getOption('readableBytes') === 5, 'the first');
    await t.nextText(receiver);
    await t.until(() => receiver.getOption('readableBytes') === 13, 'the second');
  });

  add('readiness.readable', 'readable while something waits, writable all the time', async (t) => {
    const { sender, receiver } = await t.talkers();
    equal(has(receiver, readiness.readable), false, 'readable');
    check(has(sender, readiness.writable), 'writable');
    sender.send(ascii('1'), 0, 1, 0, null);
    equal(await t.nextText(receiver), '1', 'datagram');
    equal(has(receiver, readiness.readable), false, 'readable when all is read');
  });

  add('TransportEndpoint.bind', 'the name is told; a taken port is in use, and free after close', async (t) => {
    const fresh = t.open(t.b, 'datagram');
    equal(localOf(fresh).port, 0, 'port before bind');
    const first = await t.bound(t.b, 'datagram');
    const where = t.at(t.b, first);
    check(where.port >= 1024, 'an ephemeral port');
    equal(await t.outcome(fresh, fresh.bind(where), 'bind'), failure.addressInUse, 'bind');
    first.close();
    await t.quiet();
    await t.bind(fresh, where);
    equal(localOf(fresh).port, where.port, 'port');
  });

  add('failure.addressNotAvailable', 'an address of nobody here cannot be bound', async (t) => {
    const endpoint = t.open(t.b, 'datagram');
    const result = endpoint.bind({ address: t.fixture.foreignAddress, port: 0 });
    equal(await t.outcome(endpoint, result, 'bind'), failure.addressNotAvailable, 'bind');
  });

  add(
    "option 'reuseAddress'",
    'two that both reuse share a port',
    async (t) => {
      const [first, second] = [t.open(t.b, 'datagram'), t.open(t.b, 'datagram')];
      for (const endpoint of [first, second]) equal(endpoint.setOption('reuseAddress', 1), 0, 'set');
      await t.bind(first, { address: t.b.address, port: 0 });
      await t.bind(second, t.at(t.b, first));
      equal(localOf(second).port, localOf(first).port, 'port');
    },
    ['datagram reuseAddress'],
  );

  add('TransportEndpoint.connect', 'connect names the peer, and an unspecified address takes it away', async (t) => {
    const { sender, receiver, to } = await t.talkers();
    equal(remoteOf(sender).port, to.port, 'the peer');
    const nobody = { address: { ...t.b.address, w3: 0 }, port: 0 };
    equal(await t.outcome(sender, sender.connect(nobody), 'connect'), 0, 'connect to nobody');
    equal(sender.remoteAddress(freshAddress()), failure.notConnected, 'remoteAddress');
    equal(sender.send(ascii('x'), 0, 1, 0, null), failure.destinationRequired, 'send');
    equal(sender.send(ascii('named'), 0, 5, 0, to), 5, 'send to a name');
    equal(await t.nextText(receiver), 'named', 'datagram');
  });

  add('TransportEndpoint.connect', 'a connected endpoint hears its peer alone', async (t) => {
    const { sender, receiver, to } = await t.talkers();
    const stranger = await t.bound(t.b, 'datagram');
    equal(stranger.send(ascii('stranger'), 0, 8, 0, t.at(t.a, sender)), 8, 'send');
    await t.quiet();
    equal(receiver.send(ascii('friend'), 0, 6, 0, t.at(t.a, sender)), 6, 'send');
    equal(await t.nextText(sender), 'friend', 'datagram');
    equal(sender.receive(new Uint8Array(8), 0, 8, 0, null), failure.wouldBlock, 'nothing else');
    equal(to.port, localOf(receiver).port, 'the peer');
  });

  add('failure.destinationRequired', 'without a peer a destination is required', async (t) => {
    const sender = await t.bound(t.a, 'datagram');
    equal(sender.send(ascii('x'), 0, 1, 0, null), failure.destinationRequired, 'send');
    equal(sender.remoteAddress(freshAddress()), failure.notConnected, 'remoteAddress');
  });

  add('TransportEndpoint.send', 'the first send binds to a port', async (t) => {
    const receiver = await t.bound(t.b, 'datagram');
    const sender = t.open(t.a, 'datagram');
    equal(sender.send(ascii('from where'), 0, 10, 0, t.at(t.b, receiver)), 10, 'send');
    const details = freshDetails();
    equal(await t.nextText(receiver, details), 'from where', 'datagram');
    await t.until(() => localOf(sender).port !== 0, 'the port to be told');
    equal(details.from.port, localOf(sender).port, "the sender's port");
    equal(has(sender, readiness.completed), false, 'completed: nobody has asked for anything');
  });

  add(
    'RFC 1122 §4.1.3.3',
    'a connected sender learns that nobody listens, once, and goes on',
    async (t) => {
      const sender = await t.bound(t.a, 'datagram');
      const where = await t.deserted(t.b, 'datagram');
      equal(await t.connectOutcome(sender, where), 0, 'connect');
      equal(sender.send(ascii('knock'), 0, 5, 0, null), 5, 'send');
      await t.until(() => has(sender, readiness.error), 'the error');
      equal(sender.receive(new Uint8Array(8), 0, 8, 0, null), failure.connectionRefused, 'receive');
      equal(sender.takeError(), 0, 'takeError');
      equal(has(sender, readiness.error), false, 'error');
      const receiver = await t.bound(t.b, 'datagram', where.port);
      equal(sender.send(ascii('again'), 0, 5, 0, null), 5, 'send');
      equal(await t.nextText(receiver), 'again', 'datagram');
    },
    ['refusal'],
  );

  add('RFC 1122 §4.1.3.3', 'an unconnected sender is not told', async (t) => {
    const sender = await t.bound(t.a, 'datagram');
    const receiver = await t.bound(t.b, 'datagram');
    const where = await t.deserted(t.b, 'datagram');
    equal(sender.send(ascii('knock'), 0, 5, 0, where), 5, 'send');
    await t.quiet();
    equal(sender.takeError(), 0, 'takeError');
    equal(sender.send(ascii('on'), 0, 2, 0, t.at(t.b, receiver)), 2, 'send');
    equal(await t.nextText(receiver), 'on', 'datagram');
  });

  add('failure.messageTooLong', 'a datagram longer than any packet is refused', async (t) => {
    const { sender } = await t.talkers();
    const bytes = new Uint8Array(66_000);
    equal(sender.send(bytes, 0, bytes.length, 0, null), failure.messageTooLong, 'send');
    equal(sender.send(bytes, 0, 65_528, 0, null), failure.messageTooLong, 'send of 65,528 bytes');
  });

  add(
    'RFC 1122 §4.1.1',
    'datagrams of many lengths arrive whole',
    async (t) => {
      const { sender, receiver } = await t.talkers();
      for (const length of [1, 1472, 1473, 9000]) {
        const bytes = pattern(length, length);
        equal(sender.send(bytes, 0, length, 0, null), length, 'send');
        await t.until(() => has(receiver, readiness.readable), `${length} bytes`);
        const got = new Uint8Array(10_000);
        equal(receiver.receive(got, 0, got.length, 0, null), length, 'receive');
        sameBytes(got.subarray(0, length), bytes, 'datagram');
      }
    },
    ['large-datagrams'],
  );

  add(
    'transfer.more',
    'what is sent with more goes out as one datagram',
    async (t) => {
      const { sender, receiver } = await t.talkers();
      equal(sender.send(ascii('piece by '), 0, 9, transfer.more, null), 9, 'send with more');
      equal(sender.send(ascii('piece'), 0, 5, 0, null), 5, 'send');
      equal(await t.nextText(receiver), 'piece by piece', 'datagram');
    },
    ['collect'],
  );

  add('SocketProvider.lacks', 'what is sent with more is held back, or refused by who lacks it', async (t) => {
    const { sender, receiver } = await t.talkers();
    const isLacking = t.a.provider.lacks.includes('collect');
    equal(
      sender.send(ascii('piece'), 0, 5, transfer.more, null),
      isLacking ? failure.notSupported : 5,
      'send with more',
    );
    await t.quiet();
    equal(has(receiver, readiness.readable), false, 'readable');
  });

  add('TransportEndpoint.listen', 'datagram endpoints neither listen nor accept', async (t) => {
    const endpoint = await t.bound(t.a, 'datagram');
    oneOf(endpoint.listen(4), [failure.notSupported, failure.invalid], 'listen');
    equal(endpoint.accept(), null, 'accept');
    equal(endpoint.info(), null, 'info');
  });

  add('TransportEndpoint.shutdown', 'shutdown needs a peer, and ends sending', async (t) => {
    const lonely = await t.bound(t.a, 'datagram');
    equal(lonely.shutdown(direction.both), failure.notConnected, 'shutdown without a peer');
    const { sender } = await t.talkers();
    equal(sender.shutdown(direction.send), 0, 'shutdown');
    equal(sender.send(ascii('x'), 0, 1, 0, null), failure.brokenPipe, 'send');
  });

  add('TransportEndpoint.close', 'after close every call answers closed, and nobody is harmed', async (t) => {
    const { sender, receiver, to } = await t.talkers();
    sender.send(ascii('unread'), 0, 6, 0, null);
    await t.quiet();
    receiver.close();
    const buffer = new Uint8Array(8);
    equal(receiver.receive(buffer, 0, 8, 0, null), failure.closed, 'receive');
    equal(receiver.send(buffer, 0, 1, 0, to), failure.closed, 'send');
    equal(receiver.bind(to), failure.closed, 'bind');
    equal(receiver.connect(to), failure.closed, 'connect');
    equal(receiver.takeError(), failure.closed, 'takeError');
    equal(receiver.localAddress(freshAddress()), failure.closed, 'localAddress');
    equal(receiver.getOption('reuseAddress'), failure.closed, 'getOption');
    receiver.close();
    receiver.abort();
    const again = await t.bound(t.b, 'datagram', to.port);
    equal(localOf(again).port, to.port, 'the port is free again');
  });

  add(
    'TransportEndpoint.close',
    'endpoints one after the other leave nothing behind',
    async (t) => {
      const openCount = t.fixture.openCount;
      check(openCount !== undefined, "the fixture has no 'openCount', yet does not lack 'count'");
      const before = openCount.call(t.fixture);
      for (let round = 0; round < 30; round += 1) {
        const endpoint = t.open(t.a, 'datagram');
        if (round % 3 > 0) endpoint.bind({ address: t.a.address, port: 0 });
        if (round % 3 > 1) await t.fixture.settle(1);
        if (round % 2 === 0) endpoint.close();
        else endpoint.abort();
      }
      await t.until(() => openCount.call(t.fixture) === before, `all but ${before} endpoints to be gone`);
    },
    ['count'],
  );
}
