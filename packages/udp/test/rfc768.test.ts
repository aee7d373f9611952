import { checksumState } from '@synos/interfaces';
import { emitUdp, ipv4Any, parseUdp } from '@synos/wire';
import { expect, test } from 'vitest';
import { FakeHost, next, own, peer, sendText } from './fake-host.js';

const text = Uint8Array.from([104, 105, 33]);

test('a datagram on the wire has ports, length and checksum', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 5353);
  expect(sendText(endpoint, 'hi!', peer, 53)).toBe(3);
  const [packet] = host.sent;
  expect(parseUdp(packet!.bytes, 0, packet!.bytes.length, own, peer)).toEqual({
    sourcePort: 5353,
    destinationPort: 53,
    payload: text,
  });
  expect(host.packets.used).toBe(0);
});

test('a checksum of zero means that there is none: taken over IPv4', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  const bytes = emitUdp({ sourcePort: 9, destinationPort: 7, payload: text }, peer, own);
  bytes.fill(0, 6, 8);
  host.arrive(bytes);
  expect(next(endpoint)).toBe('hi!');
});

test('a wrong checksum drops and counts; no error answers it', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  const bytes = emitUdp({ sourcePort: 9, destinationPort: 7, payload: text }, peer, own);
  bytes[9]! ^= 1;
  host.arrive(bytes);
  expect(next(endpoint)).toBe(-1);
  expect(host.udp.counters.droppedChecksum).toBe(1);
  expect(host.refused).toEqual([]);
});

test('a device that vouches for the sum is believed', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  const bytes = emitUdp({ sourcePort: 9, destinationPort: 7, payload: text }, peer, own);
  bytes[6]! ^= 1;
  const packet = host.packets.take(bytes.length, false)!;
  packet.memory.bytes.set(bytes, packet.start);
  packet.end += bytes.length;
  packet.checksum = checksumState.verified;
  host.udp.receive(packet, { source: { ...peer }, destination: { ...own }, isGroup: false, ttl: 1, tos: 0, device: 0 });
  expect(next(endpoint)).toBe('hi!');
});

test('bytes behind the length do not belong to the datagram', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  const bytes = emitUdp({ sourcePort: 9, destinationPort: 7, payload: text }, peer, own);
  host.arrive(Uint8Array.from([...bytes, 1, 2, 3, 4, 5, 6, 7]));
  expect(next(endpoint)).toBe('hi!');
});

test('a header cut short and impossible lengths are counted by reason', () => {
  const host = new FakeHost();
  host.arrive(new Uint8Array(7));
  host.arrive(Uint8Array.from([0, 9, 0, 7, 0, 7, 0, 0]));
  host.arrive(Uint8Array.from([0, 9, 0, 7, 0, 9, 0, 0]));
  expect(host.udp.counters).toMatchObject({ droppedTruncated: 1, droppedLength: 2, droppedNoPort: 0 });
  expect(host.packets.used).toBe(0);
});

test('source port 0: taken, there is nobody to answer', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  host.datagram('anonymous', 0, 7);
  const details = { from: { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 1 }, truncated: true };
  expect(endpoint.receive(new Uint8Array(9), 0, 9, 0, details)).toBe(9);
  expect(details).toEqual({ from: { address: { ...peer }, port: 0 }, truncated: false });
});
