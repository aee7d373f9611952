import { failure, type Route } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, broadcast, createBench, own } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { read } from './support/frames.js';

const one = new Uint8Array([1]);

describe('group packets outwards', () => {
  test.each([
    ['limited broadcast (RFC 919)', ipv4(255, 255, 255, 255), [...broadcast]],
    ['directed broadcast', ipv4(10, 0, 0, 255), [...broadcast]],
    ['multicast (RFC 1112 §6.4)', ipv4(239, 129, 2, 3), [1, 0, 0x5e, 1, 2, 3]],
  ])('%s needs no neighbour', (_, destination, mac) => {
    const bench = createBench();
    expect((bench.transport.host.route(any, destination) as Route).isGroup).toBe(true);
    expect(bench.transport.send(any, destination, one)).toBe(0);
    const { ethernet, ip } = read(bench.device.take()[0]!);
    expect([...ethernet.destination]).toEqual(mac);
    expect(ip).toMatchObject({ source: own, destination });
    bench.end();
  });

  test('they leave by the device of their source, else by the table’s, else by the first that is up', () => {
    const bench = createBench();
    const eth1 = new FakeDevice('eth1', bench.packets, 5);
    const second = bench.ip.addDevice(eth1);
    const address = ipv4(10, 1, 0, 1);
    bench.ip.addAddress(second, address, 120);
    const group = ipv4(239, 0, 0, 1);
    const device = (source: typeof own) => (bench.transport.host.route(source, group) as Route).device;
    expect(device(any)).toBe(bench.index);
    expect(device(address)).toBe(second);
    bench.ip.addRoute({ prefix: ipv4(224, 0, 0, 0), bits: 100, device: second });
    expect(device(any)).toBe(second);
    expect(device(own)).toBe(bench.index);
    bench.ip.removeRoute({ prefix: ipv4(224, 0, 0, 0), bits: 100 });
    bench.device.linkUp = false;
    bench.device.changed();
    expect(device(any)).toBe(second);
    eth1.linkUp = false;
    eth1.changed();
    expect(bench.transport.host.route(any, group)).toBe(failure.networkUnreachable);
    bench.end();
    eth1.close();
  });
});
