import { checksumState } from '@synos/interfaces';
import { checkUdp, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { createCable, longestFrameBytes, vouchingFeatures } from '../src/index.js';
import { bytesOf, counting, datagramFrame, frame, newPool, receiveAll, tags } from './frames.js';

describe('a cable', () => {
  test('hands over the very packet between ends of one pool', () => {
    const pool = newPool();
    const { a, b } = createCable({ a: { pool }, b: { pool } });
    const packet = frame(pool, 60);
    packet.networkStart = packet.start + 14;
    expect(a.transmit(packet)).toBe(true);
    expect(b.receive()).toBe(packet);
    expect(packet.networkStart).toBe(-1);
    expect(b.receive()).toBe(null);
    pool.release(packet);
    expect(pool.used).toBe(0);
  });

  test('copies into the pool of the receiver when that is another', () => {
    const here = newPool();
    const there = newPool();
    const { a, b } = createCable({ a: { pool: here }, b: { pool: there } });
    const packet = frame(here, 61, 5);
    const sent = bytesOf(packet);
    a.transmit(packet);
    expect(here.used).toBe(0);
    const received = b.receive();
    expect(received?.pool).toBe(there);
    expect(received && bytesOf(received)).toEqual(sent);
    // design.md §6: the network header on a 4-byte boundary.
    expect(received && (received.start + 14) % 4).toBe(0);
    if (received) there.release(received);
    expect(there.used).toBe(0);
  });

  test('drops and counts a frame for which the pool of the receiver has no packet', () => {
    const here = newPool();
    const there = newPool(1, 0);
    const { a, b } = createCable({ a: { pool: here }, b: { pool: there } });
    const held = frame(there, 60);
    expect(a.transmit(frame(here, 60, 2))).toBe(true);
    expect(a.counters.txPackets).toBe(1);
    expect(b.counters.rxNoPacket).toBe(1);
    expect(here.used).toBe(0);
    there.release(held);
    a.transmit(frame(here, 60, 3));
    expect(tags(receiveAll(b))).toEqual([3]);
  });

  test('is busy instead while frames wait there, whose packets will come back: bulk between two pools loses nothing', () => {
    const here = newPool();
    const there = newPool(1, 0);
    const { a, b } = createCable({ a: { pool: here }, b: { pool: there } });
    const listener = counting();
    a.listen(listener);
    expect(a.transmit(frame(here, 60, 1))).toBe(true);
    const second = frame(here, 60, 2);
    expect(a.transmit(second)).toBe(false);
    expect(tags(receiveAll(b))).toEqual([1]);
    expect(listener.writables).toBe(1);
    expect(a.transmit(second)).toBe(true);
    expect(tags(receiveAll(b))).toEqual([2]);
    expect(b.counters.rxNoPacket).toBe(0);
    expect(here.used + there.used).toBe(0);
  });

  test('keeps order, both ways at once', () => {
    const pool = newPool();
    const { a, b } = createCable();
    for (const tag of [1, 2, 3]) a.transmit(frame(pool, 60, tag));
    for (const tag of [4, 5]) b.transmit(frame(pool, 60, tag));
    expect(tags(receiveAll(b))).toEqual([1, 2, 3]);
    expect(tags(receiveAll(a))).toEqual([4, 5]);
    expect(a.counters).toMatchObject({ txPackets: 3, txBytes: 180, rxPackets: 2, rxBytes: 120 });
  });

  test('is busy while the queue is full and says once when there is room', () => {
    const pool = newPool();
    const { a, b } = createCable({ queueLength: 2 });
    const listener = counting();
    a.listen(listener);
    a.transmit(frame(pool, 60, 1));
    a.transmit(frame(pool, 60, 2));
    const third = frame(pool, 60, 3);
    expect(a.transmit(third)).toBe(false);
    expect(a.transmit(third)).toBe(false);
    expect(listener.writables).toBe(0);
    expect(tags(receiveAll(b))).toEqual([1, 2]);
    expect(listener.writables).toBe(1);
    expect(a.transmit(third)).toBe(true);
    expect(tags(receiveAll(b))).toEqual([3]);
    expect(listener.writables).toBe(1);
    expect(a.counters.txBusy).toBe(2);
  });

  test('says readable when the queue goes from empty to not empty, and at once to a late listener', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const listener = counting();
    b.listen(listener);
    a.transmit(frame(pool, 60));
    a.transmit(frame(pool, 60));
    expect(listener.readables).toBe(1);
    receiveAll(b);
    a.transmit(frame(pool, 60));
    expect(listener.readables).toBe(2);
    const late = counting();
    b.listen(late);
    expect(late.readables).toBe(1);
    receiveAll(b);
  });

  test('drops and counts what is too short, too long, or left to be summed by nobody', () => {
    const pool = newPool();
    const { a, b } = createCable({ mtuBytes: 1500 });
    expect(a.transmit(frame(pool, 13))).toBe(true);
    expect(a.transmit(frame(pool, 1515))).toBe(true);
    expect(a.transmit(datagramFrame(pool, 10, true))).toBe(true);
    expect(a.transmit(frame(pool, 1514, 9))).toBe(true);
    expect(a.counters).toMatchObject({ txTooShort: 1, txTooLong: 1, txPartialChecksum: 1, txPackets: 1 });
    expect(tags(receiveAll(b))).toEqual([9]);
    expect(pool.used).toBe(0);
  });

  test('a plain end says nothing about checksums, even of packets that the sender knew to be good', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const packet = datagramFrame(pool, 10, false);
    expect(packet.checksum).toBe(checksumState.verified);
    a.transmit(packet);
    expect(b.receive()?.checksum).toBe(checksumState.none);
    pool.release(packet);
  });

  test('a vouching cable marks verified what was left to be filled, without filling it', () => {
    const pool = newPool();
    const { a, b } = createCable({ vouches: true });
    expect(a.features).toEqual(vouchingFeatures);
    const packet = datagramFrame(pool, 10, true);
    const before = bytesOf(packet);
    a.transmit(packet);
    expect(b.receive()).toBe(packet);
    expect(packet.checksum).toBe(checksumState.verified);
    expect(bytesOf(packet)).toEqual(before);
    pool.release(packet);
  });

  test('an end that fills checksums fills them for a receiver that verifies by itself', () => {
    const pool = newPool();
    const { a, b } = createCable({
      a: { features: { fillsChecksums: true, verifiesChecksums: false, superSegmentBytes: 0 } },
    });
    a.transmit(datagramFrame(pool, 10, true));
    const packet = b.receive();
    if (packet === null) throw new Error('nothing came');
    expect(packet.checksum).toBe(checksumState.none);
    const { start, end } = packet;
    const fault = checkUdp(packet.memory, start + 34, end, ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2), false);
    expect(fault).toBe(0);
    pool.release(packet);
  });

  test('takes super-segments up to the declared length, with marks', () => {
    const pool = newPool();
    const { a, b } = createCable({ vouches: true });
    const big = frame(pool, longestFrameBytes);
    big.segmentBytes = 1460;
    expect(a.transmit(big)).toBe(true);
    expect(b.receive()).toBe(big);
    big.segmentBytes = 0;
    expect(a.transmit(big)).toBe(true);
    expect(a.counters.txTooLong).toBe(1);
    expect(pool.used).toBe(0);
  });

  test('marks travel with a copy, and what the sender knew of its layout does not', () => {
    const pools = [newPool(), newPool()] as const;
    const filling = { fillsChecksums: true, verifiesChecksums: false, superSegmentBytes: longestFrameBytes };
    const { a, b } = createCable({ a: { pool: pools[0], features: filling }, b: { pool: pools[1] } });
    // Another distance from the slot's start than the copy's: marks are relative.
    const packet = datagramFrame(pools[0], 3000, true);
    packet.segmentBytes = 1000;
    packet.networkStart = packet.start + 14;
    a.transmit(packet);
    const copy = b.receive();
    if (copy === null) throw new Error('nothing came');
    expect(copy.pool).toBe(pools[1]);
    expect(copy.segmentBytes).toBe(1000);
    expect(copy.networkStart).toBe(-1);
    const { memory, start, end } = copy;
    expect(checkUdp(memory, start + 34, end, ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2), false)).toBe(0);
    pools[1].release(copy);
  });

  test('link down: taken, dropped, counted, told to both ends; what waits stays', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const listeners = [counting(), counting()] as const;
    a.listen(listeners[0]);
    b.listen(listeners[1]);
    a.transmit(frame(pool, 60, 1));
    b.setLink(false);
    expect([a.linkUp, b.linkUp]).toEqual([false, false]);
    expect([listeners[0].changes, listeners[1].changes]).toEqual([1, 1]);
    expect(a.transmit(frame(pool, 60, 2))).toBe(true);
    expect(a.counters.txLinkDown).toBe(1);
    b.setLink(true);
    expect(a.linkUp).toBe(true);
    a.transmit(frame(pool, 60, 3));
    expect(tags(receiveAll(b))).toEqual([1, 3]);
    expect(pool.used).toBe(0);
  });

  test('who was told busy is told writable when the link goes down: nothing waits for ever', () => {
    const pool = newPool();
    const { a, b } = createCable({ queueLength: 1 });
    const listener = counting();
    a.listen(listener);
    a.transmit(frame(pool, 60));
    const second = frame(pool, 60);
    expect(a.transmit(second)).toBe(false);
    b.close();
    expect(listener.writables).toBe(1);
    expect(a.transmit(second)).toBe(true);
    expect(pool.used).toBe(0);
  });

  test('MTU changes are told and hold at once', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const listener = counting();
    a.listen(listener);
    a.setMtu(576);
    expect(listener.changes).toBe(1);
    a.setMtu(576);
    expect(listener.changes).toBe(1);
    a.transmit(frame(pool, 591));
    expect(a.counters.txTooLong).toBe(1);
    // The other end still has 1,500: its long frames do not fit here.
    b.transmit(frame(pool, 591));
    expect(a.counters.rxTooLong).toBe(1);
    expect(() => a.setMtu(67)).toThrow('68');
    expect(() => createCable({ mtuBytes: 65_536 })).toThrow('68');
    expect(pool.used).toBe(0);
  });

  test('close releases what waits, is told, and may be called again', () => {
    const pool = newPool();
    const { a, b } = createCable();
    const listener = counting();
    b.listen(listener);
    a.transmit(frame(pool, 60));
    a.transmit(frame(pool, 60));
    b.close();
    b.close();
    expect(pool.used).toBe(0);
    expect(listener.changes).toBe(1);
    expect(b.counters.rxClosed).toBe(2);
    expect(b.receive()).toBe(null);
    expect(b.transmit(frame(pool, 60))).toBe(true);
    expect(b.counters.txClosed).toBe(1);
    expect(pool.used).toBe(0);
  });

  test('addresses come from names and are locally administered', () => {
    const { a, b } = createCable({ a: { name: 'x' }, b: { name: 'y' } });
    const again = createCable({ a: { name: 'x' } }).a;
    expect(a.address).toEqual(again.address);
    expect(a.address).not.toEqual(b.address);
    expect((a.address[0] as number) & 3).toBe(2);
  });
});
