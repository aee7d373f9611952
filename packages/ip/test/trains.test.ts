// Packets come in trains: what was found of one holds for the next, until anything that it was found by has changed.
import { parseAddress } from '@synos/wire';
import { expect, test } from 'vitest';
import { type Bench, broadcast, createBench, own, peer } from './support/bench.js';
import { FakeDevice } from './support/fake-device.js';
import { ipFrame } from './support/frames.js';

const at = (text: string) => parseAddress(text)!;
const other = at('10.0.0.9');

/** How many of three packets in a row are delivered, the change between the first and the second. */
function delivered(bench: Bench, change: () => void, fields: Parameters<typeof ipFrame>[0] = {}): boolean[] {
  return [0, 1, 2].map((nth) => {
    if (nth === 1) change();
    const before = bench.transport.got.length;
    bench.device.inject(ipFrame(fields));
    bench.settle();
    return bench.transport.got.length > before;
  });
}

test('nothing changes: all are delivered', () => {
  const bench = createBench();
  expect(delivered(bench, () => {})).toEqual([true, true, true]);
  bench.end();
});

test('the address goes, and comes back', () => {
  const bench = createBench();
  expect(delivered(bench, () => bench.ip.removeAddress(bench.index, own))).toEqual([true, false, false]);
  expect(delivered(bench, () => bench.ip.addAddress(bench.index, own, 120))).toEqual([false, true, true]);
  bench.end();
});

test('the source becomes an address of ours, or a broadcast', () => {
  const bench = createBench();
  expect(delivered(bench, () => bench.ip.addAddress(bench.index, peer, 120))).toEqual([true, false, false]);
  const source = at('192.168.1.255');
  expect(delivered(bench, () => bench.ip.addAddress(bench.index, at('192.168.1.1'), 120), { source })).toEqual([
    true,
    false,
    false,
  ]);
  bench.end();
});

test('a prefix is accepted', () => {
  const bench = createBench();
  expect(delivered(bench, () => bench.ip.acceptPrefix(at('10.0.0.8'), 125), { destination: other })).toEqual([
    false,
    true,
    true,
  ]);
  bench.end();
});

test('the device goes, and comes back without its address', () => {
  const bench = createBench();
  const change = (): void => {
    bench.ip.removeDevice(bench.device);
    bench.ip.addDevice(bench.device);
  };
  expect(delivered(bench, change)).toEqual([true, false, false]);
  bench.end();
});

test('the next one comes by another device, from another host, to another, or in a frame to all', () => {
  const bench = createBench();
  const lo = new FakeDevice('lo', bench.packets);
  lo.isLoopback = true;
  bench.ip.addDevice(lo);
  const [source, destination] = [at('127.0.0.1'), own];
  lo.inject(ipFrame({ source, destination }));
  bench.settle();
  expect(bench.transport.got).toHaveLength(1);
  // What is plausible from the loopback is a martian on a wire.
  bench.device.inject(ipFrame({ source, destination }));
  bench.device.inject(ipFrame());
  bench.device.inject(ipFrame({ source: own }));
  bench.device.inject(ipFrame({ destination: other }));
  bench.device.inject(ipFrame());
  bench.device.inject(ipFrame({}, broadcast));
  bench.settle();
  expect(bench.transport.got.slice(1)).toMatchObject([
    { source: peer, destination: own },
    { source: peer, destination: own },
  ]);
  expect(bench.ip.counters).toMatchObject({
    ipv4MartianSource: 1,
    ipv4OwnSource: 1,
    ipv4NotForUs: 1,
    ipv4LinkBroadcast: 1,
  });
  bench.end();
  lo.close();
});
