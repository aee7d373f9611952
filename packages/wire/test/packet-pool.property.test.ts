import { checksumState, headroomBytes, type Packet } from '@synos/interfaces';
import { createMemory, createPacketPool, packetPoolBytes } from '@synos/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

function poolOf(smallPackets: number, largePackets: number, urgentReserve = 0) {
  const size = { smallPackets, largePackets };
  const memory = createMemory(new ArrayBuffer(64 + packetPoolBytes(size)));
  return { memory, pool: createPacketPool({ memory, offset: 64, urgentReserve, ...size }) };
}

describe('take', () => {
  test('gives a clean packet with headroom, on boundaries of 4 bytes, inside the pool', () => {
    const { memory, pool } = poolOf(2, 1);
    for (const payloadBytes of [0, 1500, 1800, 1857, 65_536]) {
      const packet = pool.take(payloadBytes, false)!;
      expect({ ...packet, pool: null, memory: null }).toMatchObject({
        start: packet.slotStart + headroomBytes,
        end: packet.start,
        networkStart: -1,
        checksum: checksumState.none,
        segmentBytes: 0,
      });
      expect(packet.pool).toBe(pool);
      expect(packet.memory).toBe(memory);
      expect(packet.start % 4).toBe(0);
      expect(packet.slotStart).toBeGreaterThanOrEqual(64);
      expect(packet.slotEnd).toBeLessThanOrEqual(memory.bytes.length);
      expect(packet.slotEnd - packet.start).toBeGreaterThanOrEqual(payloadBytes);
      // Whoever had it leaves marks.
      packet.start -= 40;
      packet.end += 3;
      packet.networkStart = packet.start;
      packet.checksum = checksumState.partial;
      packet.segmentBytes = 1460;
      pool.release(packet);
    }
    expect(pool.used).toBe(0);
  });

  test('keeps a reserve of small packets for the urgent', () => {
    const { pool } = poolOf(3, 0, 1);
    const held = [pool.take(0, false), pool.take(0, false)];
    expect(pool.take(0, false)).toBeNull();
    const urgent = pool.take(0, true);
    expect(urgent).not.toBeNull();
    expect(pool.take(0, true)).toBeNull();
    pool.release(held[0]!);
    expect(pool.take(0, false)).toBeNull();
  });

  test('large payloads come from large slots, without a reserve', () => {
    const { pool } = poolOf(4, 1, 4);
    const large = pool.take(65_536, false)!;
    expect(large.slotEnd - large.slotStart).toBe(65_536 + 512);
    expect(pool.take(65_536, true)).toBeNull();
    expect(() => pool.take(65_537, false)).toThrow('packet too long');
  });
});

describe('release', () => {
  test('twice asserts', () => {
    const { pool } = poolOf(2, 0);
    const packet = pool.take(0, false)!;
    pool.release(packet);
    expect(() => pool.release(packet)).toThrow('not taken from this pool');
    expect(pool.used).toBe(0);
  });

  test('to another pool asserts', () => {
    const packet = poolOf(1, 0).pool.take(0, false)!;
    expect(() => poolOf(1, 0).pool.release(packet)).toThrow('not taken from this pool');
  });
});

test('slots never overlap, the count is right, and all come back', () => {
  const command = fc.record({ take: fc.boolean(), bytes: fc.constantFrom(0, 1460, 9000, 65_536), index: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const { pool } = poolOf(12, 3, 2);
      const held: Packet[] = [];
      for (const { take, bytes, index } of commands) {
        if (take) {
          const isLarge = bytes > 1856;
          const same = held.filter((packet) => packet.slotEnd - packet.slotStart > 2048 === isLarge).length;
          const packet = pool.take(bytes, false);
          expect(packet === null).toBe(same >= (isLarge ? 3 : 10));
          if (packet) {
            for (const other of held) {
              expect(packet.slotEnd <= other.slotStart || other.slotEnd <= packet.slotStart).toBe(true);
            }
            held.push(packet);
          }
        } else if (held.length > 0) {
          pool.release(held.splice(index % held.length, 1)[0]!);
        }
        expect(pool.used).toBe(held.length);
      }
      for (const packet of held) pool.release(packet);
      expect(pool.used).toBe(0);
      expect(pool.capacity).toBe(15);
      for (let i = 0; i < 12; i++) expect(pool.take(0, true)).not.toBeNull();
      for (let i = 0; i < 3; i++) expect(pool.take(9000, true)).not.toBeNull();
    }),
  );
});

test('a pool tells cards where its packets are', () => {
  const size = { smallPackets: 2, largePackets: 0 };
  const memory = createMemory(new ArrayBuffer(packetPoolBytes(size)));
  const pool = createPacketPool({ memory, offset: 0, physicalBase: 0x10_0000, urgentReserve: 0, ...size });
  expect(pool.physicalBase).toBe(0x10_0000);
});

test('a pool that does not fit into its memory is refused', () => {
  const memory = createMemory(new ArrayBuffer(8192));
  expect(() => createPacketPool({ memory, offset: 0, smallPackets: 5, largePackets: 0 })).toThrow('outside its memory');
  expect(() => createPacketPool({ memory, offset: 4, smallPackets: 1, largePackets: 0 })).toThrow('outside its memory');
  const options = { memory, offset: 0, byteLength: 4096, smallPackets: 3, largePackets: 0 };
  expect(() => createPacketPool(options)).toThrow('outside its memory');
});
