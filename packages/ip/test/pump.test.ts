import type { NetDevice } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, createBench, own, peer, peerMac } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { ipFrame } from './support/frames.js';

const one = new Uint8Array([1]);

describe('poll and its budget', () => {
  test('the budget bounds the packets of a turn; the result says whether more wait', () => {
    const bench = createBench();
    for (let i = 0; i < 100; i++) bench.device.inject(ipFrame());
    expect(bench.ip.poll(0, 30)).toBe(true);
    expect(bench.transport.got).toHaveLength(30);
    expect(bench.ip.poll(0, 69)).toBe(true);
    expect(bench.ip.poll(0, 69)).toBe(false);
    expect(bench.transport.got).toHaveLength(100);
    bench.end();
  });

  test('devices get their turns: a flood on one does not hide a packet on another', () => {
    const bench = createBench();
    const eth1 = new FakeDevice('eth1', bench.packets, 1);
    const second = bench.ip.addDevice(eth1);
    for (let i = 0; i < 500; i++) bench.device.inject(ipFrame());
    for (let i = 0; i < 40; i++) eth1.inject(ipFrame());
    bench.ip.poll(0, 32);
    expect(bench.transport.got.filter((got) => got.device === second)).toHaveLength(16);
    for (let i = 0; i < 4; i++) bench.ip.poll(0, 32);
    expect(bench.transport.got.filter((got) => got.device === second)).toHaveLength(40);
    bench.end();
    eth1.close();
  });

  test('and budgets smaller than a turn reach every device in the end', () => {
    const bench = createBench();
    const eth1 = new FakeDevice('eth1', bench.packets, 1);
    const second = bench.ip.addDevice(eth1);
    for (let i = 0; i < 100; i++) bench.device.inject(ipFrame());
    eth1.inject(ipFrame());
    for (let i = 0; i < 4; i++) bench.ip.poll(0, 4);
    expect(bench.transport.got.filter((got) => got.device === second)).toHaveLength(1);
    bench.end();
    eth1.close();
  });

  test('a device that is taken away in the middle of a poll hands over nothing more', () => {
    const bench = createBench();
    const eth1 = new FakeDevice('eth1', bench.packets, 1);
    const second = bench.ip.addDevice(eth1);
    for (let i = 0; i < 40; i++) eth1.inject(ipFrame());
    bench.device.inject(ipFrame());
    const { transport } = bench;
    const receive = transport.receive.bind(transport);
    transport.receive = (packet, arrival) => {
      if (arrival.device === second) bench.ip.removeDevice(second);
      receive(packet, arrival);
    };
    bench.ip.poll(0, 256);
    expect(transport.got.filter((got) => got.device === second).length).toBeLessThanOrEqual(16);
    expect(transport.got.filter((got) => got.device !== second)).toHaveLength(1);
    eth1.close();
    bench.end();
  });

  test('time never goes back', () => {
    const bench = createBench();
    bench.ip.poll(100, 1);
    bench.ip.poll(50, 1);
    expect(bench.transport.host.now).toBe(100);
    bench.now = 70;
    bench.transport.host.enter();
    expect(bench.transport.host.now).toBe(100);
    bench.now = 120.5;
    bench.transport.host.enter();
    expect(bench.transport.host.now).toBe(120.5);
    bench.end();
  });

  test('events are delivered last, and again while there are any', () => {
    const bench = createBench();
    const order: string[] = [];
    bench.transport.onReceive = () => order.push('receive');
    bench.transport.onEvents = () => order.push('events');
    bench.device.inject(ipFrame());
    bench.ip.poll(5, 10);
    expect(order).toEqual(['receive', 'events']);
    expect(bench.transport.advanced).toEqual([5]);
    bench.transport.hasEvents = true;
    bench.transport.onEvents = () => {
      bench.transport.hasEvents = true;
    };
    expect(bench.ip.poll(5, 10)).toBe(true);
    bench.end();
  });

  test('a poll from inside a callback does nothing; a callback that throws leaves the stack usable', () => {
    const bench = createBench();
    let inner: boolean | undefined;
    bench.transport.onEvents = () => {
      inner = bench.ip.poll(1000, 100);
      throw new Error('a program’s own mistake');
    };
    expect(() => bench.ip.poll(1, 10)).toThrow('a program’s own mistake');
    expect(inner).toBe(true);
    expect(bench.transport.host.now).toBe(1);
    // What it kept from being done is still to be done.
    expect(bench.ip.nextDeadline()).toBe(1);
    bench.transport.onEvents = null;
    bench.device.inject(ipFrame());
    bench.settle(2);
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
  });

  test('a ping whose callback throws takes no other’s news with it', () => {
    const bench = createBench();
    const told: number[] = [];
    const mistake = (): void => {
      throw new Error('a program’s own mistake');
    };
    for (const done of [mistake, (result: number) => told.push(result)]) bench.ping(own, 1, 100, done);
    expect(() => bench.settle(1)).toThrow('a program’s own mistake');
    expect(told).toEqual([]);
    bench.settle(1);
    expect(told).toEqual([1]);
    bench.end();
  });

  test('sending from inside every callback is safe', () => {
    const bench = createBench();
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    let left = 100;
    const send = (): void => {
      if (left-- > 0) {
        bench.transport.send(any, own, one);
        bench.transport.send(any, peer, one);
      }
    };
    bench.transport.onReceive = send;
    bench.transport.onEvents = send;
    send();
    bench.settle();
    expect(bench.transport.got).toHaveLength(100);
    bench.end();
  });
});

describe('onWork', () => {
  test('once until the next poll, for whatever happens outside of one', () => {
    const bench = createBench();
    bench.settle();
    let calls = 0;
    bench.ip.onWork = () => calls++;
    bench.transport.host.wake();
    bench.device.inject(ipFrame());
    bench.device.changed();
    expect(calls).toBe(1);
    expect(bench.ip.nextDeadline()).toBe(0);
    bench.settle();
    expect(bench.ip.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    bench.device.inject(ipFrame());
    expect(calls).toBe(2);
    bench.settle();
    bench.device.room = 0;
    bench.ip.addNeighbour(bench.index, peer, peerMac);
    bench.transport.send(any, peer, one);
    expect(calls).toBe(3);
    bench.settle();
    bench.device.makeRoom(9);
    expect(calls).toBe(4);
    bench.transport.onReceive = () => bench.transport.host.wake();
    bench.settle();
    bench.device.inject(ipFrame());
    bench.settle();
    expect(calls).toBe(5);
    bench.end();
  });

  test('frames that waited before the device was added are found', () => {
    const bench = createBench();
    const eth1 = new FakeDevice('eth1', bench.packets, 1);
    eth1.inject(ipFrame());
    bench.ip.addDevice(eth1);
    bench.settle();
    expect(bench.transport.got).toHaveLength(1);
    bench.end();
    eth1.close();
  });
});

describe('nextDeadline is the least of all', () => {
  test('transports and devices', () => {
    const bench = createBench();
    bench.settle();
    bench.transport.deadline = 70;
    expect(bench.ip.nextDeadline()).toBe(70);
    const late = new FakeDevice('late', bench.packets, 5) as NetDevice & { nextDeadline: () => number };
    late.nextDeadline = () => 60;
    bench.ip.addDevice(late);
    expect(bench.ip.nextDeadline()).toBe(60);
    bench.end();
    late.close();
  });
});

describe('attach and dispose', () => {
  test('bounds that are none are refused at once', () => {
    expect(() => createBench({ neighbourLimit: Number.NaN })).toThrow(/neighbourLimit/);
    expect(() => createBench({ reassemblyBytes: -1 })).toThrow(/reassemblyBytes/);
    expect(() => createBench({ queueHardPackets: 0 })).toThrow();
    expect(() => createBench({ neighbourQueuePackets: 0 })).toThrow();
  });

  test('a protocol number is given once', () => {
    const bench = createBench();
    expect(() => bench.ip.attach(bench.transport)).toThrow();
    bench.end();
  });

  test('dispose gives every packet back, wherever it waits, and is idempotent', () => {
    const bench = createBench();
    bench.device.inject(ipFrame({ moreFragments: true })); // in reassembly
    bench.settle();
    bench.transport.send(any, peer, one); // for a neighbour
    bench.transport.send(any, own, one); // in the loopback
    bench.device.room = 0;
    bench.ip.addNeighbour(bench.index, ipv4(10, 0, 0, 9), peerMac);
    bench.transport.send(any, ipv4(10, 0, 0, 9), one); // in the device's queue
    bench.device.inject(ipFrame()); // in the device, which is its owner's
    expect(bench.packets.used).toBe(5);
    bench.ip.dispose();
    bench.ip.dispose();
    expect(bench.packets.used).toBe(1);
    bench.end();
  });
});
