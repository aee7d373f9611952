import { failure, networkErrorKind } from '@synos/interfaces';
import { emitIcmp, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createPing } from '../src/index.js';
import { any, broadcast, createBench, own, peer, peerMac, protocol } from './support/bench.js';
import { icmpFrame, ipFrame, type ownMac, packet, readIcmp, readIp } from './support/frames.js';

const none = new Uint8Array(0);
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);
const echo = { type: 8, code: 0, restOfHeader: 0x12345678, payload: bytes(30) };

/** An error about a packet of ours to the peer. */
function about(type: number, code: number, fields: Parameters<typeof packet>[0] = {}, restOfHeader = 0): Uint8Array {
  const payload = packet({ source: own, destination: peer, ...fields });
  return icmpFrame({ type, code, restOfHeader, payload });
}

function known(...parameters: Parameters<typeof createBench>): ReturnType<typeof createBench> {
  const bench = createBench(...parameters);
  bench.ip.addNeighbour(bench.index, peer, peerMac);
  return bench;
}

describe('echo (RFC 1122 §3.2.2.6)', () => {
  test('a request is answered with its own bytes and TOS', () => {
    const bench = known();
    bench.device.inject(icmpFrame(echo, { tos: 20, ttl: 2 }));
    bench.settle();
    const [out] = bench.device.take();
    expect(readIcmp(out!)).toEqual({ ...echo, type: 0 });
    expect(readIp(out!)).toMatchObject({ source: own, destination: peer, tos: 20, ttl: 64 });
    bench.end();
  });

  test('one of odd length and with options too', () => {
    const bench = known();
    bench.device.inject(icmpFrame({ ...echo, payload: bytes(31) }, { options: new Uint8Array([1, 1, 1, 0]) }));
    bench.settle();
    expect(readIcmp(bench.device.take()[0]!)).toEqual({ ...echo, type: 0, payload: bytes(31) });
    bench.end();
  });

  test('one to an address that is only accepted is not: nobody here can answer for it', () => {
    const bench = known();
    bench.ip.acceptPrefix(ipv4(0, 0, 0, 0), 96);
    bench.device.inject(icmpFrame(echo, { destination: ipv4(192, 0, 2, 1) }));
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.counters.icmpEchoNotOurs).toBe(1);
    bench.end();
  });

  test.each([
    ['a broadcast', { destination: ipv4(255, 255, 255, 255) }],
    ['the network’s broadcast', { destination: ipv4(10, 0, 0, 255) }],
  ])('one to %s is not', (_, fields) => {
    const bench = known();
    bench.device.inject(icmpFrame(echo, fields, broadcast as typeof ownMac));
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.counters.icmpEchoToGroup).toBe(1);
    bench.end();
  });

  test('none is, when the host does not want to', () => {
    const bench = known({ answersEcho: false });
    bench.device.inject(icmpFrame(echo));
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('a wrong checksum or a short message is dropped', () => {
    const bench = known();
    const wrong = icmpFrame(echo);
    wrong[50]! ^= 1;
    bench.device.inject(wrong);
    bench.device.inject(ipFrame({ protocol: 1, payload: bytes(7) }));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ icmpBadChecksum: 1, icmpMalformed: 1 });
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('a full queue costs answers, not memory', () => {
    const bench = known({ queueSoftPackets: 4 });
    bench.device.room = 0;
    for (let i = 0; i < 50; i++) bench.device.inject(icmpFrame(echo));
    bench.settle();
    expect(bench.packets.used).toBe(4);
    expect(bench.ip.counters.icmpEchoDropped).toBe(46);
    bench.end();
  });
});

describe('errors outwards (RFC 1122 §3.2.2, RFC 1812 §4.3.2)', () => {
  test('port unreachable quotes the packet, as much as fits into 576 bytes', () => {
    const bench = known();
    bench.transport.refuses = true;
    const payload = bytes(1000);
    bench.device.inject(ipFrame({ payload }));
    bench.settle();
    const [out] = bench.device.take();
    const message = readIcmp(out!);
    expect(message).toMatchObject({ type: 3, code: 3 });
    expect(message.payload).toEqual(packet({ payload }).slice(0, 548));
    expect(readIp(out!)).toMatchObject({ source: own, destination: peer });
    bench.end();
  });

  test.each([
    ['network', 0],
    ['host', 1],
    ['port', 3],
    ['prohibited', 13],
  ] as const)('whoever sits above may say "%s" about a packet, in its destination’s name', (why, code) => {
    const bench = known();
    bench.ip.acceptPrefix(ipv4(0, 0, 0, 0), 96);
    const destination = ipv4(192, 0, 2, 1);
    bench.transport.onReceive = (got, arrival) => bench.ip.unreachable(got, arrival, why);
    bench.device.inject(ipFrame({ destination }));
    bench.settle();
    const [out] = bench.device.take();
    expect(readIcmp(out!)).toMatchObject({ type: 3, code, payload: packet({ destination }) });
    expect(readIp(out!)).toMatchObject({ source: destination, destination: peer });
    bench.end();
  });

  test.each([
    ['a broadcast', ipFrame({ destination: ipv4(255, 255, 255, 255) }, broadcast)],
    ['an ICMP error', about(11, 0, { protocol: 99 })],
    ['an unknown protocol to a broadcast', ipFrame({ destination: ipv4(10, 0, 0, 255), protocol: 99 }, broadcast)],
  ])('never about %s', (_, frame) => {
    // Nor where every foreign address would do as a source: a network's broadcast looks like one.
    for (const accepts of [false, true]) {
      const bench = known();
      if (accepts) bench.ip.acceptPrefix(ipv4(0, 0, 0, 0), 96);
      bench.transport.refuses = true;
      bench.device.inject(frame);
      bench.settle();
      expect(bench.device.take()).toEqual([]);
      bench.end();
    }
  });

  test('one destination gets 6 at once and 1 a second, others their own', () => {
    const bench = known();
    bench.transport.refuses = true;
    const other = { ...peer, w3: peer.w3 + 1 };
    bench.ip.addNeighbour(bench.index, other, peerMac);
    const flood = (source = peer): number => {
      for (let i = 0; i < 20; i++) bench.device.inject(ipFrame({ source }));
      bench.settle();
      return bench.device.take().length;
    };
    expect(flood()).toBe(6);
    expect(flood(other)).toBe(6);
    bench.now = 500;
    expect(flood()).toBe(0);
    bench.now = 1000;
    expect(flood()).toBe(1);
    bench.now = 10_000_000;
    expect(flood()).toBe(6);
    expect(bench.ip.counters.icmpErrorRateLimited).toBe(100 - 19);
    bench.end();
  });

  test('all destinations together get a bounded number', () => {
    const bench = known({ icmpErrorsPerSecond: 10, icmpErrorsBurst: 20 });
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
    bench.transport.refuses = true;
    const flood = (): number => {
      for (let i = 0; i < 100; i++) bench.device.inject(ipFrame({ source: ipv4(20, 0, bench.now & 0xff, i + 1) }));
      bench.settle();
      return bench.device.take().length;
    };
    expect(flood()).toBe(20);
    bench.now = 1000;
    expect(flood()).toBe(10);
    bench.end();
  });

  test('no way back: not sent, nothing lost', () => {
    const bench = createBench();
    bench.transport.refuses = true;
    bench.device.inject(ipFrame({ source: ipv4(20, 0, 0, 1) }));
    bench.settle();
    expect(bench.ip.counters.icmpErrorNotAllowed).toBe(1);
    bench.end();
  });
});

describe('errors inwards (RFC 1122 §3.2.2.1, §4.2.3.9)', () => {
  test.each([
    [3, 0, 'networkUnreachable'],
    [3, 1, 'hostUnreachable'],
    [3, 2, 'protocolUnreachable'],
    [3, 3, 'portUnreachable'],
    [3, 5, 'hostUnreachable'],
    [3, 6, 'networkUnreachable'],
    [3, 7, 'hostUnreachable'],
    [3, 9, 'prohibited'],
    [3, 10, 'prohibited'],
    [3, 11, 'networkUnreachable'],
    [3, 12, 'hostUnreachable'],
    [3, 13, 'prohibited'],
    [3, 15, 'prohibited'],
    [3, 77, 'hostUnreachable'],
    [11, 0, 'timeExceeded'],
    [11, 1, 'timeExceeded'],
    [12, 0, 'parameterProblem'],
  ] as const)('type %i code %i is %s', (type, code, name) => {
    const bench = createBench();
    bench.device.inject(about(type, code, { payload: bytes(12) }));
    bench.settle();
    expect(bench.transport.errors).toEqual([
      { kind: networkErrorKind[name], source: own, destination: peer, quoted: bytes(12), mtuBytes: 0 },
    ]);
    bench.end();
  });

  test('the quote may have options, and may be cut short after 8 bytes', () => {
    const bench = createBench();
    const payload = packet({
      source: own,
      destination: peer,
      options: new Uint8Array([1, 1, 1, 1]),
      payload: bytes(100),
    });
    bench.device.inject(icmpFrame({ type: 3, code: 3, restOfHeader: 0, payload: payload.slice(0, 24 + 8) }));
    bench.settle();
    expect(bench.transport.errors[0]!.quoted).toEqual(bytes(8));
    bench.end();
  });

  test('one that no transport recognises is counted', () => {
    const bench = createBench();
    bench.transport.believes = false;
    bench.device.inject(about(3, 3));
    bench.settle();
    expect(bench.ip.counters.icmpErrorNotBelieved).toBe(1);
    bench.end();
  });

  const quote = packet({ source: own, destination: peer });
  const with_ = (at: number, value: number): Uint8Array => {
    const changed = quote.slice();
    changed[at] = value;
    return changed;
  };
  test.each([
    ['nothing', none, 'icmpQuoteMalformed'],
    ['less than a header and 8 bytes', quote.slice(0, 27), 'icmpQuoteMalformed'],
    ['version 6', with_(0, 0x65), 'icmpQuoteMalformed'],
    ['a header of 16 bytes', with_(0, 0x44), 'icmpQuoteMalformed'],
    ['a header longer than the quote', with_(0, 0x4f), 'icmpQuoteMalformed'],
    ['a total length that leaves no 8 bytes', with_(3, 27), 'icmpQuoteMalformed'],
    ['a later fragment', with_(7, 1), 'icmpQuoteMalformed'],
    ['somebody else’s packet', packet({ source: peer, destination: own }), 'icmpQuoteNotOurs'],
    ['a protocol nobody speaks', packet({ source: own, destination: peer, protocol: 99 }), 'icmpQuoteUnknownProtocol'],
  ] as const)('a quote of %s is dropped', (_, payload, counter) => {
    const bench = createBench();
    bench.device.inject(icmpFrame({ type: 3, code: 3, restOfHeader: 0, payload }));
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.transport.errors).toEqual([]);
    bench.end();
  });

  test('an error to a group is dropped; redirects and source quench are ignored; each counted', () => {
    const bench = createBench();
    bench.device.inject(
      icmpFrame(
        { type: 3, code: 3, restOfHeader: 0, payload: quote },
        { destination: ipv4(10, 0, 0, 255) },
        broadcast as typeof ownMac,
      ),
    );
    bench.device.inject(about(5, 1));
    bench.device.inject(about(4, 0));
    bench.settle();
    expect(bench.transport.errors).toEqual([]);
    expect(bench.ip.counters).toMatchObject({
      icmpErrorToGroup: 1,
      icmpRedirectIgnored: 1,
      icmpSourceQuenchIgnored: 1,
    });
    expect(bench.ip.routes()).toHaveLength(1);
    bench.end();
  });
});

describe('pings of our own', () => {
  test('a reply ends it with the round trip, at the end of a poll', () => {
    const bench = known();
    const results: number[] = [];
    expect(bench.ping(peer, 56, 1000, (result) => results.push(result))).toBe(0);
    const request = readIcmp(bench.device.take()[0]!);
    expect(request).toMatchObject({ type: 8, code: 0, payload: bytes(56) });
    bench.settle(12);
    bench.device.inject(icmpFrame({ ...request, type: 0 }));
    expect(results).toEqual([]);
    bench.settle();
    expect(results).toEqual([12]);
    bench.device.inject(icmpFrame({ ...request, type: 0 }));
    bench.settle();
    expect(results).toEqual([12]);
    expect(bench.ip.counters.icmpEchoReplyUnexpected).toBe(1);
    bench.end();
  });

  test('without the part a reply is unexpected, and an error about a request is not believed', () => {
    const bench = known();
    const request = { type: 8, code: 0, restOfHeader: 7, payload: new Uint8Array(8) };
    bench.device.inject(icmpFrame({ ...request, type: 0 }));
    bench.device.inject(about(3, 1, { protocol: 1, payload: emitIcmp(request) }));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ icmpEchoReplyUnexpected: 1, icmpErrorNotBelieved: 1 });
    bench.end();
  });

  test('one part for a network layer', () => {
    const bench = createBench();
    createPing(bench.ip);
    expect(() => createPing(bench.ip)).toThrow('taken');
    bench.end();
  });

  test('it times out, or an error about it ends it, but not an error about another', () => {
    const bench = known();
    const results: number[] = [];
    bench.ping(peer, 0, 1000, (result) => results.push(result));
    const request = readIp(bench.device.take()[0]!);
    bench.settle();
    expect(bench.ip.nextDeadline()).toBe(1000);
    bench.settle(1000);
    expect(results).toEqual([failure.timedOut]);
    bench.ping(peer, 0, 1000, (result) => results.push(result));
    const second = readIp(bench.device.take()[0]!);
    bench.device.inject(about(3, 1, { protocol: 1, payload: request.payload }));
    bench.settle();
    expect(results).toHaveLength(1);
    bench.device.inject(about(3, 1, { protocol: 1, payload: second.payload }));
    bench.settle();
    expect(results).toEqual([failure.timedOut, failure.hostUnreachable]);
    bench.end();
  });

  test('nobody answers for the address: host unreachable, before the time is up', () => {
    const bench = createBench();
    const results: number[] = [];
    bench.ping(peer, 0, 60_000, (result) => results.push(result));
    for (let now = 0; now <= 3000; now += 1000) bench.settle(now);
    expect(results).toEqual([failure.hostUnreachable]);
    bench.end();
  });

  test('to ourselves, without any device', () => {
    const bench = createBench();
    const results: number[] = [];
    expect(bench.ping(own, 2000, 1000, (result) => results.push(result))).toBe(0);
    expect(bench.ping(ipv4(127, 0, 0, 1), 0, 1000, (result) => results.push(result))).toBe(0);
    bench.settle();
    expect(results).toEqual([0, 0]);
    bench.end();
  });

  test('misuse is refused', () => {
    const bench = createBench();
    const done = (): void => {};
    expect(bench.ping(peer, -1, 1000, done)).toBe(failure.invalid);
    expect(bench.ping(peer, 65_508, 1000, done)).toBe(failure.messageTooLong);
    expect(bench.ping(peer, 1, Number.NaN, done)).toBe(failure.invalid);
    expect(bench.ping(ipv4(8, 8, 8, 8), 1, 1000, done)).toBe(failure.networkUnreachable);
    for (let i = 0; i < 256; i++) expect(bench.ping(own, 1, 1000, done)).toBe(0);
    expect(bench.ping(own, 1, 1000, done)).toBe(failure.noBuffers);
    bench.settle();
    bench.end();
  });

  test('a callback that pings again is safe', () => {
    const bench = createBench();
    let left = 5;
    const again = (): void => {
      if (left-- > 0) bench.ping(own, 1, 1000, again);
    };
    again();
    bench.settle();
    expect(left).toBe(-1);
    expect(protocol).toBe(253);
    bench.end();
  });
});
