import { expect, test } from 'vitest';
import { any, broadcast, createBench, own, peer, peerMac, protocol } from './support/bench.js';
import { arpReply, ipFrame, ownMac, read, readArp, readIp } from './support/frames.js';

test('a packet goes out: ARP asks, the packet waits, the answer lets it go', () => {
  const bench = createBench();
  expect(bench.transport.send(any, peer, new Uint8Array([1, 2, 3]), { ttl: 5, tos: 8 })).toBe(0);
  const [question] = bench.device.take();
  const arp = readArp(question!);
  expect(arp.operation).toBe(1);
  expect(arp.target).toEqual(peer);
  expect(arp.sender).toEqual(own);
  expect(arp.destination).toEqual(broadcast);
  bench.device.inject(arpReply());
  bench.settle();
  const sent = bench.device.take();
  expect(sent).toHaveLength(1);
  const { ethernet } = read(sent[0]!);
  expect(ethernet.destination).toEqual(peerMac);
  expect(ethernet.source).toEqual(ownMac);
  const out = readIp(sent[0]!);
  expect(out).toMatchObject({ ttl: 5, tos: 8, protocol, source: own, destination: peer });
  expect([...out.payload]).toEqual([1, 2, 3]);
  bench.end();
});

test('a packet comes in: padding is cut off, the transport gets it with all that is known', () => {
  const bench = createBench();
  const whole = ipFrame({ payload: new Uint8Array([9, 8, 7]), ttl: 3, tos: 16 });
  const padded = new Uint8Array(60);
  padded.set(whole);
  bench.device.inject(padded);
  bench.settle();
  expect(bench.transport.got).toHaveLength(1);
  expect(bench.transport.got[0]).toMatchObject({
    source: peer,
    destination: own,
    ttl: 3,
    tos: 16,
    isGroup: false,
    device: bench.index,
  });
  expect([...bench.transport.got[0]!.payload]).toEqual([9, 8, 7]);
  bench.end();
});

test('a packet to ourselves comes back by the same way, not from inside the call', () => {
  const bench = createBench();
  expect(bench.transport.send(any, own, new Uint8Array([5]))).toBe(0);
  expect(bench.transport.got).toHaveLength(0);
  bench.settle();
  expect(bench.transport.got[0]).toMatchObject({ source: own, destination: own });
  bench.end();
});
