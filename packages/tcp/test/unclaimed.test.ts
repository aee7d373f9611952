import { failure, type Packet, readiness, type TransportEndpoint } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { addressA, addressB, Pair } from './fake-network.js';

const place = { address: addressB, port: 81 };

/** Two hosts; on one of them a listener that nobody's segments find by themselves. */
function pairWithListener(): { pair: Pair; listener: TransportEndpoint; client: TransportEndpoint } {
  const pair = new Pair();
  const listener = pair.b.open();
  listener.bind({ address: addressB, port: 9999 });
  listener.listen(16);
  return { pair, listener, client: pair.a.open() };
}

/** What B's `onUnclaimed` was given, to be handed to TCP again. */
function copyOf(packet: Packet): Uint8Array<ArrayBuffer> {
  return packet.memory.bytes.slice(packet.start, packet.end);
}

describe('a SYN that no listener claims', () => {
  test('is refused when the host says no', () => {
    const { pair, client } = pairWithListener();
    pair.b.host.onUnclaimed = () => false;
    client.connect(place);
    pair.run(pair.nowMs + 100);
    expect(client.takeError()).toBe(failure.connectionRefused);
  });

  test('is taken by a listener that the host names, with the addresses that it was sent to', () => {
    const { pair, client, listener } = pairWithListener();
    pair.b.host.onUnclaimed = () => listener;
    client.connect(place);
    pair.run(pair.nowMs + 100);
    const accepted = listener.accept();
    const [local, remote] = [place, place].map(() => ({ address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 }));
    accepted?.localAddress(local!);
    accepted?.remoteAddress(remote!);
    expect(local).toEqual({ address: { ...addressB }, port: 81 });
    expect(remote!.address).toEqual({ ...addressA });
    expect(client.readiness() & readiness.writable).toBe(readiness.writable);
    // The port that it stands on is nobody's: another may listen there.
    const other = pair.b.open();
    expect(other.bind(place)).toBe(0);
    expect(other.listen(1)).toBe(0);
  });

  test('is refused when what the host names does not listen', () => {
    const { pair, client, listener } = pairWithListener();
    pair.b.host.onUnclaimed = () => listener;
    listener.close();
    client.connect(place);
    pair.run(pair.nowMs + 100);
    expect(client.takeError()).toBe(failure.connectionRefused);
  });

  test.each(['accepted', 'refused'] as const)('is held without a word, and %s when it is handed over again', (end) => {
    const { pair, client, listener } = pairWithListener();
    let held: Uint8Array<ArrayBuffer> | null = null;
    let isKnown = false;
    pair.b.host.onUnclaimed = (_transport, packet) => {
      if (isKnown) return end === 'accepted' && listener;
      held = copyOf(packet);
      return 'held';
    };
    client.connect(place);
    // The SYN comes again after a second, and is held again.
    pair.run(pair.nowMs + 1500);
    expect(pair.b.host.sent).toEqual([]);
    expect(pair.b.tcp.counters).toMatchObject({ held: 2, dropNoEndpoint: 0 });
    expect(pair.b.host.packets.used).toBe(0);
    isKnown = true;
    pair.b.deliver(held!, addressA);
    pair.run(pair.nowMs + 100);
    const expected = end === 'accepted' ? tcpFlag.syn | tcpFlag.ack : tcpFlag.rst | tcpFlag.ack;
    expect(pair.b.host.sent[0]!.segment.flags).toBe(expected);
    expect(client.takeError()).toBe(end === 'accepted' ? 0 : failure.connectionRefused);
    expect(listener.accept() !== null).toBe(end === 'accepted');
  });

  test('nothing else is asked about: no ACK, no RST, no SYN-ACK', () => {
    const { pair } = pairWithListener();
    let asked = 0;
    pair.b.host.onUnclaimed = () => {
      asked++;
      return 'held';
    };
    const syn = pair.a.open();
    syn.connect(place);
    pair.run(pair.nowMs + 10);
    const bytes = pair.a.host.sent[0]!.bytes;
    for (const flags of [tcpFlag.ack, tcpFlag.rst, tcpFlag.syn | tcpFlag.ack, tcpFlag.syn | tcpFlag.rst, tcpFlag.fin]) {
      const other = bytes.slice();
      // The sum is kept by what the urgent pointer, which nobody reads without URG, takes from the flags.
      const view = new DataView(other.buffer);
      const word = view.getUint16(12);
      view.setUint16(12, (word & 0xff00) | flags);
      view.setUint16(18, (view.getUint16(18) + word + 0xffff - view.getUint16(12)) % 0xffff);
      pair.b.deliver(other, addressA);
    }
    expect(pair.b.tcp.counters.dropChecksum).toBe(0);
    expect([asked, pair.b.tcp.counters.held]).toEqual([1, 1]);
  });
});

describe('a SYN that finds its flow in TIME-WAIT', () => {
  /** A connection that the server's side closed first. */
  function timeWaiting(): ReturnType<typeof pairWithListener> & { port: number } {
    const { pair, client, listener } = pairWithListener();
    pair.b.host.onUnclaimed = () => listener;
    client.connect(place);
    pair.run(pair.nowMs + 100);
    listener.accept()!.close();
    pair.run(pair.nowMs + 100);
    const local = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
    client.localAddress(local);
    client.close();
    pair.run(pair.nowMs + 2000);
    expect(pair.b.tcp.counters.timeWaits).toBe(1);
    return { pair, listener, client: pair.a.open(), port: local.port };
  }

  test('is asked about when it may take its place, and is held or taken', () => {
    const { pair, listener, client, port } = timeWaiting();
    const answers = ['held' as const, listener];
    pair.b.host.onUnclaimed = () => answers.shift() ?? false;
    const before = pair.b.host.sent.length;
    client.bind({ address: addressA, port });
    client.connect(place);
    pair.run(pair.nowMs + 500);
    expect(pair.b.host.sent.length).toBe(before);
    pair.run(pair.nowMs + 1500);
    expect(listener.accept()).not.toBe(null);
    expect(pair.b.tcp.counters).toMatchObject({ held: 1, timeWaitReused: 1 });
  });

  test('the host is not asked about a stray one', () => {
    const { pair } = timeWaiting();
    let asked = 0;
    pair.b.host.onUnclaimed = () => {
      asked++;
      return false;
    };
    const syn = pair.a.host.sent.find(({ segment }) => segment.flags === tcpFlag.syn)!;
    pair.b.deliver(syn.bytes, addressA);
    expect(asked).toBe(0);
  });
});
