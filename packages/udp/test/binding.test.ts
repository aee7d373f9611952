import { failure } from '@synos/interfaces';
import { ipv4Any, ipv6Any, udpDestinationPort } from '@synos/wire';
import { expect, test } from 'vitest';
import { FakeHost, next, own, peer, sendText } from './fake-host.js';

const nameOf = (endpoint: { localAddress(into: { address: object; port: number }): number }) => {
  const into = { address: { w0: 1, w1: 1, w2: 1, w3: 1 }, port: 1 };
  endpoint.localAddress(into);
  return into;
};

test('the most specific binding wins: peer, then address, then IPv4 wildcard, then `::`', () => {
  const host = new FakeHost();
  const dual = host.bound(ipv6Any, 7, true);
  host.datagram('1', 9, 7);
  expect(next(dual)).toBe('1');
  const wildcard = host.bound(ipv4Any, 7, true);
  host.datagram('2', 9, 7);
  expect(next(wildcard)).toBe('2');
  const exact = host.bound(own, 7, true);
  host.datagram('3', 9, 7);
  expect(next(exact)).toBe('3');
  const connected = host.bound(own, 7, true);
  connected.connect({ address: peer, port: 9 });
  host.datagram('4', 9, 7);
  expect(next(connected)).toBe('4');
  host.datagram('5', 10, 7);
  expect(next(exact)).toBe('5');
  for (const endpoint of [dual, wildcard, exact, connected]) expect(next(endpoint)).toBe(failure.wouldBlock);
});

test('of two with the same binding the later one gets unicasts, as in Linux', () => {
  const host = new FakeHost();
  const first = host.bound(own, 7, true);
  const second = host.bound(own, 7, true);
  host.datagram('x', 9, 7);
  expect(next(first)).toBe(failure.wouldBlock);
  expect(next(second)).toBe('x');
  second.close();
  host.datagram('y', 9, 7);
  expect(next(first)).toBe('y');
});

test('a port that connect or send chose goes back when the peer is taken away', () => {
  const host = new FakeHost();
  const endpoint = host.open();
  expect(endpoint.connect({ address: peer, port: 7 })).toBe(0);
  const { address, port } = nameOf(endpoint);
  expect(address).toEqual({ ...own });
  expect(port).toBeGreaterThan(1023);
  expect(endpoint.connect({ address: ipv4Any, port: 0 })).toBe(0);
  expect(nameOf(endpoint)).toEqual({ address: { ...ipv4Any }, port: 0 });
  expect(host.ports.held).toBe(0);
  expect(endpoint.bind({ address: own, port })).toBe(0);
});

test('a port that the program chose stays, and so does its address', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 40);
  endpoint.connect({ address: peer, port: 7 });
  expect(nameOf(endpoint)).toEqual({ address: { ...own }, port: 40 });
  endpoint.connect({ address: ipv4Any, port: 0 });
  expect(nameOf(endpoint)).toEqual({ address: { ...ipv4Any }, port: 40 });
  host.datagram('from anybody', 99, 40);
  expect(next(endpoint)).toBe('from anybody');
});

test('a connect that fails leaves everything as it was', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 40);
  endpoint.connect({ address: peer, port: 7 });
  expect(endpoint.connect({ address: { w0: 0, w1: 0, w2: 0xffff, w3: 99 << 24 }, port: 7 })).toBe(
    failure.networkUnreachable,
  );
  expect(endpoint.connect({ address: peer, port: 0 })).toBe(failure.invalid);
  host.datagram('still here', 7, 40);
  expect(next(endpoint)).toBe('still here');
});

test('a connected endpoint may send elsewhere, and its peer stays', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 40);
  endpoint.connect({ address: peer, port: 7 });
  sendText(endpoint, 'there', peer, 8);
  sendText(endpoint, 'here', null);
  expect(host.sent.map(({ bytes }) => udpDestinationPort(new DataView(bytes.buffer), 0))).toEqual([8, 7]);
});

test('onUnclaimed may open an endpoint for what arrives', () => {
  const host = new FakeHost();
  const opened: ReturnType<FakeHost['open']>[] = [];
  host.onUnclaimed = (transport) => {
    expect(transport).toBe(host.udp);
    opened.push(host.bound(own, 7));
    return true;
  };
  host.datagram('first', 9, 7);
  host.datagram('second', 9, 7);
  expect(opened.map(next)).toEqual(['first']);
  expect(opened.map(next)).toEqual(['second']);
  expect(host.refused).toEqual([]);
});

test('onUnclaimed that claims and does not is refused all the same', () => {
  const host = new FakeHost();
  host.onUnclaimed = () => true;
  host.datagram('first', 9, 7);
  expect(host.refused).toHaveLength(1);
});

test('onUnclaimed that holds a datagram leaves it without an answer', () => {
  const host = new FakeHost();
  host.onUnclaimed = () => 'held';
  host.datagram('first', 9, 7);
  expect(host.refused).toEqual([]);
  expect(host.udp.counters).toMatchObject({ held: 1, droppedNoPort: 0, received: 0 });
  expect(host.packets.used).toBe(0);
});

test('misuse is answered', () => {
  const host = new FakeHost();
  const endpoint = host.open();
  expect(endpoint.bind({ address: peer, port: 7 })).toBe(failure.addressNotAvailable);
  expect(endpoint.bind({ address: own, port: 65_536 })).toBe(failure.invalid);
  expect(endpoint.bind({ address: own, port: -1 })).toBe(failure.invalid);
  expect(sendText(endpoint, 'x', peer, 0)).toBe(failure.invalid);
  const bytes = new Uint8Array(4);
  for (const [start, end] of [
    [-1, 2],
    [3, 2],
    [0, 5],
    [0.5, 2],
    [0, Number.NaN],
  ] as const) {
    expect(endpoint.send(bytes, start, end, 0, { address: peer, port: 7 })).toBe(failure.invalid);
    expect(endpoint.receive(bytes, start, end, 0, null)).toBe(failure.invalid);
  }
  expect(endpoint.setOption('ttl', 0)).toBe(failure.invalid);
  expect(endpoint.setOption('noDelay', 1)).toBe(failure.noSuchOption);
  expect(endpoint.setOption('readableBytes', 1)).toBe(failure.invalid);
  expect(endpoint.getOption('keepAliveIdleMs')).toBe(failure.noSuchOption);
  expect(host.ports.held).toBe(0);
});
