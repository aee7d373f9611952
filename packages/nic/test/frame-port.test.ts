import { describe, expect, test } from 'vitest';
import { framePort } from '../src/index.js';
import { counting, frame, newPool, receiveAll, tags } from './frames.js';

describe('a frame port', () => {
  test('brings frames in as copies', () => {
    const pool = newPool();
    const port = framePort({ pool });
    const bytes = new Uint8Array(60).fill(3);
    expect(port.push(bytes)).toBe(true);
    bytes.fill(4);
    expect(tags(receiveAll(port.device))).toEqual([3]);
    expect(pool.used).toBe(0);
  });

  test('lays the network header on a 4-byte boundary (design §6)', () => {
    const pool = newPool();
    const port = framePort({ pool });
    port.push(new Uint8Array(60));
    const packet = port.device.receive();
    expect(packet && (packet.start + 14) % 4).toBe(0);
    if (packet) pool.release(packet);
  });

  test('counts what it cannot take, and says so', () => {
    const pool = newPool(3, 0);
    const port = framePort({ pool, mtuBytes: 100, queueLength: 2 });
    expect(port.push(new Uint8Array(13))).toBe(false);
    expect(port.push(new Uint8Array(115))).toBe(false);
    expect(port.push(new Uint8Array(114))).toBe(true);
    expect(port.push(new Uint8Array(14))).toBe(true);
    expect(port.push(new Uint8Array(14))).toBe(false);
    receiveAll(port.device);
    const held = [frame(pool, 60), frame(pool, 60), frame(pool, 60)];
    expect(port.push(new Uint8Array(60))).toBe(false);
    for (const packet of held) pool.release(packet);
    port.device.setLink(false);
    expect(port.push(new Uint8Array(60))).toBe(false);
    expect(port.device.counters).toMatchObject({
      rxTooShort: 1,
      rxTooLong: 1,
      rxQueueFull: 1,
      rxNoPacket: 1,
      rxLinkDown: 1,
      rxPackets: 2,
    });
    expect(pool.used).toBe(0);
  });

  test('hands frames out by drain, in order, never from inside transmit', () => {
    const pool = newPool();
    const out: (number | undefined)[] = [];
    const port = framePort({ pool, onFrame: (bytes) => out.push(bytes[14]) });
    port.device.transmit(frame(pool, 60, 1));
    port.device.transmit(frame(pool, 60, 2));
    expect(out).toEqual([]);
    expect(port.drain()).toBe(2);
    expect(out).toEqual([1, 2]);
    expect(pool.used).toBe(0);
  });

  test('a consumer may send and drain from inside: its frames wait for the next drain', () => {
    const pool = newPool();
    const out: (number | undefined)[] = [];
    const port = framePort({
      pool,
      onFrame(bytes) {
        out.push(bytes[14]);
        if (out.length < 3) port.device.transmit(frame(pool, 60, 10 + out.length));
        expect(port.drain()).toBe(0);
      },
    });
    port.device.transmit(frame(pool, 60, 1));
    expect(port.drain()).toBe(1);
    expect(out).toEqual([1]);
    expect(port.drain()).toBe(1);
    expect(port.drain()).toBe(1);
    expect(out).toEqual([1, 11, 12]);
    expect(port.pending).toBe(0);
    expect(pool.used).toBe(0);
  });

  test('with `soon` drains by itself: one task for many frames', () => {
    const pool = newPool();
    const tasks: (() => void)[] = [];
    const out: (number | undefined)[] = [];
    const port = framePort({ pool, soon: (task) => tasks.push(task), onFrame: (bytes) => out.push(bytes[14]) });
    port.device.transmit(frame(pool, 60, 1));
    port.device.transmit(frame(pool, 60, 2));
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    expect(out).toEqual([1, 2]);
    port.device.transmit(frame(pool, 60, 3));
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    expect(out).toEqual([1, 2, 3]);
  });

  test('a consumer that throws loses its frame alone, and no packet', () => {
    const pool = newPool();
    const tasks: (() => void)[] = [];
    const out: (number | undefined)[] = [];
    const port = framePort({
      pool,
      soon: (task) => tasks.push(task),
      onFrame(bytes) {
        if (bytes[14] === 1) throw new Error('no');
        out.push(bytes[14]);
      },
    });
    port.device.transmit(frame(pool, 60, 1));
    port.device.transmit(frame(pool, 60, 2));
    expect(() => tasks.shift()?.()).toThrow('no');
    tasks.shift()?.();
    expect(out).toEqual([2]);
    expect(pool.used).toBe(0);
  });

  test('gives frames out one by one, as bytes to keep', () => {
    const pool = newPool();
    const port = framePort({ pool });
    expect(port.takeFrame()).toBe(null);
    port.device.transmit(frame(pool, 60, 1));
    const bytes = port.takeFrame();
    expect(pool.used).toBe(0);
    pool.release(frame(pool, 60, 9));
    expect(bytes?.[14]).toBe(1);
  });

  test('tells the stack busy while frames wait to leave', () => {
    const pool = newPool();
    const port = framePort({ pool, queueLength: 1 });
    const listener = counting();
    port.device.listen(listener);
    expect(port.device.transmit(frame(pool, 60, 1))).toBe(true);
    const second = frame(pool, 60, 2);
    expect(port.device.transmit(second)).toBe(false);
    port.takeFrame();
    expect(listener.writables).toBe(1);
    expect(port.device.transmit(second)).toBe(true);
    port.close();
    expect(pool.used).toBe(0);
    expect(port.push(new Uint8Array(60))).toBe(false);
  });

  test('takes a frame out of the middle of a chunk, short or long', () => {
    const pool = newPool();
    const port = framePort({ pool });
    const chunk = Uint8Array.from({ length: 400 }, (_, i) => i);
    expect(port.push(chunk, 7, 7 + 20)).toBe(true);
    expect(port.push(chunk, 30, 30 + 300)).toBe(true);
    expect(port.push(chunk, 390)).toBe(false);
    const [short, long] = receiveAll(port.device);
    expect(short).toEqual(chunk.slice(7, 27));
    expect(long).toEqual(chunk.slice(30, 330));
    expect(port.device.counters.rxTooShort).toBe(1);
  });

  test('tells once that there is room again, when half of a full queue has been taken', () => {
    const pool = newPool();
    const told: number[] = [];
    const port = framePort({ pool, queueLength: 4, onRoom: () => told.push(port.room) });
    for (let i = 0; i < 4; i++) port.push(new Uint8Array(60));
    expect(port.room).toBe(0);
    for (let i = 0; i < 4; i++) {
      const packet = port.device.receive();
      if (packet) pool.release(packet);
    }
    expect(told).toEqual([2]);
    port.push(new Uint8Array(60));
    receiveAll(port.device);
    expect(told).toEqual([2]);
  });

  test('tells once that it was closed, from either side', () => {
    const told: string[] = [];
    const near = framePort({ pool: newPool(), onClose: () => told.push('near') });
    near.close();
    near.device.close();
    const far = framePort({ pool: newPool(), onClose: () => told.push('far') });
    far.device.close();
    far.close();
    expect(told).toEqual(['near', 'far']);
  });
});
