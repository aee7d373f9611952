import { checksumState } from '@synos/interfaces';
import { createStackMemory, ipv4 } from '@synos/wire';
import { expect, test } from 'vitest';
import { HeldPacket } from '../src/outbound/held-packet.js';

test('the headers come back as they were, without what followed them, and vouched for', () => {
  const { packets } = createStackMemory({ smallPackets: 4, largePackets: 1, ringBytes: 64 });
  const packet = packets.take(1000, false)!;
  packet.networkStart = packet.start - 24;
  packet.end = packet.start + 500;
  for (let at = packet.networkStart; at < packet.end; at += 1) packet.memory.bytes[at] = at & 255;
  const expected = packet.memory.bytes.slice(packet.networkStart, packet.start + 60);
  const arrival = {
    source: { ...ipv4(10, 0, 0, 2) },
    destination: { ...ipv4(10, 0, 0, 1) },
    isGroup: false,
    ttl: 9,
    tos: 1,
    device: 2,
  };
  const held = new HeldPacket(packet, arrival);
  // One record is reused for all packets, and so is the packet's memory.
  arrival.source.w3 = 0;
  packet.memory.bytes.fill(0);
  packets.release(packet);
  const revived = held.revive(packets)!;
  expect(revived.memory.bytes.slice(revived.networkStart, revived.end)).toEqual(expected);
  expect([revived.start - revived.networkStart, revived.checksum]).toEqual([24, checksumState.verified]);
  expect(held.arrival.source).toEqual(ipv4(10, 0, 0, 2));
  packets.release(revived);
  expect(packets.used).toBe(0);
});
