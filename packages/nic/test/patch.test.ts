import { describe, expect, test } from 'vitest';
import { createCable, createPatch, createSwitch, createTracer, framePort } from '../src/index.js';
import { broadcast, frame, macA, macB, newPool, receiveAll, tags } from './frames.js';

describe('a patch', () => {
  test('joins what is far away with a port of a switch', () => {
    const pool = newPool();
    const far = [framePort({ pool }), framePort({ pool })] as const;
    const lan = createSwitch({ ports: 3 });
    const patches = far.map((port, index) => createPatch(port.device, lan.port(index)));
    const settle = (): void => {
      for (let turn = 0; turn < 3; turn++) for (const patch of patches) patch.poll(0, 8);
    };
    const bytes = new Uint8Array(60);
    bytes.set(broadcast);
    bytes.set(macA, 6);
    far[0].push(bytes);
    settle();
    expect(far[1].takeFrame()).toEqual(bytes);
    expect(receiveAll(lan.port(2))).toHaveLength(1);
    bytes.set(macA);
    bytes.set(macB, 6);
    far[1].push(bytes);
    settle();
    expect(far[0].takeFrame()).toEqual(bytes);
    expect(lan.port(2).receive()).toBe(null);
    expect(pool.used).toBe(0);
  });

  test('what a watcher of a device throws does not stop it', () => {
    const pool = newPool();
    const [near, far] = [createCable(), createCable()];
    const watched = createTracer(far.a, () => {
      throw new Error('the disk is full');
    });
    const patch = createPatch(near.b, watched);
    let told = 0;
    patch.onWork = () => told++;
    near.a.transmit(frame(pool, 60, 1));
    patch.poll(0, 8);
    expect(() => patch.poll(1, 8)).toThrow('the disk is full');
    near.a.transmit(frame(pool, 60, 2));
    expect(told).toBe(2);
    patch.poll(2, 8);
    expect(receiveAll(far.b)).toHaveLength(2);
    expect(pool.used).toBe(0);
  });

  test('waits for a busy side with one frame in hand, and loses none', () => {
    const pool = newPool();
    const near = createCable({ queueLength: 8 });
    const far = createCable({ queueLength: 2 });
    const patch = createPatch(near.b, far.a);
    let told = 0;
    patch.onWork = () => told++;
    for (let tag = 0; tag < 8; tag++) near.a.transmit(frame(pool, 60, tag));
    expect(told).toBe(1);
    const got: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      expect(patch.poll(0, 64)).toBe(false);
      got.push(...tags(receiveAll(far.b)));
    }
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(pool.used).toBe(0);
  });

  test('keeps to its budget, and says that there is more', () => {
    const pool = newPool();
    const near = createCable();
    const far = createCable();
    const patch = createPatch(near.b, far.a);
    for (let tag = 0; tag < 10; tag++) near.a.transmit(frame(pool, 60, tag));
    expect(patch.poll(0, 8)).toBe(true);
    expect(receiveAll(far.b)).toHaveLength(4);
    while (patch.poll(0, 8));
    expect(receiveAll(far.b)).toHaveLength(6);
  });

  test('releases what it holds when closed, and lets go of both devices', () => {
    const pool = newPool();
    const near = createCable();
    const far = createCable({ queueLength: 1 });
    const patch = createPatch(near.b, far.a);
    for (let tag = 0; tag < 3; tag++) near.a.transmit(frame(pool, 60, tag));
    patch.poll(0, 64);
    expect(pool.used).toBe(3);
    patch.close();
    patch.close();
    expect(pool.used).toBe(2);
    expect(tags(receiveAll(near.b))).toEqual([2]);
    expect(tags(receiveAll(far.b))).toEqual([0]);
    near.a.transmit(frame(pool, 60, 9));
    expect(patch.poll(0, 64)).toBe(false);
    expect(receiveAll(near.b)).toHaveLength(1);
  });

  test('refuses devices that vouch', () => {
    const vouching = createCable({ vouches: true });
    expect(() => createPatch(vouching.a, createCable().a)).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
  });
});
