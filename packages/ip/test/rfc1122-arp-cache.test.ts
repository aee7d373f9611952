import { networkErrorKind } from '@synos/interfaces';
import { ipv4, ipv4FromWord } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, broadcast, createBench, own, peer, peerMac } from './support/bench.js';
import { arpFrame, arpReply, readArp, readIp } from './support/frames.js';

const payload = (n: number): Uint8Array => new Uint8Array([n]);

describe('RFC 1122 §2.3.2.1: expiry and questions', () => {
  test('three questions, a second apart; then failure is reported for each waiting packet', () => {
    const bench = createBench();
    bench.transport.send(any, peer, payload(1));
    bench.transport.send(any, peer, payload(2));
    expect(bench.device.take()).toHaveLength(1);
    expect(bench.ip.nextDeadline()).toBe(0); // noted by wake
    bench.settle();
    expect(bench.ip.nextDeadline()).toBe(1000);
    bench.settle(999);
    expect(bench.device.take()).toHaveLength(0);
    bench.settle(1000);
    bench.settle(2000);
    expect(bench.device.take()).toHaveLength(2);
    expect(bench.transport.errors).toHaveLength(0);
    bench.settle(3000);
    expect(bench.device.take()).toHaveLength(0);
    expect(bench.ip.counters.neighbourUnreachable).toBe(1);
    expect(bench.ip.neighbours()).toEqual([]);
    bench.end();
  });

  test('the error quotes the transport header, if eight bytes of it are there', () => {
    const bench = createBench();
    bench.transport.send(any, peer, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    for (let now = 0; now <= 3000; now += 1000) bench.settle(now);
    expect(bench.transport.errors).toHaveLength(1);
    const [told] = bench.transport.errors;
    expect(told).toMatchObject({ kind: networkErrorKind.neighbourUnreachable, source: own, destination: peer });
    expect([...told!.quoted]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    bench.end();
  });

  test('an answer is good for 30 s; in use it is then asked about by unicast, and lost after three silences', () => {
    const bench = createBench();
    bench.transport.send(any, peer, payload(1));
    bench.device.inject(arpReply());
    bench.settle();
    bench.settle(29_999);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'reachable' }]);
    bench.settle(30_000);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'stale' }]);
    bench.device.take();
    bench.transport.send(any, peer, payload(2));
    // Used as it is, asked only if nothing confirms it meanwhile.
    expect(bench.device.take()).toHaveLength(1);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'delay' }]);
    bench.settle(35_000);
    const question = readArp(bench.device.take()[0]!);
    expect([...question.destination]).toEqual([...peerMac]);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'probe' }]);
    bench.settle(36_000);
    bench.settle(37_000);
    bench.settle(38_000);
    expect(bench.ip.neighbours()).toEqual([]);
    bench.end();
  });

  test('forward progress of a transport confirms it without a question', () => {
    const bench = createBench();
    bench.transport.send(any, peer, payload(1));
    bench.device.inject(arpReply());
    bench.settle();
    const route = bench.transport.host.route(any, peer);
    if (typeof route === 'number') throw new Error('no route');
    bench.settle(31_000);
    bench.transport.send(any, peer, payload(2));
    bench.device.take();
    bench.settle(32_000);
    bench.transport.host.confirmReachable(route);
    bench.settle(60_000);
    expect(bench.device.take()).toEqual([]);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'reachable' }]);
    bench.end();
  });

  test('an answer to a probe confirms it', () => {
    const bench = createBench();
    bench.transport.send(any, peer, payload(1));
    bench.device.inject(arpReply());
    bench.settle(31_000);
    bench.settle(62_000);
    bench.transport.send(any, peer, payload(2));
    bench.settle(67_000);
    bench.device.inject(arpReply());
    bench.settle();
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'reachable' }]);
    bench.end();
  });
});

describe('RFC 1122 §2.3.2.2: packets that wait', () => {
  test('all of them go out in order when the answer comes', () => {
    const bench = createBench();
    for (let i = 1; i <= 5; i++) bench.transport.send(any, peer, payload(i));
    bench.device.take();
    bench.device.inject(arpReply());
    bench.settle();
    expect(bench.device.take().map((bytes) => readIp(bytes).payload[0])).toEqual([1, 2, 3, 4, 5]);
    bench.end();
  });

  test('beyond the bound the oldest is dropped and counted', () => {
    const bench = createBench({ neighbourQueuePackets: 3 });
    for (let i = 1; i <= 5; i++) bench.transport.send(any, peer, payload(i));
    expect(bench.ip.counters.neighbourQueueDropped).toBe(2);
    bench.device.take();
    bench.device.inject(arpReply());
    bench.settle();
    expect(bench.device.take().map((bytes) => readIp(bytes).payload[0])).toEqual([3, 4, 5]);
    bench.end();
  });

  test('there is a bound over all neighbours too', () => {
    const bench = createBench({ neighbourQueueTotal: 8 });
    for (let i = 2; i < 200; i++) bench.transport.send(any, ipv4(10, 0, 0, i), payload(i));
    bench.settle();
    expect(bench.packets.used).toBe(8);
    expect(bench.ip.counters.neighbourQueueDropped).toBe(190);
    bench.end();
  });
});

test('the bound over all neighbours counts what waits now, not what ever waited', () => {
  const bench = createBench({ neighbourQueueTotal: 4 });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 4; i++) bench.transport.send(any, peer, payload(i));
    bench.device.inject(arpReply());
    bench.settle();
    const gone = ipv4(10, 0, 0, 100 + round);
    for (let i = 0; i < 4; i++) bench.transport.send(any, gone, payload(i));
    for (let i = 0; i < 5; i++) bench.settle(bench.now + 1000);
    for (let i = 0; i < 4; i++) bench.transport.send(any, ipv4(10, 0, 0, 200), payload(i));
    bench.device.linkUp = false;
    bench.device.changed();
    bench.settle();
    bench.device.linkUp = true;
    bench.device.changed();
    bench.settle();
  }
  expect(bench.ip.counters).toMatchObject({ neighbourQueueDropped: 0, neighbourFlushedPackets: 20 });
  bench.end();
});

test('of a packet in fragments that found no neighbour, the transport is told once', () => {
  const bench = createBench();
  bench.transport.send(any, peer, new Uint8Array(4000));
  for (let now = 0; now <= 3000; now += 1000) bench.settle(now);
  expect(bench.ip.counters.ipv4FragmentsOut).toBe(3);
  expect(bench.transport.errors).toHaveLength(1);
  bench.end();
});

describe('the bound of the table', () => {
  test('a neighbour that is being asked again is not an unanswered question', () => {
    const bench = createBench({ neighbourLimit: 8, neighbourQueueTotal: 1000 });
    bench.transport.send(any, peer, payload(1));
    bench.device.inject(arpReply());
    bench.settle();
    bench.settle(31_000);
    bench.transport.send(any, peer, payload(2));
    bench.settle(36_000);
    for (let i = 10; i < 100; i++) bench.transport.send(any, ipv4(10, 0, 0, i), payload(i));
    expect(bench.ip.neighbours().find((one) => one.mac !== null)).toMatchObject({ address: peer, state: 'probe' });
    bench.end();
  });

  test('questions without answer go first, so that a scan displaces nobody who is there; static ones never', () => {
    const bench = createBench({ neighbourLimit: 16, neighbourQueueTotal: 1000 });
    expect(bench.ip.addNeighbour(bench.index, ipv4(10, 0, 0, 250), peerMac)).toBe(0);
    bench.transport.send(any, peer, payload(1));
    bench.device.inject(arpReply());
    bench.settle();
    for (let i = 10; i < 200; i++) bench.transport.send(any, ipv4(10, 0, 0, i), payload(i));
    bench.settle();
    const known = bench.ip.neighbours();
    expect(known).toHaveLength(16);
    expect(known.filter((one) => one.mac !== null).map((one) => one.address)).toEqual([ipv4(10, 0, 0, 250), peer]);
    expect(bench.ip.counters.neighbourEvicted).toBe(190 - 14);
    bench.end();
  });

  test('among those who answered, the one not used for longest goes', () => {
    const bench = createBench({ neighbourLimit: 4 });
    for (let i = 2; i < 6; i++) {
      bench.now = i;
      bench.transport.send(any, ipv4(10, 0, 0, i), payload(i));
      bench.device.inject(arpReply(ipv4(10, 0, 0, i), new Uint8Array([2, 0, 0, 0, 1, i])));
      bench.settle();
    }
    bench.now = 100;
    bench.transport.send(any, ipv4(10, 0, 0, 2), payload(2));
    bench.transport.send(any, ipv4(10, 0, 0, 9), payload(9));
    const left = bench.ip.neighbours().map((one) => one.address.w3 & 0xff);
    expect(left.sort()).toEqual([2, 4, 5, 9]);
    bench.end();
  });

  test('those who ask us fill at most half of it', () => {
    const bench = createBench({ neighbourLimit: 16 });
    for (let i = 2; i < 100; i++) {
      const sender = ipv4FromWord(own.w3 + i);
      bench.device.inject(arpFrame('request', sender, new Uint8Array([2, 0, 0, 0, 1, i]), own, undefined, broadcast));
    }
    bench.settle();
    expect(bench.ip.neighbours()).toHaveLength(8);
    expect(bench.ip.counters.arpTableFull).toBe(98 - 8);
    expect(bench.ip.counters.arpRepliesOut).toBe(98);
    bench.end();
  });

  test('static neighbours fill at most half of it', () => {
    const bench = createBench({ neighbourLimit: 4 });
    const results = [2, 3, 4].map((i) => bench.ip.addNeighbour(bench.index, ipv4(10, 0, 0, i), peerMac));
    expect(results.map((result) => result === 0)).toEqual([true, true, false]);
    bench.end();
  });
});
