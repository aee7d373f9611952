import { failure, networkErrorKind, type Route } from '@synos/interfaces';
import { ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { any, createBench, own, peer, peerMac } from './support/bench.js';
import { icmpFrame, packet, readIp } from './support/frames.js';

const far = ipv4(20, 0, 0, 1);

function start(options: Parameters<typeof createBench>[0] = {}) {
  const bench = createBench(options);
  bench.ip.addNeighbour(bench.index, peer, peerMac);
  bench.ip.addRoute({ prefix: any, bits: 96, gateway: peer });
  const route = bench.transport.host.route(any, far) as Route;
  /** A router says that a packet of ours of some length was too long. */
  const tooBig = (mtuBytes: number, length = 1500, destination = far): void => {
    const payload = packet({ source: own, destination, payload: new Uint8Array(length - 20) }).slice(0, 28);
    bench.device.inject(icmpFrame({ type: 3, code: 4, restOfHeader: mtuBytes, payload }, { source: peer }));
    bench.settle();
  };
  return { bench, route, tooBig };
}

describe('path MTU discovery (RFC 1191)', () => {
  test('a believed report lowers the MTU that held routes show, and the transport is told', () => {
    const { bench, route, tooBig } = start();
    expect(route.mtuBytes).toBe(1500);
    tooBig(1400);
    expect(route.mtuBytes).toBe(1400);
    expect(route.deviceMtuBytes).toBe(1500);
    expect(bench.transport.errors).toMatchObject([
      { kind: networkErrorKind.packetTooBig, mtuBytes: 1400, destination: far },
    ]);
    expect(bench.transport.send(any, far, new Uint8Array(1381), { dontFragment: true })).toBe(failure.messageTooLong);
    expect(bench.transport.send(any, far, new Uint8Array(1380), { dontFragment: true })).toBe(0);
    bench.end();
  });

  test('only for that destination', () => {
    const { bench, tooBig } = start();
    tooBig(1400);
    const other = bench.transport.host.route(any, ipv4(20, 0, 0, 2)) as Route;
    expect(other.mtuBytes).toBe(1500);
    bench.end();
  });

  test('one that no flow recognises changes nothing', () => {
    const { bench, route, tooBig } = start();
    bench.transport.believes = false;
    tooBig(1400);
    expect(route.mtuBytes).toBe(1500);
    expect(bench.ip.counters.icmpErrorNotBelieved).toBe(1);
    bench.end();
  });

  test('it never raises (RFC 1191 §3)', () => {
    const { bench, route, tooBig } = start();
    tooBig(1000);
    tooBig(1200);
    tooBig(1000);
    tooBig(9000);
    expect(route.mtuBytes).toBe(1000);
    expect(bench.ip.counters.icmpPathMtuIgnored).toBe(3);
    expect(bench.transport.errors).toHaveLength(1);
    bench.end();
  });

  test('below the minimum: the minimum, and fragments are allowed from then on', () => {
    const { bench, route, tooBig } = start();
    tooBig(296);
    expect(route.mtuBytes).toBe(552);
    expect(bench.transport.errors[0]!.mtuBytes).toBe(552);
    expect(bench.transport.send(any, far, new Uint8Array(600), { dontFragment: true })).toBe(0);
    const sent = bench.device.take().map(readIp);
    expect(sent).toHaveLength(2);
    expect(sent.every((one) => !one.dontFragment)).toBe(true);
    bench.end();
  });

  test('the minimum is the composer’s choice, down to 68; reports below 68 are lies', () => {
    const { bench, route, tooBig } = start({ minimumPathMtuBytes: 1 });
    tooBig(67);
    expect(route.mtuBytes).toBe(1500);
    tooBig(68);
    expect(route.mtuBytes).toBe(68);
    bench.end();
  });

  test.each([
    [1500, 1492],
    [1492, 1006],
    [1007, 1006],
    [1006, 552],
  ])('a router that names no MTU: the plateau below %i is %i (RFC 1191 §7)', (length, expected) => {
    const { bench, route, tooBig } = start();
    tooBig(0, length);
    expect(route.mtuBytes).toBe(expected);
    bench.end();
  });

  test('after ten minutes a larger one is tried again (RFC 1191 §6.3)', () => {
    const { bench, route, tooBig } = start();
    tooBig(1400);
    expect(bench.ip.nextDeadline()).toBe(600_000);
    bench.settle(599_999);
    expect(route.mtuBytes).toBe(1400);
    bench.settle(600_000);
    expect(route.mtuBytes).toBe(1500);
    expect(bench.ip.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    bench.end();
  });

  test('each has its own time, which a newer report renews', () => {
    const { bench, route, tooBig } = start();
    const other = bench.transport.host.route(any, ipv4(20, 0, 0, 2)) as Route;
    const third = bench.transport.host.route(any, ipv4(20, 0, 0, 3)) as Route;
    tooBig(1400);
    tooBig(1400, 1500, third.destination);
    bench.settle(1000);
    tooBig(1400, 1500, other.destination);
    bench.settle(5000);
    tooBig(1300);
    bench.settle(600_000);
    expect([route.mtuBytes, other.mtuBytes, third.mtuBytes]).toEqual([1300, 1400, 1500]);
    expect(bench.ip.nextDeadline()).toBe(601_000);
    bench.settle(601_000);
    expect([route.mtuBytes, other.mtuBytes]).toEqual([1300, 1500]);
    bench.settle(605_000);
    expect(route.mtuBytes).toBe(1500);
    bench.end();
  });

  test('the memory of them has a bound; the oldest is forgotten', () => {
    const { bench, tooBig } = start({ pathMtuLimit: 8 });
    for (let i = 0; i < 20; i++) tooBig(1400, 1500, ipv4(20, 0, 1, i + 1));
    expect(bench.ip.counters.pathMtuEvicted).toBe(12);
    const mtus = Array.from(
      { length: 20 },
      (_, i) => (bench.transport.host.route(any, ipv4(20, 0, 1, i + 1)) as Route).mtuBytes,
    );
    expect(mtus.filter((mtu) => mtu === 1400)).toHaveLength(8);
    expect(mtus.slice(12).every((mtu) => mtu === 1400)).toBe(true);
    bench.end();
  });

  test('a device whose MTU is smaller than what was learned wins', () => {
    const { bench, route, tooBig } = start();
    tooBig(1400);
    bench.device.mtuBytes = 1000;
    bench.device.changed();
    expect(route.mtuBytes).toBe(1000);
    bench.end();
  });
});
