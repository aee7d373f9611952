import { checksumState, failure, type Route } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createPortTable } from '../src/index.js';
import { any, createBench, own, peer, peerMac, protocol, SeededEntropy } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { arpFrame, arpReply, icmpFrame, ipFrame, ownMac, readArp, readIcmp, readIp } from './support/frames.js';

const one = new Uint8Array([1]);

describe('local packets', () => {
  test('they arrive verified, whatever their sender left open', () => {
    const bench = createBench();
    bench.transport.send(any, own, one);
    bench.settle();
    expect(bench.transport.got[0]!.checksum).toBe(checksumState.verified);
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    lo.features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 0 };
    lo.peer = lo;
    bench.ip.addDevice(lo);
    const { host } = bench.transport;
    const packet = host.packets.take(8, false)!;
    packet.end += 8;
    packet.checksum = checksumState.partial;
    packet.checksumStart = packet.start;
    host.send(packet, host.route(any, own) as Route, protocol, { ttl: 1, tos: 0, dontFragment: false });
    bench.settle();
    expect(bench.transport.got[1]!.checksum).toBe(checksumState.verified);
    bench.end();
    lo.close();
  });

  test('more of them than the inner queue holds wait and all arrive', () => {
    const bench = createBench();
    for (let i = 0; i < 400; i++) expect(bench.transport.send(any, own, new Uint8Array([i]))).toBe(0);
    bench.settle();
    expect(bench.transport.got.map((got) => got.payload[0])).toEqual(Array.from({ length: 400 }, (_, i) => i & 0xff));
    bench.end();
  });

  test('a loopback device that is down is none', () => {
    const bench = createBench();
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    const index = bench.ip.addDevice(lo);
    const route = bench.transport.host.route(any, own) as Route;
    expect(route.device).toBe(index);
    lo.linkUp = false;
    lo.changed();
    expect(route.device).toBe(1);
    bench.end();
    lo.close();
  });

  test('a foreign network behind a loopback device needs no neighbour', () => {
    const bench = createBench();
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    bench.ip.addDevice(lo);
    bench.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, device: lo });
    expect(bench.transport.send(own, ipv4(20, 0, 0, 1), one)).toBe(0);
    expect(readIp(lo.take()[0]!).destination).toEqual(ipv4(20, 0, 0, 1));
    bench.end();
    lo.close();
  });

  test('a held route becomes local when its destination becomes ours', () => {
    const bench = createBench();
    const route = bench.transport.host.route(any, peer) as Route;
    expect(route.isLocal).toBe(false);
    bench.ip.addAddress(bench.index, peer, 120);
    expect(route.isLocal).toBe(true);
    bench.end();
  });
});

describe('neighbours', () => {
  test('progress of a transport cannot confirm somebody who never answered', () => {
    const bench = createBench();
    bench.transport.send(any, peer, one);
    bench.transport.host.confirmReachable(bench.transport.host.route(any, peer) as Route);
    expect(bench.ip.neighbours()).toMatchObject([{ state: 'incomplete' }]);
    bench.end();
  });

  test('static ones outlive the link, and the search for room', () => {
    const bench = createBench({ neighbourLimit: 4 });
    const fixed = ipv4(10, 0, 0, 50);
    bench.ip.addNeighbour(bench.index, fixed, peerMac);
    bench.device.linkUp = false;
    bench.device.changed();
    bench.settle();
    bench.device.linkUp = true;
    bench.device.changed();
    for (let i = 2; i < 10; i++) {
      bench.transport.send(any, ipv4(10, 0, 0, i), one);
      bench.device.inject(arpReply(ipv4(10, 0, 0, i), peerMac));
      bench.settle(bench.now + 1);
    }
    expect(bench.ip.neighbours()[0]).toMatchObject({ address: fixed, state: 'permanent' });
    bench.end();
  });

  test('static ones that are removed make room for others', () => {
    const bench = createBench({ neighbourLimit: 4 });
    for (let i = 2; i < 30; i++) {
      expect(bench.ip.addNeighbour(bench.index, ipv4(10, 0, 0, i), peerMac)).toBe(0);
      expect(bench.ip.removeNeighbour(bench.index, ipv4(10, 0, 0, i))).toBe(0);
    }
    bench.end();
  });

  test('a question comes from the address of the same network', () => {
    const bench = createBench();
    const second = ipv4(10, 1, 0, 1);
    bench.ip.addAddress(bench.index, second, 120);
    bench.transport.send(own, ipv4(10, 1, 0, 2), one);
    expect(readArp(bench.device.take()[0]!).sender).toEqual(second);
    bench.end();
  });

  test('our own frames that come back are no conflict, and the network’s broadcast is nobody', () => {
    const bench = createBench();
    bench.device.inject(arpFrame('request', own, ownMac, peer));
    bench.device.inject(arpFrame('request', ipv4(10, 0, 0, 255), peerMac, own));
    bench.settle();
    expect(bench.ip.counters).toMatchObject({ arpAddressConflict: 0, arpBadSender: 1 });
    bench.end();
  });
});

describe('nested networks', () => {
  test('the longer one gives the source, and tells the gateway’s device', () => {
    const bench = createBench();
    bench.ip.addAddress(bench.index, ipv4(10, 9, 9, 9), 104);
    const eth1 = new FakeDevice('eth1', bench.packets, 4);
    const second = bench.ip.addDevice(eth1);
    bench.ip.addAddress(second, ipv4(10, 200, 0, 1), 104);
    expect(bench.ip.addRoute({ prefix: any, bits: 96, gateway: ipv4(10, 0, 0, 254) })).toBe(0);
    const route = bench.transport.host.route(any, ipv4(20, 0, 0, 1)) as Route;
    expect([route.device, route.source]).toEqual([bench.index, own]);
    bench.end();
    eth1.close();
  });
});

describe('bounds count what is there, not what was', () => {
  test('routes', () => {
    const { ip, index, end } = createBench({ routeLimit: 3 });
    const route = { prefix: ipv4(20, 0, 0, 0), bits: 104, device: index };
    for (let i = 0; i < 20; i++) expect([ip.addRoute(route), ip.removeRoute(route)]).toEqual([0, 0]);
    end();
  });

  test('groups', () => {
    const { ip, index, end } = createBench();
    for (let i = 0; i < 256; i++) expect(ip.joinGroup(index, ipv4(239, 0, 0, i))).toBe(0);
    expect(ip.joinGroup(index, ipv4(239, 0, 1, 0))).toBe(failure.noBuffers);
    expect(ip.joinGroup(index, ipv4(239, 0, 0, 1))).toBe(0);
    end();
  });

  test('the ring of a device’s queue goes round', () => {
    const bench = createBench({ queueHardPackets: 5 });
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.device.room = 0;
    const sent: number[] = [];
    for (let i = 0; i < 50; i++) {
      expect(bench.transport.send(any, peer, new Uint8Array([i]))).toBe(0);
      if (i >= 4) bench.device.makeRoom(1);
      bench.settle();
      sent.push(...bench.device.take().map((frame) => readIp(frame).payload[0]!));
    }
    expect(sent).toEqual(Array.from({ length: 46 }, (_, i) => i));
    bench.end();
  });

  test('an owner’s holds on two addresses are two', () => {
    const ports = createPortTable({ entropy: new SeededEntropy() });
    const owner = { reuseAddress: false, listening: false, autobound: false, acceptsPort: () => true };
    ports.claim(6, own, 80, owner);
    ports.claim(6, peer, 80, owner);
    ports.release(6, own, 80, owner);
    expect(ports.claim(6, peer, 80, owner)).toBe(failure.addressInUse);
    expect(ports.claim(6, own, 80, owner)).toBe(0);
  });
});

describe('what happens in a callback at the end of a poll is work that remains', () => {
  test.each([
    ['a device that has room again', (device: FakeDevice) => device.makeRoom(5)],
    ['a device that changed', (device: FakeDevice) => device.changed()],
    ['a frame', (device: FakeDevice) => device.inject(ipFrame())],
  ])('%s', (_, act) => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.device.room = 0;
    bench.transport.send(any, peer, one);
    expect(bench.ip.poll(0, 10)).toBe(false);
    bench.transport.onEvents = () => act(bench.device);
    expect(bench.ip.poll(0, 10)).toBe(true);
    bench.transport.onEvents = null;
    bench.settle();
    bench.end();
  });
});

test('a ping believes its own destination and identifier only', () => {
  const bench = createBench();
  bench.ip.addNeighbour(bench.index, peer, peerMac);
  const results: number[] = [];
  bench.ping(peer, 8, 1000, (result) => results.push(result));
  const request = readIcmp(bench.device.take()[0]!);
  bench.device.inject(icmpFrame({ ...request, type: 0 }, { source: { ...peer, w3: peer.w3 + 1 } }));
  bench.device.inject(icmpFrame({ ...request, type: 0, restOfHeader: request.restOfHeader ^ 0x10000 }));
  bench.device.inject(icmpFrame({ ...request, type: 0, restOfHeader: request.restOfHeader ^ 1 }));
  bench.settle();
  expect(results).toEqual([]);
  expect(bench.ip.counters.icmpEchoReplyUnexpected).toBe(3);
  bench.device.inject(icmpFrame({ ...request, type: 0 }));
  bench.settle();
  expect(results).toEqual([0]);
  bench.end();
});
