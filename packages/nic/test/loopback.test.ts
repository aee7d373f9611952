import { checksumState } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { createLoopback, longestFrameBytes } from '../src/index.js';
import { counting, datagramFrame, frame, newPool, receiveAll } from './frames.js';

describe('loopback', () => {
  test('gives the packet itself back, in order', () => {
    const pool = newPool();
    const loopback = createLoopback();
    const packets = [frame(pool, 60), frame(pool, 60), frame(pool, 60)] as const;
    for (const packet of packets) expect(loopback.transmit(packet)).toBe(true);
    for (const packet of packets) {
      expect(loopback.receive()).toBe(packet);
      pool.release(packet);
    }
    expect(loopback.receive()).toBe(null);
    expect(loopback.isLoopback).toBe(true);
  });

  test('vouches for checksums and takes the longest frame that there is', () => {
    const pool = newPool();
    const loopback = createLoopback();
    loopback.transmit(datagramFrame(pool, 100, true));
    const packet = loopback.receive();
    expect(packet?.checksum).toBe(checksumState.verified);
    if (packet) pool.release(packet);
    expect(loopback.transmit(frame(pool, longestFrameBytes))).toBe(true);
    expect(loopback.counters.txPackets).toBe(2);
    expect(receiveAll(loopback)).toHaveLength(1);
    expect(loopback.transmit(frame(pool, longestFrameBytes + 1))).toBe(true);
    expect(loopback.counters.txTooLong).toBe(1);
  });

  test('is busy when full; receiving makes room', () => {
    const pool = newPool();
    const loopback = createLoopback({ queueLength: 1 });
    const listener = counting();
    loopback.listen(listener);
    expect(loopback.transmit(frame(pool, 60))).toBe(true);
    const second = frame(pool, 60);
    expect(loopback.transmit(second)).toBe(false);
    expect(receiveAll(loopback)).toHaveLength(1);
    expect(listener.writables).toBe(1);
    expect(loopback.transmit(second)).toBe(true);
    loopback.close();
    expect(pool.used).toBe(0);
  });

  test('link down and up', () => {
    const pool = newPool();
    const loopback = createLoopback();
    loopback.setLink(false);
    expect(loopback.transmit(frame(pool, 60))).toBe(true);
    expect(loopback.counters.txLinkDown).toBe(1);
    loopback.setLink(true);
    expect(loopback.transmit(frame(pool, 60))).toBe(true);
    expect(receiveAll(loopback)).toHaveLength(1);
    expect(pool.used).toBe(0);
  });
});
