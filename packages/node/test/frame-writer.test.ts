import type { Socket } from 'node:net';
import { framePort } from '@synos/nic';
import { describe, expect, test } from 'vitest';
import { FrameWriter } from '../src/stream/frame-writer.js';
import { frameBytes, framed, newPool, send } from './sockets.js';

/** A socket that takes writes and says when it likes that they are done. */
function newWriter(queueLength: number, mtuBytes = 1500) {
  const pool = newPool(2048, 64);
  const writes: Uint8Array[] = [];
  const done: (() => void)[] = [];
  const socket = {
    destroyed: false,
    write(bytes: Uint8Array, written: () => void) {
      writes.push(bytes);
      done.push(written);
      return false;
    },
  };
  const port = framePort({ pool, queueLength, mtuBytes, onFrame: (frame) => writer.append(frame) });
  const writer = new FrameWriter(socket as unknown as Socket, port);
  return { pool, port, writer, writes, done, socket };
}

describe('the writer of a stream of frames', () => {
  test('gathers what waits into one write', () => {
    const { pool, port, writer, writes } = newWriter(64);
    const frames = Array.from({ length: 40 }, (_, i) => frameBytes(60 + i, i));
    for (const frame of frames) send(port.device, pool, frame);
    writer.flush();
    expect(writes.map((bytes) => Buffer.from(bytes))).toEqual([Buffer.concat(frames.map(framed))]);
    expect(pool.used).toBe(0);
  });

  test('has at most two writes of 128 KB under way, and goes on when one is done', () => {
    const { pool, port, writer, writes, done } = newWriter(1000);
    for (let i = 0; i < 1000; i++) send(port.device, pool, frameBytes(1514, i));
    writer.flush();
    expect(writes).toHaveLength(2);
    for (const bytes of writes) expect(bytes.length).toBeLessThanOrEqual(131_072);
    const waiting = port.pending;
    writer.flush();
    expect(port.pending).toBe(waiting);
    const first = writes[0] as Uint8Array;
    const seen = first.slice();
    done[1]?.();
    expect(writes).toHaveLength(3);
    // What the system still has is not written over.
    expect(first).toEqual(seen);
    for (let i = 0; done[i] !== undefined; i++) if (i !== 1) done[i]?.();
    expect(port.pending).toBe(0);
    expect(pool.used).toBe(0);
  });

  test('has room for the longest frames', () => {
    const { pool, port, writer, writes, done } = newWriter(8, 65_535);
    const frames = [65_549, 14, 65_549, 65_549].map((length, i) => frameBytes(length, i));
    for (const frame of frames) expect(send(port.device, pool, frame)).toBe(true);
    const all: Buffer[] = [];
    writer.flush();
    for (let i = 0; i < writes.length; i++) {
      all.push(Buffer.from(writes[i] as Uint8Array));
      done[i]?.();
    }
    expect(Buffer.concat(all).equals(Buffer.concat(frames.map(framed)))).toBe(true);
  });

  test('writes nothing to a socket that is gone', () => {
    const { pool, port, writer, writes, socket } = newWriter(8);
    socket.destroyed = true;
    send(port.device, pool, frameBytes(60));
    writer.flush();
    expect(writes).toEqual([]);
    expect(port.pending).toBe(1);
  });
});
