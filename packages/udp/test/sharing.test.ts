// SO_REUSEPORT and SO_BINDTODEVICE: socket(7).
import { failure } from '@synos/interfaces';
import { ipv4Any } from '@synos/wire';
import { expect, test } from 'vitest';
import { broadcast, FakeHost, multicast, next, own, peer, sendText } from './fake-host.js';

const groupOf = (host: FakeHost, size: number, address = own) =>
  Array.from({ length: size }, () => {
    const endpoint = host.open();
    endpoint.setOption('reusePort', 1);
    expect(endpoint.bind({ address, port: 7 })).toBe(0);
    return endpoint;
  });

test('flows are spread over the group, and a flow stays with its endpoint', () => {
  const host = new FakeHost();
  const group = groupOf(host, 4);
  const counts = group.map(() => 0);
  for (let port = 1000; port < 1400; port += 1) {
    for (const text of ['first', 'second', 'third']) host.datagram(text, port, 7);
    const got = group.map((endpoint) => [next(endpoint), next(endpoint), next(endpoint)]);
    const chosen = got.findIndex(([first]) => first === 'first');
    expect(got[chosen]).toEqual(['first', 'second', 'third']);
    counts[chosen]! += 1;
  }
  // 100 each on average; a fair hash is within 50 of that but once in a million.
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(50);
});

test('flows of one that closed go to the others', () => {
  const host = new FakeHost();
  const group = groupOf(host, 3);
  group[1]!.close();
  for (let port = 1000; port < 1050; port += 1) host.datagram('x', port, 7);
  let received = 0;
  for (const endpoint of [group[0]!, group[2]!]) while (next(endpoint) === 'x') received += 1;
  expect(received).toBe(50);
});

test('one on the exact address gets all before a group on all addresses', () => {
  const host = new FakeHost();
  const group = groupOf(host, 3, ipv4Any);
  const [exact] = groupOf(host, 1);
  for (let port = 1000; port < 1020; port += 1) host.datagram('x', port, 7);
  for (const endpoint of group) expect(next(endpoint)).toBe(failure.wouldBlock);
  for (let port = 1000; port < 1020; port += 1) expect(next(exact!)).toBe('x');
});

test('a connected one has its flow to itself, and the group the rest', () => {
  const host = new FakeHost();
  const group = groupOf(host, 3);
  group[0]!.connect({ address: peer, port: 1000 });
  for (let port = 1000; port < 1040; port += 1) host.datagram(String(port), port, 7);
  expect(next(group[0]!)).toBe('1000');
  expect(next(group[0]!)).toBe(failure.wouldBlock);
});

test.each([
  ['broadcast', broadcast],
  ['multicast', multicast],
])('a %s is for all of the group', (_name, address) => {
  const host = new FakeHost();
  const group = groupOf(host, 3, ipv4Any);
  host.datagram('everybody', 9, 7, peer, address);
  expect(group.map(next)).toEqual(['everybody', 'everybody', 'everybody']);
});

test('who is bound to a device receives from it alone, and before who is not', () => {
  const host = new FakeHost();
  const all = host.bound(ipv4Any, 7);
  const first = host.open();
  const second = host.open();
  for (const [endpoint, device] of [
    [first, 1],
    [second, 2],
  ] as const) {
    expect(endpoint.setOption('device', device)).toBe(0);
    expect(endpoint.getOption('device')).toBe(device);
    // Devices keep them apart, not from the one that is on all.
    expect(endpoint.bind({ address: own, port: 7 })).toBe(failure.addressInUse);
  }
  all.close();
  for (const endpoint of [first, second]) expect(endpoint.bind({ address: own, port: 7 })).toBe(0);
  for (const device of [1, 2, 3]) host.datagram(`by ${device}`, 9, 7, peer, own, device);
  expect([next(first), next(first)]).toEqual(['by 1', failure.wouldBlock]);
  expect([next(second), next(second)]).toEqual(['by 2', failure.wouldBlock]);
  expect(host.udp.counters.droppedNoPort).toBe(1);
  second.setOption('device', 0);
  for (const device of [1, 2]) host.datagram(`by ${device}`, 9, 7, peer, own, device);
  expect([next(first), next(second)]).toEqual(['by 1', 'by 2']);
});

test('it sends by that device, connected or not, and by another after the option changed', () => {
  const host = new FakeHost();
  const endpoint = host.open();
  endpoint.setOption('device', 2);
  sendText(endpoint, 'x', peer, 9);
  endpoint.connect({ address: peer, port: 9 });
  sendText(endpoint, 'x', null);
  endpoint.setOption('device', 3);
  sendText(endpoint, 'x', null);
  expect(host.sent.map(({ device }) => device)).toEqual([2, 2, 3]);
});

test('a receive tells how the datagram came, where it is asked', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  host.datagram('x', 9, 7, peer, own, 5);
  const address = { w0: 0, w1: 0, w2: 0, w3: 0 };
  const details = {
    from: { address: { ...address }, port: 0 },
    truncated: false,
    arrival: { destination: { ...address }, ttl: 0, tos: 0, device: 0 },
  };
  expect(endpoint.receive(new Uint8Array(9), 0, 9, 0, details)).toBe(1);
  expect(details.arrival).toEqual({ destination: { ...own }, ttl: 64, tos: 0, device: 5 });
});
