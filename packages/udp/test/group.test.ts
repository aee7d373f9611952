import { failure } from '@synos/interfaces';
import { ipv4Any, ipv6Any } from '@synos/wire';
import { expect, test } from 'vitest';
import { broadcast, FakeHost, multicast, next, own, peer, sendText } from './fake-host.js';

test.each([
  ['broadcast', broadcast],
  ['multicast', multicast],
])('a %s is for everybody bound to it or to all', (_name, address) => {
  const host = new FakeHost();
  const all = host.bound(ipv4Any, 7, true);
  const again = host.bound(ipv4Any, 7, true);
  const dual = host.bound(ipv6Any, 7, true);
  const group = host.bound(address, 7, true);
  const unicast = host.bound(own, 7, true);
  const otherPort = host.bound(ipv4Any, 8, true);
  const connected = host.bound(own, 7, true);
  connected.connect({ address: peer, port: 9 });
  host.datagram('everybody', 9, 7, peer, address);
  for (const endpoint of [all, again, dual, group]) expect(next(endpoint)).toBe('everybody');
  for (const endpoint of [unicast, otherPort, connected]) expect(next(endpoint)).toBe(failure.wouldBlock);
  expect(host.udp.counters.received).toBe(4);
});

test('a group datagram that nobody wants is counted and not answered (RFC 1122 §3.2.2)', () => {
  const host = new FakeHost();
  let asked = 0;
  host.onUnclaimed = () => {
    asked += 1;
    return false;
  };
  host.datagram('x', 9, 7, peer, broadcast);
  expect(host.udp.counters).toMatchObject({ droppedGroupNoPort: 1, droppedNoPort: 0 });
  expect(host.refused).toEqual([]);
  expect(asked).toBe(0);
});

test('a broadcast needs permission, a multicast does not', () => {
  const host = new FakeHost();
  const endpoint = host.open();
  expect(sendText(endpoint, 'x', broadcast, 7)).toBe(failure.accessDenied);
  expect(sendText(endpoint, 'x', multicast, 7)).toBe(1);
  endpoint.setOption('broadcast', 1);
  expect(sendText(endpoint, 'x', broadcast, 7)).toBe(1);
});

test('multicasts stay on the link unless a TTL was chosen (RFC 1112 §6.1)', () => {
  const host = new FakeHost();
  const endpoint = host.open();
  sendText(endpoint, 'x', multicast, 7);
  endpoint.setOption('ttl', 64);
  sendText(endpoint, 'x', multicast, 7);
  expect(host.sent.map((packet) => packet.options.ttl)).toEqual([1, 64]);
});
