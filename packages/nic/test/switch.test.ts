import { describe, expect, test } from 'vitest';
import { createSwitch } from '../src/index.js';
import { broadcast, counting, frame, newPool, receiveAll, tags } from './frames.js';

const mac = (n: number): Uint8Array<ArrayBuffer> => new Uint8Array([2, 0, 0, 0, 0, n]);

describe('a learning switch (IEEE 802.1D §7)', () => {
  test('floods what it does not know, then forwards to the learned port alone', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3 });
    lan.port(0).transmit(frame(pool, 60, 1, mac(2), mac(1)));
    expect(tags(receiveAll(lan.port(1)))).toEqual([1]);
    expect(tags(receiveAll(lan.port(2)))).toEqual([1]);
    expect(receiveAll(lan.port(0))).toEqual([]);
    lan.port(1).transmit(frame(pool, 60, 2, mac(1), mac(2)));
    expect(tags(receiveAll(lan.port(0)))).toEqual([2]);
    expect(receiveAll(lan.port(2))).toEqual([]);
    expect(lan.counters).toMatchObject({ flooded: 1, forwarded: 1 });
    expect(pool.used).toBe(0);
  });

  test('floods broadcast and multicast always', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    lan.port(1).transmit(frame(pool, 60, 2, new Uint8Array([1, 0, 0x5e, 0, 0, 1]), mac(2)));
    expect(tags(receiveAll(lan.port(2)))).toEqual([1, 2]);
    expect(tags(receiveAll(lan.port(1)))).toEqual([1]);
    expect(tags(receiveAll(lan.port(0)))).toEqual([2]);
    expect(pool.used).toBe(0);
  });

  test('copies are packets of their own', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    const one = lan.port(1).receive();
    const two = lan.port(2).receive();
    if (one === null || two === null) throw new Error('a copy is missing');
    one.memory.bytes[one.start + 14] = 99;
    expect(two.memory.bytes[two.start + 14]).toBe(1);
    pool.release(one);
    pool.release(two);
  });

  test('sends nothing back: a destination at the port it came from is filtered', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 2 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    receiveAll(lan.port(1));
    lan.port(0).transmit(frame(pool, 60, 2, mac(1), mac(3)));
    expect(receiveAll(lan.port(0))).toEqual([]);
    expect(receiveAll(lan.port(1))).toEqual([]);
    expect(lan.counters.filtered).toBe(1);
    expect(pool.used).toBe(0);
  });

  test('a station heard elsewhere has moved', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    lan.port(1).transmit(frame(pool, 60, 2, broadcast, mac(1)));
    for (const port of [0, 1, 2]) receiveAll(lan.port(port));
    lan.port(2).transmit(frame(pool, 60, 3, mac(1), mac(3)));
    expect(receiveAll(lan.port(0))).toEqual([]);
    expect(tags(receiveAll(lan.port(1)))).toEqual([3]);
    expect(lan.counters.moved).toBe(1);
  });

  test('an address that is not heard is forgotten after ageMs', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3, ageMs: 1000 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    for (const port of [1, 2]) receiveAll(lan.port(port));
    lan.port(1).advance(999);
    lan.port(1).transmit(frame(pool, 60, 2, mac(1), mac(2)));
    expect(receiveAll(lan.port(2))).toEqual([]);
    lan.port(1).advance(1000);
    lan.port(1).transmit(frame(pool, 60, 3, mac(1), mac(2)));
    expect(tags(receiveAll(lan.port(2)))).toEqual([3]);
  });

  test('a flood of made-up senders neither grows the table nor pushes out who is known', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3, tableSize: 8, ageMs: 1000 });
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    for (const port of [1, 2]) receiveAll(lan.port(port));
    for (let i = 0; i < 200; i++) {
      lan.port(1).transmit(frame(pool, 60, 2, mac(1), new Uint8Array([2, 1, 0, 0, i >> 4, i])));
      receiveAll(lan.port(0));
    }
    expect(lan.stationCount).toBe(8);
    expect(lan.counters.tableFull).toBe(193);
    lan.port(2).transmit(frame(pool, 60, 3, mac(1), mac(3)));
    expect(tags(receiveAll(lan.port(0)))).toEqual([3]);
    expect(receiveAll(lan.port(1))).toEqual([]);
    // All have aged: there is place again.
    lan.port(1).advance(1000);
    lan.port(2).transmit(frame(pool, 60, 4, mac(9), mac(3)));
    expect(lan.stationCount).toBe(1);
    lan.close();
    expect(pool.used).toBe(0);
  });

  test('a full port drops and counts, and nobody is held up', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 3, queueLength: 2 });
    for (let tag = 1; tag <= 4; tag++) {
      expect(lan.port(0).transmit(frame(pool, 60, tag, broadcast, mac(1)))).toBe(true);
      receiveAll(lan.port(2));
    }
    expect(lan.port(1).counters.rxQueueFull).toBe(2);
    expect(tags(receiveAll(lan.port(1)))).toEqual([1, 2]);
    expect(pool.used).toBe(0);
  });

  test('frames whose sender is a group are dropped (IEEE 802.3 §3.2.3)', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: 2 });
    lan.port(0).transmit(frame(pool, 60, 1, mac(2), broadcast));
    expect(receiveAll(lan.port(1))).toEqual([]);
    expect(lan.counters.groupSource).toBe(1);
    expect(pool.used).toBe(0);
  });

  test('a pulled cable forgets the stations behind it', () => {
    const pool = newPool();
    const lan = createSwitch({ ports: ['x', 'y', 'z'] });
    const listener = counting();
    lan.port(0).listen(listener);
    lan.port(0).transmit(frame(pool, 60, 1, broadcast, mac(1)));
    for (const port of [1, 2]) receiveAll(lan.port(port));
    lan.port(0).setLink(false);
    expect(listener.changes).toBe(1);
    // Its frames are flooded again, for the station may come back anywhere; but not into the pulled cable.
    lan.port(1).transmit(frame(pool, 60, 3, mac(1), mac(2)));
    expect(tags(receiveAll(lan.port(2)))).toEqual([3]);
    expect(lan.port(0).counters.rxLinkDown).toBe(0);
    expect(lan.port(0).name).toBe('x');
    expect(pool.used).toBe(0);
  });

  test('ports with pools of their own get copies there', () => {
    const here = newPool();
    const there = newPool();
    const lan = createSwitch({ ports: [{ pool: here }, { pool: there }] });
    lan.port(0).transmit(frame(here, 60, 1, broadcast, mac(1)));
    expect(here.used).toBe(0);
    expect(there.used).toBe(1);
    lan.close();
    expect(there.used).toBe(0);
  });

  test('counts out of range are refused', () => {
    expect(() => createSwitch({ ports: 0 })).toThrow('ports');
    expect(() => createSwitch({ ports: 2, tableSize: 0 })).toThrow('table');
    expect(() => createSwitch({ ports: 2 }).port(2)).toThrow('port');
  });
});
