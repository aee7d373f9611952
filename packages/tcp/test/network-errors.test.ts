import {
  failure,
  type NetworkError,
  type NetworkErrorKind,
  networkErrorKind,
  type TransportEndpoint,
} from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import type { FakeRoute, Sent, Station } from './fake-network.js';
import { addressB, Pair } from './fake-network.js';

function report(station: Station, sent: Sent, kind: NetworkErrorKind, mtuBytes = 0, bytes = sent.bytes): boolean {
  const error: NetworkError = {
    kind,
    source: { ...sent.from },
    destination: { ...sent.to },
    view: new DataView(bytes.buffer),
    offset: 0,
    length: 8,
    mtuBytes,
  };
  station.host.enter();
  return station.tcp.networkError(error);
}

function connecting(): { pair: Pair; client: TransportEndpoint; syn: Sent } {
  const pair = new Pair();
  const client = pair.a.open();
  client.connect({ address: addressB, port: 80 });
  return { pair, client, syn: pair.a.host.sent[0]! };
}

describe('RFC 9293 §3.9.2.2, errors from the network', () => {
  test.each<[keyof typeof networkErrorKind, number]>([
    ['portUnreachable', failure.connectionRefused],
    ['hostUnreachable', failure.hostUnreachable],
    ['networkUnreachable', failure.networkUnreachable],
    ['protocolUnreachable', failure.protocolUnreachable],
    ['prohibited', failure.hostUnreachable],
    ['neighbourUnreachable', failure.hostUnreachable],
  ])('%s ends a connect', (name, code) => {
    const { pair, client, syn } = connecting();
    expect(report(pair.a, syn, networkErrorKind[name])).toBe(true);
    expect(client.takeError()).toBe(code);
    expect(client.info()!.state).toBe('CLOSED');
  });

  test.each(['timeExceeded', 'parameterProblem'] as const)('%s does not, but is told when it times out', (name) => {
    const { pair, client, syn } = connecting();
    pair.fault = () => 'drop';
    expect(report(pair.a, syn, networkErrorKind[name])).toBe(true);
    expect(client.info()!.state).toBe('SYN_SENT');
    pair.run(pair.nowMs + 3_600_000);
    expect(client.info()!.state).toBe('CLOSED');
    expect(client.takeError()).toBe(failure.hostUnreachable);
  });

  test.each<[keyof typeof networkErrorKind, number]>([
    ['hostUnreachable', 0],
    ['portUnreachable', 0],
    ['neighbourUnreachable', 0],
    ['timeExceeded', 1],
    ['packetTooBig', 1],
  ])('%s about a SYN-ACK: %i half-open connections are left', (name, left) => {
    const { pair, syn } = connecting();
    const listener = pair.b.open();
    listener.bind({ address: addressB, port: 80 });
    listener.listen(1);
    pair.b.deliver(syn.bytes, syn.from);
    const synAck = pair.b.host.sent.at(-1)!;
    const forged = synAck.bytes.slice();
    new DataView(forged.buffer).setInt32(4, synAck.segment.sequence + 1);
    expect(report(pair.b, synAck, networkErrorKind[name], 600, forged)).toBe(false);
    expect(pair.b.tcp.core.demux.count).toBe(1);
    expect(report(pair.b, synAck, networkErrorKind[name], 600)).toBe(true);
    expect(pair.b.tcp.core.demux.count).toBe(left);
  });

  test('an established connection goes on; the reason is told when it times out', () => {
    const pair = new Pair({ timestamps: false });
    const { client } = pair.connect();
    pair.fault = () => 'drop';
    client.send(new Uint8Array(10), 0, 10, 0, null);
    const sent = pair.a.host.sent.at(-1)!;
    expect(report(pair.a, sent, networkErrorKind.hostUnreachable)).toBe(true);
    expect(client.info()!.state).toBe('ESTABLISHED');
    pair.run(pair.nowMs + 3_600_000);
    expect(client.takeError()).toBe(failure.hostUnreachable);
  });

  test('RFC 5927 §4.1: a sequence number that is not out is not believed', () => {
    const pair = new Pair();
    const { client } = pair.connect();
    const forged = { ...pair.a.host.sent.at(-1)! };
    client.send(new Uint8Array(10), 0, 10, 0, null);
    const bytes = forged.bytes.slice();
    new DataView(bytes.buffer).setInt32(4, forged.segment.sequence + 1000);
    expect(report(pair.a, forged, networkErrorKind.packetTooBig, 600, bytes)).toBe(false);
    expect(report(pair.a, { ...forged, to: pair.a.host.address }, networkErrorKind.hostUnreachable)).toBe(false);
    expect(pair.a.tcp.counters.networkErrorsIgnored).toBe(2);
  });
});

describe('RFC 1191, path MTU', () => {
  test('what was too big goes again in smaller segments, at once and without a smaller window', () => {
    const pair = new Pair({ timestamps: false });
    const { client, server } = pair.connect();
    client.send(new Uint8Array(5000), 0, 5000, 0, null);
    const first = pair.a.host.sent.find((sent) => sent.segment.payload.length === 1460)!;
    pair.a.host.queue = [];
    const before = client.info()!.congestionWindowBytes;
    expect(report(pair.a, first, networkErrorKind.packetTooBig, 1000)).toBe(true);
    (pair.a.host.routes[0] as FakeRoute).mtuBytes = 1000;
    const from = pair.a.host.sent.length;
    pair.run(pair.nowMs + 50);
    const again = pair.a.host.sent.slice(from).filter((sent) => sent.segment.payload.length > 0);
    expect(again[0]!.segment.sequence).toBe(first.segment.sequence);
    expect(Math.max(...again.map((sent) => sent.segment.payload.length))).toBe(960);
    expect(server.receive(new Uint8Array(9000), 0, 9000, 0, null)).toBe(5000);
    expect(client.info()!.sendMssBytes).toBe(960);
    expect(client.info()!.congestionWindowBytes).toBeGreaterThanOrEqual(Math.floor((before * 960) / 1460) - 960);
    expect(pair.a.tcp.counters.timeouts).toBe(0);
  });

  test('no path makes segments shorter than 48 bytes', () => {
    const pair = new Pair({ timestamps: false });
    const { client } = pair.connect();
    (pair.a.host.routes[0] as FakeRoute).mtuBytes = 41;
    client.send(new Uint8Array(96), 0, 96, 0, null);
    expect(pair.a.host.sent.slice(-2).map((sent) => sent.segment.payload.length)).toEqual([48, 48]);
  });
});
