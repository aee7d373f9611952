import { ipv4, parseAddress } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { broadcast, createBench, own, peer } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { ipFrame } from './support/frames.js';

const at = (text: string) => parseAddress(text)!;

describe('sources that cannot be (RFC 1122 §3.2.1.3, RFC 1812 §5.3.7)', () => {
  test.each([
    ['0.0.0.0', 'ipv4MartianSource'],
    ['0.1.2.3', 'ipv4MartianSource'],
    ['127.0.0.1', 'ipv4MartianSource'],
    ['224.0.0.1', 'ipv4MartianSource'],
    ['239.255.255.255', 'ipv4MartianSource'],
    ['240.0.0.1', 'ipv4MartianSource'],
    ['255.255.255.255', 'ipv4MartianSource'],
    ['10.0.0.255', 'ipv4MartianSource'],
    ['10.0.0.1', 'ipv4OwnSource'],
  ] as const)('%s', (source, counter) => {
    const bench = createBench();
    bench.device.inject(ipFrame({ source: at(source) }));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('0.0.0.0 may ask everybody, and nobody else (RFC 1122 §3.2.1.3 (a))', () => {
    const bench = createBench();
    const source = at('0.0.0.0');
    bench.device.inject(ipFrame({ source, destination: at('255.255.255.255') }, broadcast));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ isGroup: true, source }]);
    for (const destination of ['10.0.0.255', '224.0.0.1', '10.0.0.1']) {
      bench.device.inject(ipFrame({ source, destination: at(destination) }, broadcast));
    }
    bench.device.inject(ipFrame({ source: at('0.0.0.1'), destination: at('255.255.255.255') }, broadcast));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    expect(bench.ip.counters.ipv4MartianSource).toBe(4);
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test('an ordinary source of another network is none of them', () => {
    const bench = createBench();
    bench.device.inject(ipFrame({ source: at('10.0.1.255') }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
  });
});

describe('destinations', () => {
  test.each([
    ['0.0.0.0', 'ipv4MartianDestination'],
    ['127.0.0.1', 'ipv4MartianDestination'],
    ['240.0.0.1', 'ipv4MartianDestination'],
    ['10.0.0.3', 'ipv4NotForUs'],
    ['8.8.8.8', 'ipv4NotForUs'],
    ['10.0.0.0', 'ipv4NotForUs'],
    ['224.0.0.5', 'ipv4GroupNotJoined'],
  ] as const)('%s', (destination, counter) => {
    const bench = createBench();
    bench.device.inject(ipFrame({ destination: at(destination) }));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters[counter]).toBe(1);
    expect(bench.device.take()).toEqual([]);
    bench.end();
  });

  test.each(['255.255.255.255', '10.0.0.255'])('%s is for all', (destination) => {
    const bench = createBench();
    bench.device.inject(ipFrame({ destination: at(destination) }, broadcast));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ isGroup: true, source: peer }]);
    bench.end();
  });

  test('the broadcast of another device’s network is not for us here', () => {
    const bench = createBench();
    const other = new FakeDevice('eth1', bench.packets, 3);
    const index = bench.ip.addDevice(other);
    bench.ip.addAddress(index, ipv4(192, 168, 1, 1), 120);
    bench.device.inject(ipFrame({ destination: at('192.168.1.255') }, broadcast));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters.ipv4NotForUs).toBe(1);
    // Our address on the other device is ours here too (the weak model of RFC 1122 §3.3.4.2).
    bench.device.inject(ipFrame({ destination: at('192.168.1.1') }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
    other.close();
  });

  test('/31 and /32 have no broadcast address (RFC 3021)', () => {
    const bench = createBench();
    expect(bench.ip.addAddress(bench.index, at('192.168.1.3'), 127)).toBe(0);
    bench.device.inject(ipFrame({ destination: at('192.168.1.3') }));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ isGroup: false }]);
    bench.end();
  });
});

describe('loopback', () => {
  test('127/8 and own addresses may come from a loopback device, and only from there', () => {
    const bench = createBench();
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    bench.ip.addDevice(lo);
    lo.inject(ipFrame({ source: at('127.0.0.1'), destination: at('127.9.9.9') }));
    lo.inject(ipFrame({ source: own, destination: own }));
    bench.settle();
    expect(bench.transport.got).toHaveLength(2);
    bench.end();
    lo.close();
  });

  test('127/8 from a wire is refused, though the loopback device has an address there', () => {
    const bench = createBench();
    const lo = new FakeDevice('lo', bench.packets);
    lo.isLoopback = true;
    bench.ip.addAddress(bench.ip.addDevice(lo), at('127.0.0.1'), 104);
    bench.device.inject(ipFrame({ destination: at('127.0.0.1') }));
    bench.settle();
    expect(bench.transport.got).toEqual([]);
    expect(bench.ip.counters.ipv4MartianDestination).toBe(1);
    bench.end();
    lo.close();
  });
});

describe('a prefix that is accepted (for gateways)', () => {
  test('foreign destinations are delivered, and may be answered from; martians stay out', () => {
    const bench = createBench();
    expect(bench.ip.acceptPrefix(at('0.0.0.0'), 96)).toBe(0);
    bench.device.inject(ipFrame({ destination: at('93.184.216.34') }));
    bench.device.inject(ipFrame({ destination: at('127.0.0.1') }));
    bench.device.inject(ipFrame({ destination: at('93.184.216.34') }, broadcast));
    bench.settle();
    expect(bench.transport.got).toMatchObject([{ destination: at('93.184.216.34') }]);
    expect(bench.transport.send(at('93.184.216.34'), peer, new Uint8Array([1]))).toBe(0);
    expect(bench.transport.host.isLocalAddress(at('93.184.216.34'))).toBe(true);
    bench.end();
  });
});
