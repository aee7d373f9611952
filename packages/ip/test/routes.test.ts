import { failure, type Route } from '@synos/interfaces';
import { ipv4, parseAddress } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, createBench, own, peer, peerMac, protocol } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { arpReply, ipFrame, readArp, readIp } from './support/frames.js';

const far = ipv4(20, 0, 0, 1);
const at = (text: string) => parseAddress(text)!;
const one = new Uint8Array([1]);

function sendBy(bench: ReturnType<typeof createBench>, route: Route, length = 1): number {
  const packet = bench.packets.take(length, false)!;
  packet.end = packet.start + length;
  return bench.transport.host.send(packet, route, protocol, { ttl: 64, tos: 0, dontFragment: true });
}

describe('finding a way (RFC 1122 §3.3.1)', () => {
  test('a gateway is asked for, not the destination', () => {
    const bench = createBench();
    expect(bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer })).toBe(0);
    expect(bench.transport.send(any, far, one)).toBe(0);
    expect(readArp(bench.device.take()[0]!).target).toEqual(peer);
    bench.device.inject(arpReply());
    bench.settle();
    const [out] = bench.device.take();
    expect([...out!.slice(0, 6)]).toEqual([...peerMac]);
    expect(readIp(out!).destination).toEqual(far);
    bench.end();
  });

  test('a network without gateway is on the link', () => {
    const bench = createBench();
    expect(bench.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, device: bench.index })).toBe(0);
    bench.transport.send(any, far, one);
    expect(readArp(bench.device.take()[0]!).target).toEqual(far);
    bench.end();
  });

  test('no way: a failure', () => {
    const bench = createBench();
    const { host } = bench.transport;
    expect(host.route(any, far)).toBe(failure.networkUnreachable);
    expect(host.route(any, at('fe80::1'))).toBe(failure.networkUnreachable);
    expect(host.route(any, any)).toBe(failure.networkUnreachable);
    expect(host.route(at('fe80::1'), peer)).toBe(failure.addressNotAvailable);
    expect(host.route(peer, peer)).toBe(failure.addressNotAvailable);
    expect(host.route(at('127.0.0.1'), peer)).toBe(failure.addressNotAvailable);
    bench.end();
  });

  test('misuse of the table is a failure', () => {
    const { ip, index, end } = createBench();
    expect(ip.addRoute({ prefix: far, bits: 104, device: index })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 95, device: index })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 129, device: index })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: at('::'), bits: 96, device: index })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96 })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96, device: 9 })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96, gateway: far })).toBe(failure.networkUnreachable);
    expect(ip.addRoute({ prefix: any, bits: 96, gateway: at('224.0.0.1') })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96, gateway: own })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96, gateway: ipv4(10, 0, 0, 255) })).toBe(failure.invalid);
    expect(ip.addRoute({ prefix: any, bits: 96, gateway: peer, metric: -1 })).toBe(failure.invalid);
    expect(ip.removeRoute({ prefix: any, bits: 96 })).toBe(failure.networkUnreachable);
    expect(ip.removeRoute({ prefix: any, bits: 5 })).toBe(failure.networkUnreachable);
    end();
  });

  test('the table has a bound', () => {
    const { ip, index, end } = createBench({ routeLimit: 3 });
    const results = [1, 2, 3].map((i) => ip.addRoute({ prefix: ipv4(20, i, 0, 0), bits: 112, device: index }));
    expect(results).toEqual([0, 0, failure.noBuffers]);
    end();
  });
});

describe('source selection (RFC 1122 §3.3.4.3)', () => {
  test('the address that shares the next hop’s network, else the first; ours for ourselves', () => {
    const bench = createBench();
    const { host } = bench.transport;
    const second = ipv4(10, 0, 1, 1);
    bench.ip.addAddress(bench.index, second, 120);
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: ipv4(10, 0, 1, 254) });
    const source = (to: typeof own) => (host.route(any, to) as Route).source;
    expect(source(peer)).toEqual(own);
    expect(source(ipv4(10, 0, 1, 7))).toEqual(second);
    expect(source(far)).toEqual(second);
    expect(source(second)).toEqual(second);
    expect(source(ipv4(127, 3, 3, 3))).toEqual(ipv4(127, 0, 0, 1));
    expect(source(ipv4(255, 255, 255, 255))).toEqual(own);
    bench.end();
  });

  test('a route may name it', () => {
    const bench = createBench();
    const second = ipv4(10, 0, 0, 9);
    bench.ip.addAddress(bench.index, second, 120);
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer, source: second });
    expect((bench.transport.host.route(any, far) as Route).source).toEqual(second);
    bench.end();
  });

  test('any address of ours may be asked for', () => {
    const bench = createBench();
    const second = ipv4(10, 0, 0, 9);
    bench.ip.addAddress(bench.index, second, 120);
    expect(bench.transport.send(second, peer, one)).toBe(0);
    expect(readArp(bench.device.take()[0]!).sender).toEqual(own);
    bench.end();
  });
});

describe('route objects', () => {
  test('the same source and destination, the same object', () => {
    const bench = createBench();
    const { host } = bench.transport;
    const route = host.route(own, peer);
    expect(host.route({ ...own }, { ...peer })).toBe(route);
    expect(host.route(any, peer)).toBe(route);
    expect(host.route(any, { ...peer, w3: peer.w3 + 1 })).not.toBe(route);
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
    expect(host.route(any, peer)).toBe(route);
    bench.end();
  });

  test('the cache has a bound; an object that left it still works', () => {
    const bench = createBench({ routeCacheLimit: 4 });
    const { host } = bench.transport;
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    const first = host.route(any, peer) as Route;
    for (let i = 10; i < 30; i++) host.route(any, ipv4(10, 0, 0, i));
    expect(bench.ip.counters.routeCacheEvicted).toBe(17);
    expect(sendBy(bench, first)).toBe(0);
    expect(host.route(any, peer)).not.toBe(first);
    bench.end();
  });

  test('the one used last stays longest', () => {
    const bench = createBench({ routeCacheLimit: 3 });
    const { host } = bench.transport;
    const [a, b, c] = [11, 12, 13].map((i) => host.route(any, ipv4(10, 0, 0, i)));
    expect(host.route(any, ipv4(10, 0, 0, 11))).toBe(a);
    host.route(any, ipv4(10, 0, 0, 14));
    expect(host.route(any, ipv4(10, 0, 0, 11))).toBe(a);
    expect(host.route(any, ipv4(10, 0, 0, 13))).toBe(c);
    expect(host.route(any, ipv4(10, 0, 0, 12))).not.toBe(b);
    bench.end();
  });

  test('two sources to one destination are two routes, and each leaves the cache alone', () => {
    const bench = createBench({ routeCacheLimit: 2 });
    const { host } = bench.transport;
    const second = ipv4(10, 0, 0, 9);
    bench.ip.addAddress(bench.index, second, 120);
    const a = host.route(own, peer);
    const b = host.route(second, peer);
    expect(a).not.toBe(b);
    expect(host.route(own, peer)).toBe(a);
    host.route(own, { ...peer, w3: peer.w3 + 1 });
    expect(host.route(own, peer)).toBe(a);
    expect(host.route(second, peer)).not.toBe(b);
    bench.end();
  });
});

test('the older of two routes to one destination may leave the cache too', () => {
  const bench = createBench({ routeCacheLimit: 2 });
  const { host } = bench.transport;
  const second = ipv4(10, 0, 0, 9);
  bench.ip.addAddress(bench.index, second, 120);
  const a = host.route(own, peer);
  const b = host.route(second, peer);
  host.route(own, ipv4(10, 0, 0, 30));
  expect(host.route(second, peer)).toBe(b);
  expect(host.route(own, peer)).not.toBe(a);
  bench.end();
});

test('of equal routes the first that came is used', () => {
  const bench = createBench();
  const devices = [5, 6].map((mac) => new FakeDevice(`eth${mac}`, bench.packets, mac));
  for (const [i, device] of devices.entries()) {
    bench.ip.addDevice(device);
    bench.ip.addAddress(device, ipv4(10, 0, 1 + i, 1), 120);
    bench.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, device });
  }
  const route = bench.transport.host.route(any, far) as Route;
  expect(route.device).toBe(bench.index + 1);
  devices[0]!.linkUp = false;
  devices[0]!.changed();
  expect((bench.transport.host.route(any, far) as Route).device).toBe(bench.index + 2);
  bench.end();
  for (const device of devices) device.close();
});

describe('what changes at run time', () => {
  test('a held route follows a better one, and fails when the last is gone', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    const eth1 = new FakeDevice('eth1', bench.packets, 7);
    const second = bench.ip.addDevice(eth1);
    bench.ip.addAddress(second, ipv4(10, 1, 0, 1), 120);
    bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
    const route = bench.transport.host.route(any, far) as Route;
    expect(route.device).toBe(bench.index);
    bench.ip.addRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104, device: second });
    expect(route.device).toBe(second);
    expect(sendBy(bench, route)).toBe(0);
    expect(readArp(eth1.take()[0]!).target).toEqual(far);
    bench.ip.removeRoute({ prefix: ipv4(20, 0, 0, 0), bits: 104 });
    expect(sendBy(bench, route)).toBe(0);
    expect(bench.device.take()).toHaveLength(1);
    bench.ip.removeRoute({ prefix: any, bits: 96 });
    expect(sendBy(bench, route)).toBe(failure.networkUnreachable);
    expect(bench.ip.counters.ipv4OutNoRoute).toBe(1);
    bench.end();
    eth1.close();
  });

  test('the address goes: sending from it fails; it comes back: it works again', () => {
    const bench = createBench();
    const route = bench.transport.host.route(own, peer) as Route;
    expect(bench.ip.removeAddress(bench.index, own)).toBe(0);
    expect(sendBy(bench, route)).toBe(failure.addressNotAvailable);
    expect(bench.transport.host.isLocalAddress(own)).toBe(false);
    expect(bench.ip.routes()).toEqual([]);
    bench.ip.addAddress(bench.index, own, 120);
    expect(sendBy(bench, route)).toBe(0);
    bench.end();
  });

  test('two addresses of one network: the route stays with the one that is left', () => {
    const bench = createBench();
    const second = ipv4(10, 0, 0, 9);
    expect(bench.ip.addAddress(bench.index, second, 120)).toBe(0);
    expect(bench.ip.removeAddress(bench.index, own)).toBe(0);
    expect((bench.transport.host.route(any, peer) as Route).source).toEqual(second);
    expect(bench.ip.addresses(bench.index)).toEqual([{ address: second, prefixBits: 120 }]);
    bench.end();
  });

  test('the link goes down: network down, neighbours forgotten; up: all is asked anew', () => {
    const bench = createBench();
    const route = bench.transport.host.route(any, peer) as Route;
    sendBy(bench, route);
    bench.device.inject(arpReply());
    bench.settle();
    bench.device.take();
    bench.device.linkUp = false;
    bench.device.changed();
    expect(sendBy(bench, route)).toBe(failure.networkDown);
    expect(bench.transport.host.route(any, peer)).toBe(failure.networkDown);
    bench.settle();
    expect(bench.ip.neighbours()).toEqual([]);
    bench.device.linkUp = true;
    bench.device.changed();
    bench.settle();
    expect(sendBy(bench, route)).toBe(0);
    expect(readArp(bench.device.take()[0]!).target).toEqual(peer);
    bench.end();
  });

  test('the hardware address changes: frames to the new one are ours, those to the old are not', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    const route = bench.transport.host.route(any, peer) as Route;
    const old = bench.device.address.slice();
    bench.device.address[5] = 0x55;
    bench.device.changed();
    sendBy(bench, route);
    expect(bench.device.take()[0]!.subarray(6, 12)).toEqual(bench.device.address);
    for (const mac of [old, bench.device.address]) bench.device.inject(ipFrame({}, mac));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.ip.counters.ethernetNotForUs).toBe(1);
    bench.end();
  });

  test('the MTU changes: held routes show it, fragments fit it', () => {
    const bench = createBench();
    const route = bench.transport.host.route(any, peer) as Route;
    expect([route.mtuBytes, route.deviceMtuBytes, route.headerBytes]).toEqual([1500, 1500, 20]);
    bench.device.mtuBytes = 9000;
    bench.device.changed();
    expect([route.mtuBytes, route.deviceMtuBytes]).toEqual([9000, 9000]);
    expect(sendBy(bench, route, 8980)).toBe(0);
    expect(sendBy(bench, route, 8981)).toBe(failure.messageTooLong);
    bench.end();
  });

  test('features change: super-segments as the device takes them', () => {
    const bench = createBench();
    const route = bench.transport.host.route(any, peer) as Route;
    expect(route.superSegmentBytes).toBe(0);
    bench.device.features = { fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_549 };
    bench.device.changed();
    expect(route.superSegmentBytes).toBe(65_535);
    bench.device.features = { fillsChecksums: false, verifiesChecksums: true, superSegmentBytes: 65_549 };
    bench.device.changed();
    expect(route.superSegmentBytes).toBe(0);
    bench.end();
  });

  test('a device goes: what waits is given back, held routes fail', () => {
    const bench = createBench();
    bench.device.room = 0;
    const route = bench.transport.host.route(any, peer) as Route;
    sendBy(bench, route);
    expect(bench.packets.used).toBe(2);
    expect(bench.ip.removeDevice(bench.device)).toBe(0);
    expect(bench.packets.used).toBe(0);
    expect(sendBy(bench, route)).toBe(failure.addressNotAvailable);
    expect(bench.ip.removeDevice(bench.device)).toBe(failure.invalid);
    expect(bench.ip.addDevice(bench.device)).toBe(bench.index + 1);
    expect(bench.ip.addDevice(bench.device)).toBe(failure.addressInUse);
    expect([bench.ip.removeDevice(0), bench.ip.removeDevice(1)]).toEqual([failure.invalid, failure.invalid]);
    bench.end();
  });

  test('an index is given again as late as can be: who is bound to it must not meet another device soon', () => {
    const bench = createBench();
    const given: number[] = [];
    for (let i = 0; i < 600; i++) {
      const index = bench.ip.addDevice(new FakeDevice(`eth${i}`, bench.packets, 2));
      expect(bench.ip.removeDevice(index)).toBe(0);
      given.push(index);
    }
    // 1 is the host's own loopback, 2 the bench's device; there are 255 in all.
    expect(given).toEqual(Array.from({ length: 600 }, (_, i) => 3 + (i % 253)));
    bench.end();
  });

  test('a loopback device that comes takes local packets over', () => {
    const bench = createBench();
    const route = bench.transport.host.route(any, own) as Route;
    expect([route.isLocal, route.device, route.mtuBytes]).toEqual([true, 1, 65_535]);
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    lo.mtuBytes = 16_384;
    const index = bench.ip.addDevice(lo);
    expect([route.device, route.mtuBytes]).toEqual([index, 16_384]);
    expect(sendBy(bench, route)).toBe(0);
    expect(lo.take()).toHaveLength(1);
    bench.ip.removeDevice(lo);
    expect(route.device).toBe(1);
    expect(sendBy(bench, route)).toBe(0);
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
    lo.close();
  });
});

describe('addresses', () => {
  test('misuse is a failure', () => {
    const { ip, index, end } = createBench();
    expect(ip.addAddress(9, own, 120)).toBe(failure.invalid);
    expect(ip.addAddress(0, own, 120)).toBe(failure.invalid);
    expect(ip.addAddress(index, own, 120)).toBe(failure.addressInUse);
    expect(ip.addAddress(index, peer, 95)).toBe(failure.invalid);
    expect(ip.addAddress(index, at('fe80::1'), 64)).toBe(failure.invalid);
    expect(ip.addAddress(index, ipv4(10, 0, 0, 255), 120)).toBe(failure.invalid);
    expect(ip.addAddress(index, ipv4(10, 0, 0, 0), 120)).toBe(failure.invalid);
    expect(ip.addAddress(index, ipv4(224, 0, 0, 1), 120)).toBe(failure.invalid);
    expect(ip.removeAddress(index, peer)).toBe(failure.addressNotAvailable);
    expect(ip.joinGroup(index, peer)).toBe(failure.invalid);
    expect(ip.addNeighbour(index, peer, new Uint8Array(5))).toBe(failure.invalid);
    expect(ip.addNeighbour(index, peer, new Uint8Array([1, 0, 0, 0, 0, 0]))).toBe(failure.invalid);
    expect(ip.removeNeighbour(index, peer)).toBe(failure.addressNotAvailable);
    expect(ip.acceptPrefix(at('fe80::1'), 64)).toBe(failure.invalid);
    end();
  });

  test('what is local', () => {
    const bench = createBench();
    const local = ['10.0.0.1', '127.0.0.1', '127.255.0.1', '255.255.255.255', '10.0.0.255', '239.0.0.1'];
    const foreign = ['10.0.0.2', '0.0.0.0', '::', '::1', '8.8.8.8'];
    expect(local.map((text) => bench.transport.host.isLocalAddress(at(text)))).toEqual(local.map(() => true));
    expect(foreign.map((text) => bench.transport.host.isLocalAddress(at(text)))).toEqual(foreign.map(() => false));
    bench.end();
  });
});
