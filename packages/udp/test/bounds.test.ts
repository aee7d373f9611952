import { failure, readiness, transfer } from '@synos/interfaces';
import { ipv4Any } from '@synos/wire';
import { expect, test } from 'vitest';
import { FakeHost, next, own, peer, sendText } from './fake-host.js';

test('a slow reader pins no packet, and its queue is bounded', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  endpoint.setOption('receiveBufferBytes', 10_000);
  for (let index = 0; index < 1000; index += 1) host.datagram(`datagram ${index}`.padEnd(100, '.'), 9, 7);
  expect(host.packets.used).toBe(0);
  expect(host.blocks.usedBytes).toBeLessThanOrEqual(16_384);
  // 100 bytes and a header of 40 each.
  const fits = Math.floor(10_000 / 140);
  expect(host.udp.counters).toMatchObject({ received: fits, droppedQueueFull: 1000 - fits });
  for (let index = 0; index < fits; index += 1) expect(next(endpoint)).toMatch(`datagram ${index}.`);
  expect(next(endpoint)).toBe(failure.wouldBlock);
});

test('an empty queue takes a datagram longer than its limit', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  endpoint.setOption('receiveBufferBytes', 1);
  host.datagram('a'.repeat(1400), 9, 7);
  host.datagram('b', 9, 7);
  expect(next(endpoint)).toBe('a'.repeat(1400));
  expect(next(endpoint)).toBe(failure.wouldBlock);
});

test('no ring memory: dropped and counted, later ones arrive', () => {
  const host = new FakeHost({ ringBytes: 8192, ringLimitBytes: 8192 });
  const held = [host.blocks.take(4096), host.blocks.take(4096)];
  const endpoint = host.bound(own, 7);
  host.datagram('lost', 9, 7);
  expect(host.udp.counters.droppedNoMemory).toBe(1);
  for (const block of held) host.blocks.release(block!);
  host.datagram('found', 9, 7);
  expect(next(endpoint)).toBe('found');
});

test('a large ring goes back when it is empty', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  for (let index = 0; index < 100; index += 1) host.datagram('x'.repeat(1000), 9, 7);
  expect(host.blocks.usedBytes).toBeGreaterThan(100_000);
  while (next(endpoint) !== failure.wouldBlock) {}
  expect(host.blocks.usedBytes).toBeLessThanOrEqual(4096);
});

test('endpoints are bounded', () => {
  const host = new FakeHost({}, { maxEndpoints: 2 });
  const first = host.open();
  host.open();
  expect(host.udp.open()).toBe(failure.noBuffers);
  first.close();
  expect(typeof host.udp.open()).toBe('object');
});

test('no packet left: noBuffers, counted', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  const taken = [];
  for (let packet = host.packets.take(0, true); packet !== null; packet = host.packets.take(0, true))
    taken.push(packet);
  expect(sendText(endpoint, 'x', peer, 9)).toBe(failure.noBuffers);
  expect(host.udp.counters.sendFailures).toBe(1);
  for (const packet of taken) host.packets.release(packet);
  expect(sendText(endpoint, 'x', peer, 9)).toBe(1);
});

test('a device without room: wouldBlock, then writable is told', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  const told: number[] = [];
  endpoint.listenReadiness({ readinessChanged: (_endpoint, bits) => told.push(bits) });
  host.hasRoom = false;
  expect(sendText(endpoint, 'x', peer, 9)).toBe(failure.wouldBlock);
  expect(endpoint.readiness() & readiness.writable).toBe(0);
  host.udp.writable(5);
  expect(host.udp.hasEvents).toBe(false);
  host.hasRoom = true;
  host.udp.writable(0);
  expect(host.udp.hasEvents).toBe(true);
  host.udp.deliverEvents();
  expect(told).toEqual([readiness.writable | readiness.drained]);
  expect(sendText(endpoint, 'x', peer, 9)).toBe(1);
});

test('an endpoint that closes while it waits for room is forgotten', () => {
  const host = new FakeHost();
  const first = host.bound(own, 7);
  const second = host.bound(own, 8);
  host.hasRoom = false;
  for (const endpoint of [first, second]) sendText(endpoint, 'x', peer, 9);
  first.close();
  expect((host.udp as unknown as { blocked: Set<unknown> }).blocked).toEqual(new Set([second]));
  host.udp.writable(0);
  expect(second.readiness() & readiness.writable).not.toBe(0);
});

test('a failure of the network is answered, and another way is looked for', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  endpoint.connect({ address: peer, port: 9 });
  sendText(endpoint, 'x', null);
  expect(host.lookups).toBe(1);
  host.sendResult = failure.hostUnreachable;
  expect(sendText(endpoint, 'x', null)).toBe(failure.hostUnreachable);
  host.sendResult = 0;
  expect(sendText(endpoint, 'x', null)).toBe(1);
  expect(host.lookups).toBe(2);
  expect(host.packets.used).toBe(0);
});

test('collecting: cork, more, the first destination decides, unsentBytes', () => {
  const host = new FakeHost();
  const endpoint = host.bound(ipv4Any, 7);
  expect(sendText(endpoint, 'x', null, 0, transfer.more)).toBe(failure.destinationRequired);
  expect(sendText(endpoint, 'one ', peer, 9, transfer.more)).toBe(4);
  expect(endpoint.getOption('unsentBytes')).toBe(4);
  expect(endpoint.readiness() & readiness.drained).toBe(0);
  expect(sendText(endpoint, 'two', peer, 10)).toBe(3);
  expect(host.sent).toHaveLength(1);
  expect(host.sent[0]!.bytes).toHaveLength(8 + 7);
  expect([...host.sent[0]!.bytes.subarray(2, 4)]).toEqual([0, 9]);
  endpoint.setOption('cork', 1);
  sendText(endpoint, 'a', peer, 9);
  sendText(endpoint, 'b', peer, 9);
  expect(host.sent).toHaveLength(1);
  expect(endpoint.setOption('cork', 0)).toBe(0);
  expect(host.sent[1]!.bytes).toHaveLength(8 + 2);
  expect(host.blocks.usedBytes).toBe(0);
});

test('what was collected survives the growth of its buffer, and goes with the sending side', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  const to = { address: peer, port: 9 };
  const bytes = Uint8Array.from({ length: 6000 }, (_, index) => (index * 7) & 255);
  endpoint.send(bytes, 0, 3000, transfer.more, to);
  endpoint.send(bytes, 3000, 6000, 0, to);
  expect(Buffer.compare(host.sent[0]!.bytes.subarray(8), bytes)).toBe(0);
  endpoint.send(bytes, 0, 3000, transfer.more, to);
  endpoint.shutdown(2);
  expect(endpoint.getOption('unsentBytes')).toBe(0);
  expect(host.blocks.usedBytes).toBe(0);
});

test('collecting more than a datagram holds is refused and begins anew', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  const to = { address: peer, port: 9 };
  const bytes = new Uint8Array(40_000);
  expect(endpoint.send(bytes, 0, 40_000, transfer.more, to)).toBe(40_000);
  expect(endpoint.send(bytes, 0, 25_508, transfer.more, to)).toBe(failure.messageTooLong);
  expect(endpoint.getOption('unsentBytes')).toBe(0);
  expect(host.blocks.usedBytes).toBe(0);
  expect(endpoint.send(bytes, 0, 25_508, 0, to)).toBe(25_508);
});

test('the longest datagram is 65,507 bytes', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  const bytes = new Uint8Array(65_508);
  expect(endpoint.send(bytes, 0, 65_508, 0, { address: peer, port: 9 })).toBe(failure.messageTooLong);
  expect(endpoint.send(bytes, 0, 65_507, 0, { address: peer, port: 9 })).toBe(65_507);
});

test('dispose gives back memory, ports and packets, also what was collected', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  host.datagram('unread', 9, 7);
  sendText(endpoint, 'collected', peer, 9, transfer.more);
  host.open().connect({ address: peer, port: 9 });
  host.udp.dispose();
  expect(host.blocks.usedBytes).toBe(0);
  expect(host.packets.used).toBe(0);
  expect(host.ports.held).toBe(0);
  expect(sendText(endpoint, 'x', peer, 9)).toBe(failure.closed);
});

test('shutdown: receiving ends with 0 behind what waits, also without a peer', () => {
  const host = new FakeHost();
  const endpoint = host.bound(own, 7);
  host.datagram('before', 9, 7);
  expect(endpoint.shutdown(1)).toBe(failure.notConnected);
  host.datagram('after', 9, 7);
  expect(next(endpoint)).toBe('before');
  expect(next(endpoint)).toBe('');
  expect(host.udp.counters.droppedShutDown).toBe(1);
  expect(endpoint.readiness() & readiness.readHangup).not.toBe(0);
});

test('a listener that throws takes no other’s news with it', () => {
  const host = new FakeHost();
  const told: number[] = [];
  for (const port of [1, 2, 3]) {
    host.bound(own, port).listenReadiness({
      readinessChanged: () => {
        told.push(port);
        if (port === 1) throw new Error('a program’s own mistake');
      },
    });
  }
  for (let round = 0; round < 3; round += 1) {
    for (const port of [1, 2, 3]) host.datagram('x', 9, port);
    expect(() => host.udp.deliverEvents()).toThrow('a program’s own mistake');
    expect(host.udp.hasEvents).toBe(true);
    host.udp.deliverEvents();
    expect(host.udp.hasEvents).toBe(false);
    expect(told.splice(0)).toEqual([1, 2, 3]);
  }
});
