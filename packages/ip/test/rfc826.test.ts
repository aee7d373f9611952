import { arpOperation, emitArp, etherType, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, broadcast, createBench, own, peer, peerMac } from './support/bench.js';
import { arpFrame, arpReply, frame, ipFrame, ownMac, readArp } from './support/frames.js';

const evilMac = new Uint8Array([2, 0, 0, 0, 0, 0x66]);
const stranger = ipv4(10, 0, 0, 77);

/** Where packets to the peer go: the link address, or `null` when it is asked for. */
function whereTo(bench: ReturnType<typeof createBench>, to = peer): number[] | null {
  bench.device.take();
  bench.transport.send(any, to, new Uint8Array([1]));
  const [out] = bench.device.take();
  return out !== undefined && out[12] === 8 && out[13] === 0 ? [...out.slice(0, 6)] : null;
}

describe('questions to us (RFC 826 "Packet Reception")', () => {
  test('a question for our address is answered, and teaches who asks', () => {
    const bench = createBench();
    bench.device.inject(arpFrame('request', peer, peerMac, own, undefined, broadcast));
    bench.settle();
    const answer = readArp(bench.device.take()[0]!);
    expect(answer).toMatchObject({ operation: 2, sender: own, target: peer });
    expect([...answer.senderMac]).toEqual([...ownMac]);
    expect([...answer.targetMac]).toEqual([...peerMac]);
    expect([...answer.destination]).toEqual([...peerMac]);
    expect(whereTo(bench)).toEqual([...peerMac]);
    bench.end();
  });

  test('a question for another address is not answered and teaches nothing', () => {
    const bench = createBench();
    bench.device.inject(arpFrame('request', peer, peerMac, stranger, undefined, broadcast));
    bench.settle();
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.neighbours()).toEqual([]);
    expect(bench.ip.counters.arpUnsolicited).toBe(1);
    bench.end();
  });

  test('whoever asks from another network gets no entry and no answer', () => {
    const bench = createBench();
    bench.device.inject(arpFrame('request', ipv4(192, 168, 1, 1), peerMac, own, undefined, broadcast));
    bench.settle();
    expect(bench.ip.neighbours()).toEqual([]);
    expect(bench.ip.counters.arpBadSender).toBe(1);
    bench.end();
  });

  test('a probe (RFC 5227 §2.1.1) is answered and not remembered', () => {
    const bench = createBench();
    bench.device.inject(arpFrame('request', any, peerMac, own, undefined, broadcast));
    bench.settle();
    expect(readArp(bench.device.take()[0]!)).toMatchObject({ operation: 2, sender: own, target: any });
    expect(bench.ip.neighbours()).toEqual([]);
    bench.end();
  });

  test('a question answers our own open one', () => {
    const bench = createBench();
    bench.transport.send(any, peer, new Uint8Array([1]));
    bench.device.take();
    bench.device.inject(arpFrame('request', peer, peerMac, own, undefined, broadcast));
    bench.settle();
    expect(bench.device.take()).toHaveLength(2);
    bench.end();
  });
});

describe('no belief in claims that nobody asked about', () => {
  test.each([
    ['a reply for an unknown address', arpReply(stranger, evilMac)],
    ['an announcement by request', arpFrame('request', stranger, evilMac, stranger, undefined, broadcast)],
    ['an announcement by reply', arpFrame('reply', stranger, evilMac, stranger, evilMac, broadcast)],
  ])('%s', (_, bytes) => {
    const bench = createBench();
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.neighbours()).toEqual([]);
    expect(bench.ip.counters.arpUnsolicited).toBe(1);
    bench.end();
  });

  test.each([
    ['a reply', arpReply(peer, evilMac)],
    ['an announcement', arpFrame('request', peer, evilMac, peer, undefined, broadcast)],
    ['a question to us', arpFrame('request', peer, evilMac, own, undefined, broadcast)],
  ])('%s does not move a known neighbour, but makes us ask the one we know', (_, bytes) => {
    const bench = createBench();
    bench.transport.send(any, peer, new Uint8Array([1]));
    bench.device.inject(arpReply());
    bench.settle();
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.counters.arpUnsolicitedClaim).toBe(1);
    expect(whereTo(bench)).toEqual([...peerMac]);
    bench.settle(5000);
    const question = readArp(bench.device.take()[0]!);
    expect([...question.destination]).toEqual([...peerMac]);
    bench.end();
  });

  test('a reply to a third party does not answer our question', () => {
    const bench = createBench();
    bench.transport.send(any, peer, new Uint8Array([1]));
    bench.device.take();
    bench.device.inject(arpFrame('reply', peer, evilMac, stranger, evilMac, broadcast));
    bench.settle();
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'incomplete', mac: null }]);
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('a static neighbour is contradicted by nobody', () => {
    const bench = createBench();
    expect(bench.ip.addNeighbour(bench.index, peer, peerMac)).toBe(0);
    bench.device.inject(arpReply(peer, evilMac));
    bench.device.inject(arpFrame('request', peer, evilMac, own, undefined, broadcast));
    bench.settle();
    expect(whereTo(bench)).toEqual([...peerMac]);
    expect(bench.ip.counters.arpStaticContradicted).toBe(2);
    bench.settle(10_000_000);
    expect(whereTo(bench)).toEqual([...peerMac]);
    expect(bench.ip.removeNeighbour(bench.index, peer)).toBe(0);
    expect(whereTo(bench)).toBe(null);
    bench.end();
  });
});

describe('what is no neighbour', () => {
  const noMac = new Uint8Array(6);
  test.each([
    ['a group address as sender', arpFrame('request', peer, new Uint8Array([3, 0, 0, 0, 0, 1]), own), 'arpBadSender'],
    ['no address as sender', arpFrame('request', peer, noMac, own), 'arpBadSender'],
    ['a multicast sender', arpFrame('request', ipv4(224, 0, 0, 9), peerMac, own), 'arpBadSender'],
    ['truncated', arpFrame('request', peer, peerMac, own).slice(0, 14 + 27), 'arpMalformed'],
    ['another who has our address (RFC 5227 §2.4)', arpFrame('request', own, evilMac, own), 'arpAddressConflict'],
  ] as const)('%s', (_, bytes, counter) => {
    const bench = createBench();
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.ip.neighbours()).toEqual([]);
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('another kind of hardware', () => {
    const bench = createBench();
    const { request } = arpOperation;
    const bytes = emitArp({ operation: request, senderMac: peerMac, sender: peer, targetMac: noMac, target: own });
    bytes[1] = 6;
    bench.device.inject(frame(etherType.arp, bytes));
    bench.settle();
    expect(bench.ip.counters.arpMalformed).toBe(1);
    bench.end();
  });

  test('operations besides request and reply teach nothing', () => {
    const bench = createBench();
    bench.transport.send(any, peer, new Uint8Array([1]));
    bench.device.take();
    const bytes = arpReply();
    bytes[14 + 7] = 8;
    bench.device.inject(bytes);
    bench.settle();
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'incomplete' }]);
    expect(bench.ip.counters.arpMalformed).toBe(1);
    bench.end();
  });

  test('an IPv4 packet teaches nothing about who sent it', () => {
    const bench = createBench();
    bench.device.inject(ipFrame());
    bench.settle();
    expect(bench.ip.neighbours()).toEqual([]);
    bench.end();
  });
});
