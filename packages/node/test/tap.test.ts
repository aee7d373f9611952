import { readSync, writeSync } from 'node:fs';
import { checksumState, type DeviceListener, type Packet } from '@synos/interfaces';
import { etherType, setEthernetHeader } from '@synos/wire';
import { afterEach, describe, expect, test } from 'vitest';
import type { Tap } from '../src/tap/index.js';
import { openTap, type TapOptions } from '../src/tap/index.js';
import { findKoffi } from '../src/tap/koffi.js';
import { closeFile, delay, framePair, hasRoom, hasUnread, lack, newPool, nullFile, settled } from './frame-files.js';

const mac = new Uint8Array([2, 0, 0, 0, 0, 1]);

function frameOf(pool: ReturnType<typeof newPool>, length: number, tag = 0): Packet {
  const packet = pool.take(length, false);
  if (packet === null) throw new Error('the pool is empty');
  packet.start -= 14;
  packet.end = packet.start + length;
  setEthernetHeader(packet.memory.bytes, packet.memory.view, packet.start, mac, mac, etherType.ipv4);
  packet.memory.bytes.fill(tag, packet.start + 14, packet.end);
  return packet;
}

const rawFrame = (length: number, tag = 0): Uint8Array => new Uint8Array(length).fill(tag);

class Note implements DeviceListener {
  readables = 0;
  writables = 0;
  changes = 0;
  readable(): void {
    this.readables++;
  }
  writable(): void {
    this.writables++;
  }
  changed(): void {
    this.changes++;
  }
}

/** Waits for something, for as long as a busy machine may need. */
async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; !what(); turn++) {
    if (turn > 10_000) throw new Error('it does not come');
    await delay(1);
  }
}

/** The next frame, when it comes. */
async function received(tap: Tap): Promise<Packet> {
  for (let turn = 0; turn < 10_000; turn++) {
    const packet = tap.receive();
    if (packet !== null) return packet;
    await delay(1);
  }
  throw new Error('no frame comes');
}

test('without Linux or without koffi the error says what is wanted', () => {
  expect(() => findKoffi('win32')).toThrow(
    expect.objectContaining({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', message: expect.stringContaining('win32') }),
  );
  expect(() => findKoffi('linux', '/nowhere/at-all.js')).toThrow(
    expect.objectContaining({ code: 'ERR_KOFFI_MISSING', message: expect.stringContaining('npm install koffi') }),
  );
});

test('options out of range are refused before anything is opened', () => {
  const pool = newPool();
  for (const wrong of [
    { mtuBytes: 67 },
    { mtuBytes: 65_536 },
    { ringBytes: 300_000 },
    { ringBytes: 1024 },
    { fd: -1 },
  ]) {
    expect(() => openTap({ pool, ...wrong })).toThrow(RangeError);
  }
  expect(() => openTap({ pool, address: new Uint8Array(5) })).toThrow(TypeError);
});

describe.skipIf(lack !== undefined)(`a TAP${lack ? ` (${lack})` : ''}`, () => {
  const open: { tap: Tap; far: number; ended: Promise<void>; isFarOpen: boolean }[] = [];

  /** A device on one of two files, and the other as it is. */
  function opened(options: Partial<TapOptions> = {}) {
    const [fd, far] = framePair();
    const pool = options.pool ?? newPool();
    const tap = openTap({ fd, pool, ...options });
    const ended = new Promise<void>((resolve) => void tap.once('close', resolve));
    const note = new Note();
    tap.listen(note);
    const one = { tap, far, fd, pool, ended, note, isFarOpen: true };
    open.push(one);
    return one;
  }

  afterEach(async () => {
    for (const { tap, far, isFarOpen } of open) {
      tap.close();
      if (isFarOpen) closeFile(far);
    }
    await Promise.all(open.map(({ ended }) => ended));
    open.length = 0;
  });

  test('an fd that is nothing to read from is the end of the device, not of the process', async () => {
    const tap = openTap({ fd: nullFile(), pool: newPool() });
    const closed = new Promise<void>((resolve) => void tap.once('close', resolve));
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => void tap.once('error', resolve));
    expect(error).toMatchObject({ code: 'EBADFD', syscall: 'read' });
    expect(tap.linkUp).toBe(false);
    await closed;
    tap.close();
  });

  test('a busy file leaves the packet with the caller, and writable follows once there is time for it', () => {
    const { tap, far, pool, note } = opened();
    let refused: Packet | null = null;
    let sent = 0;
    for (; sent < 5000 && refused === null; sent++) {
      const packet = frameOf(pool, 60, sent);
      if (!tap.transmit(packet)) refused = packet;
    }
    expect(refused).not.toBeNull();
    expect(tap.transmit(refused!)).toBe(false);
    expect(tap.nextDeadline()).toBeLessThan(Infinity);
    tap.advance(10);
    expect(note.writables).toBe(1);
    // Nobody has read in between.
    expect(tap.transmit(refused!)).toBe(false);
    expect(pool.used).toBe(1);
    const bytes = new Uint8Array(100);
    const tags: number[] = [];
    while (hasUnread(far)) {
      readSync(far, bytes);
      tags.push(bytes[14]!);
    }
    expect(tags).toEqual(Array.from({ length: sent - 1 }, (_, index) => index & 0xff));
    // Nobody overtakes the one that waits.
    expect(tap.transmit(refused!)).toBe(false);
    tap.advance(20);
    expect(note.writables).toBe(2);
    expect(tap.nextDeadline()).toBe(Infinity);
    expect(tap.transmit(refused!)).toBe(true);
    expect(pool.used).toBe(0);
  });

  test('frames that find the ring full are dropped and counted, the oldest stay in order, and the ring goes on', async () => {
    const { tap, far, fd, pool } = opened({ ringBytes: 1 << 18 });
    let written = 0;
    /** More than the ring holds; the thread has read all of it in the end. */
    const flood = async (): Promise<void> => {
      for (const end = written + 500; written < end; written++) {
        await until(() => hasRoom(far));
        writeSync(far, rawFrame(1514, written));
      }
      await settled(new Set([fd]));
    };
    for (let round = 0; round < 3; round++) {
      // So that the next flood begins somewhere else in the ring.
      for (const end = written + 57; written < end; written++) {
        writeSync(far, rawFrame(1514, written));
        pool.release(await received(tap));
      }
      await flood();
      let got = 0;
      let last = -1;
      for (let packet = tap.receive(); packet !== null; packet = tap.receive()) {
        const tag = packet.memory.bytes[packet.start + 14]!;
        if (last >= 0) expect(tag).toBe((last + 1) & 0xff);
        last = tag;
        got++;
        pool.release(packet);
      }
      expect(got).toBeGreaterThan(100);
      expect(got * 1522).toBeLessThanOrEqual(1 << 18);
    }
    await until(() => tap.counters.rxPackets + tap.counters.rxRingFull === written);
    expect(tap.counters.rxRingFull).toBeGreaterThan(0);
  });

  test('frames of every length go through the ring whole, many times around', async () => {
    const { tap, far, pool } = opened({ ringBytes: 1 << 18 });
    let wanted = 0;
    for (let round = 0; round < 600; round++) {
      const lengths = [14, 15, 60, 1513, 1514, 700 + (round % 97)];
      for (const length of lengths) writeSync(far, rawFrame(length, wanted++));
      for (const [index, length] of lengths.entries()) {
        const got = await received(tap);
        expect(got.end - got.start).toBe(length);
        const tag = (wanted - lengths.length + index) & 0xff;
        expect(got.memory.bytes.subarray(got.start, got.end).every((byte) => byte === tag)).toBe(true);
        pool.release(got);
      }
    }
    expect(tap.counters.rxPackets).toBe(3600);
    expect(pool.used).toBe(0);
  });

  test('what is no frame for us is dropped and counted', async () => {
    const { tap, far } = opened({ pool: newPool(1, 1) });
    writeSync(far, rawFrame(13));
    writeSync(far, rawFrame(1515));
    writeSync(far, rawFrame(9000));
    writeSync(far, rawFrame(100));
    writeSync(far, rawFrame(101));
    const held: Packet[] = [];
    await until(() => {
      const packet = tap.receive();
      if (packet !== null) held.push(packet);
      return tap.counters.rxNoPacket === 1;
    });
    expect(held).toHaveLength(1);
    expect(tap.counters).toMatchObject({ rxTooShort: 1, rxTooLong: 2, rxPackets: 1, rxBytes: 100 });
    held[0]!.pool.release(held[0]!);
  });

  test('with offload, an open checksum and a super-segment are said in front of the frame', async () => {
    const { tap, far, pool } = opened({ offload: true });
    const packet = pool.take(4000, false)!;
    packet.start -= 14;
    packet.end = packet.start + 54 + 3000;
    setEthernetHeader(packet.memory.bytes, packet.memory.view, packet.start, mac, mac, etherType.ipv4);
    packet.checksum = checksumState.partial;
    packet.checksumStart = packet.start + 34;
    packet.checksumOffset = 16;
    packet.segmentBytes = 1448;
    packet.memory.view.setUint8(packet.checksumStart + 12, 5 << 4);
    packet.memory.view.setUint8(packet.checksumStart + 13, 0x80 | 0x10);
    expect(tap.transmit(packet)).toBe(true);
    const bytes = Buffer.alloc(70_000);
    expect(readSync(far, bytes)).toBe(10 + 54 + 3000);
    const header = {
      flags: bytes[0],
      kind: bytes[1],
      headers: bytes.readUInt16LE(2),
      segment: bytes.readUInt16LE(4),
      start: bytes.readUInt16LE(6),
      offset: bytes.readUInt16LE(8),
    };
    // Congestion window reduced asks for Linux's care: 0x80.
    expect(header).toEqual({ flags: 1, kind: 0x81, headers: 54, segment: 1448, start: 34, offset: 16 });

    // And a plain frame has a header of zeros, also where there is no room in front of it.
    const plain = frameOf(pool, 60, 7);
    plain.memory.bytes[plain.start - 1] = 0xee;
    const noRoom = { ...plain, pool: plain.pool, memory: plain.memory, slotStart: plain.start, release: undefined };
    expect(tap.transmit(Object.assign(Object.create(Object.getPrototypeOf(plain) as object), noRoom))).toBe(true);
    expect(plain.memory.bytes[plain.start - 1]).toBe(0xee);
    expect(readSync(far, bytes)).toBe(70);
    expect([...bytes.subarray(0, 10)]).toEqual(new Array(10).fill(0));
    expect(bytes[10 + 14]).toBe(7);
  });

  test('with offload, what Linux vouches for and has not cut is marked', async () => {
    const { tap, far, pool } = opened({ offload: true });
    const send = (flags: number, kind: number, segmentBytes: number, length: number): void => {
      const bytes = Buffer.alloc(10 + length);
      bytes[0] = flags;
      bytes[1] = kind;
      bytes.writeUInt16LE(segmentBytes, 4);
      writeSync(far, bytes);
    };
    send(0, 0, 0, 60);
    send(1, 0, 0, 60);
    send(2, 0, 0, 60);
    send(1, 1, 1448, 65_549);
    send(1, 0x81, 1448, 3000);
    // Longer than the MTU and no super-segment; too long for anything; no frame at all; not even a header.
    send(0, 0, 0, 1515);
    send(1, 1, 1448, 65_550);
    send(0, 0, 0, 5);
    writeSync(far, new Uint8Array(4));
    const got: unknown[] = [];
    await until(() => {
      for (let packet = tap.receive(); packet !== null; packet = tap.receive()) {
        got.push([packet.checksum, packet.segmentBytes, packet.end - packet.start]);
        pool.release(packet);
      }
      return tap.counters.rxTooShort === 2;
    });
    expect(got).toEqual([
      [checksumState.none, 0, 60],
      [checksumState.verified, 0, 60],
      [checksumState.verified, 0, 60],
      [checksumState.verified, 1448, 65_549],
      [checksumState.verified, 1448, 3000],
    ]);
    expect(tap.counters.rxTooLong).toBe(2);
  });

  test('the listener hears of frames without anybody asking, burst after burst', async () => {
    const { tap, far, pool, note } = opened();
    for (let burst = 1; burst <= 50; burst++) {
      writeSync(far, rawFrame(60));
      await until(() => note.readables === burst);
      if (burst % 2) await delay(1);
      for (let packet = tap.receive(); packet !== null; packet = tap.receive()) pool.release(packet);
    }
    expect(tap.counters.rxPackets).toBe(50);
  });

  test('a far end that goes away: frames that came are still received, then an error, the link down, the end', async () => {
    const { tap, far, pool, note, ended } = opened();
    const errors: NodeJS.ErrnoException[] = [];
    tap.on('error', (error) => void errors.push(error));
    writeSync(far, rawFrame(60));
    await until(() => note.readables === 1);
    open[0]!.isFarOpen = false;
    closeFile(far);
    await ended;
    expect(errors).toMatchObject([{ code: 'EBADFD', errno: -77, syscall: 'read' }]);
    expect(tap.linkUp).toBe(false);
    expect(note.changes).toBe(1);
    expect(tap.transmit(frameOf(pool, 60))).toBe(true);
    expect(tap.counters.txLinkDown).toBe(1);
    expect(tap.receive()).toBeNull();
    expect(tap.counters.rxLinkDown).toBe(1);
    expect(pool.used).toBe(0);
    tap.close();
    expect(errors).toHaveLength(1);
  });

  test('a write that finds the far end gone says the same, and nobody needs to listen for errors', async () => {
    const { tap, far, pool, ended } = opened();
    open[0]!.isFarOpen = false;
    closeFile(far);
    expect(tap.transmit(frameOf(pool, 60))).toBe(true);
    expect(tap.linkUp).toBe(false);
    await ended;
    expect(pool.used).toBe(0);
  });

  test('a file closed behind our back is an error, and its number is left alone', async () => {
    const { tap, fd, far, pool, ended } = opened();
    const error = new Promise<NodeJS.ErrnoException>((resolve) => void tap.once('error', resolve));
    // The thread is at work.
    writeSync(far, rawFrame(60));
    pool.release(await received(tap));
    closeFile(fd);
    // It ends while nobody here looks, and the number becomes another file's.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    const other = nullFile();
    expect(other).toBe(fd);
    expect((await error).code).toBe('EBADF');
    await ended;
    expect(tap.linkUp).toBe(false);
    expect(hasUnread(other)).toBe(true);
    closeFile(other);
  });

  test('who waits for room when the cable is pulled is told: from now on frames are dropped', () => {
    const { tap, pool, note } = opened();
    for (let isBusy = false; !isBusy; ) {
      const packet = frameOf(pool, 60);
      isBusy = !tap.transmit(packet);
      if (isBusy) pool.release(packet);
    }
    tap.setLink(false);
    expect(note.writables).toBe(1);
    expect(tap.nextDeadline()).toBe(Infinity);
    expect(tap.transmit(frameOf(pool, 60))).toBe(true);
    expect(pool.used).toBe(0);
  });

  test('a pulled cable: dropped and counted both ways, until it is plugged again', async () => {
    const { tap, far, pool, note } = opened();
    tap.setLink(false);
    tap.setLink(false);
    expect(note.changes).toBe(1);
    writeSync(far, rawFrame(60));
    await until(() => {
      tap.receive();
      return tap.counters.rxLinkDown === 1;
    });
    expect(tap.transmit(frameOf(pool, 60))).toBe(true);
    expect(hasUnread(far)).toBe(false);
    tap.setLink(true);
    expect(tap.transmit(frameOf(pool, 60))).toBe(true);
    expect(hasUnread(far)).toBe(true);
  });
});
