import { checkIpv4, checkUdp, createMemory, ipv4 } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import {
  capture,
  createCable,
  createLoopback,
  createPcapng,
  createTracer,
  longestFrameBytes,
  maskFeatures,
} from '../src/index.js';
import { bytesOf, datagramFrame, frame, newPool, receiveAll } from './frames.js';

/** Whether the frame's IPv4 and UDP checksums are what its bytes say. */
function isSound(bytes: Uint8Array): boolean {
  const memory = createMemory(new ArrayBuffer((bytes.length + 9) & ~7));
  memory.bytes.set(bytes, 2);
  const end = bytes.length + 2;
  if (checkIpv4(memory, 16, end, true) !== 0 || memory.view.getUint16(42) === 0) return false;
  return checkUdp(memory, 36, end, ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2), false) === 0;
}

describe('a tracer', () => {
  test('shows sent and received frames with their times', () => {
    const pool = newPool();
    const cable = createCable();
    const seen: [string, number, number | undefined][] = [];
    const traced = createTracer(cable.a, (direction, nowMs, bytes) => seen.push([direction, nowMs, bytes[14]]));
    traced.advance(5);
    traced.transmit(frame(pool, 60, 1));
    traced.advance(8);
    cable.b.transmit(frame(pool, 60, 2));
    receiveAll(traced);
    receiveAll(cable.b);
    expect(seen).toEqual([
      ['transmit', 5, 1],
      ['receive', 8, 2],
    ]);
  });

  test('does not show what the device was too busy for', () => {
    const pool = newPool();
    const cable = createCable({ queueLength: 1 });
    let shown = 0;
    const traced = createTracer(cable.a, () => shown++);
    traced.transmit(frame(pool, 60, 1));
    const second = frame(pool, 60, 2);
    expect(traced.transmit(second)).toBe(false);
    expect(shown).toBe(1);
    pool.release(second);
    cable.close();
  });

  test('a sink that throws is told of at the next advance, once, and costs no frame', () => {
    const pool = newPool();
    const cable = createCable();
    let shown = 0;
    const full = (): void => {
      shown++;
      throw new Error('the disk is full');
    };
    const [a, b] = [createTracer(cable.a, full), createTracer(cable.b, full)];
    for (let tag = 0; tag < 3; tag++) expect(a.transmit(frame(pool, 60, tag))).toBe(true);
    expect(receiveAll(b)).toHaveLength(3);
    expect(pool.used).toBe(0);
    for (const device of [a, b]) {
      expect(() => device.advance(1)).toThrow('the disk is full');
      device.advance(2);
    }
    expect(shown).toBe(2);
    cable.close();
  });

  test('completes checksums in its copy, both ways, and leaves the frame alone', () => {
    const pool = newPool();
    const shown: Uint8Array[] = [];
    const loopback = createTracer(createLoopback(), (_direction, _nowMs, bytes) => shown.push(bytes));
    for (const payloadBytes of [0, 1, 33, 1400, 40_000]) {
      const packet = datagramFrame(pool, payloadBytes, true);
      const before = bytesOf(packet);
      expect(isSound(before)).toBe(false);
      loopback.transmit(packet);
      const back = loopback.receive();
      if (back === null) throw new Error('nothing came');
      expect(bytesOf(back)).toEqual(before);
      pool.release(back);
    }
    expect(shown).toHaveLength(10);
    expect(shown.filter((bytes) => !isSound(bytes))).toEqual([]);
  });

  test('keeps complete checksums and bad ones as they are', () => {
    const pool = newPool();
    const shown: Uint8Array[] = [];
    const cable = createCable();
    const traced = createTracer(cable.a, (_direction, _nowMs, bytes) => shown.push(bytes));
    const good = datagramFrame(pool, 20, false);
    const bad = datagramFrame(pool, 20, false);
    bad.checksum = 0;
    bad.memory.bytes[bad.end - 1] = 0;
    const sent = [bytesOf(good), bytesOf(bad)];
    traced.transmit(good);
    traced.transmit(bad);
    expect(shown).toEqual(sent);
    receiveAll(cable.b);
  });
});

test('RFC 768: a datagram sent without a checksum is shown without one', () => {
  const pool = newPool();
  const packet = datagramFrame(pool, 20, false);
  packet.memory.view.setUint16(packet.start + 40, 0);
  const before = bytesOf(packet);
  const shown: Uint8Array[] = [];
  const loopback = createTracer(createLoopback(), (_direction, _nowMs, bytes) => shown.push(bytes));
  loopback.transmit(packet);
  expect(shown).toEqual([before]);
  loopback.close();
});

describe('masked features', () => {
  test('a frame that only the device vouched for is handed up with a real checksum and no word about it', () => {
    const pool = newPool();
    const cable = createCable({ vouches: true });
    const plain = maskFeatures(cable.b);
    expect(plain.features).toEqual({ fillsChecksums: false, verifiesChecksums: false, superSegmentBytes: 0 });
    cable.a.transmit(datagramFrame(pool, 30, true));
    const packet = plain.receive();
    if (packet === null) throw new Error('nothing came');
    expect(packet.checksum).toBe(0);
    expect(isSound(bytesOf(packet))).toBe(true);
    pool.release(packet);
  });

  test('leaves what is allowed', () => {
    const cable = createCable({ vouches: true });
    const some = maskFeatures(cable.a, { fillsChecksums: true, verifiesChecksums: false, superSegmentBytes: 9000 });
    expect(some.features).toEqual({ fillsChecksums: true, verifiesChecksums: false, superSegmentBytes: 9000 });
    expect(cable.a.features.superSegmentBytes).toBe(longestFrameBytes);
  });
});

describe('pcapng', () => {
  /** Blocks as [type, body], read the way the format says (draft-ietf-opsawg-pcapng §3.1). */
  function blocks(pieces: readonly Uint8Array[]): { type: number; view: DataView }[] {
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    const found: { type: number; view: DataView }[] = [];
    const view = new DataView(whole.buffer);
    for (at = 0; at < whole.length; ) {
      const length = view.getUint32(at + 4, true);
      expect(length % 4).toBe(0);
      expect(view.getUint32(at + length - 4, true)).toBe(length);
      found.push({ type: view.getUint32(at, true), view: new DataView(whole.buffer, at + 8, length - 12) });
      at += length;
    }
    return found;
  }

  test('writes a section, interfaces, and frames with times and directions', () => {
    const pool = newPool();
    const pieces: Uint8Array[] = [];
    const pcapng = createPcapng((bytes) => pieces.push(bytes), { wallClockOffsetMs: 1_700_000_000_000 });
    const cable = createCable({ a: { name: 'left' } });
    const device = capture(cable.a, pcapng);
    device.advance(1234.5678);
    device.transmit(frame(pool, 61, 1));
    cable.b.transmit(frame(pool, 60, 2));
    receiveAll(device);
    receiveAll(cable.b);
    const [section, description, sent, received, ...more] = blocks(pieces);
    expect(more).toEqual([]);
    expect(section?.type).toBe(0x0a0d0d0a);
    expect(section?.view.getUint32(0, true)).toBe(0x1a2b3c4d);
    expect(description?.type).toBe(1);
    expect(description?.view.getUint16(0, true)).toBe(1);
    expect(sent?.type).toBe(6);
    const timeUs = (sent?.view.getUint32(4, true) ?? 0) * 2 ** 32 + (sent?.view.getUint32(8, true) ?? 0);
    expect(timeUs).toBe(1_700_000_001_234_567);
    expect(sent?.view.getUint32(12, true)).toBe(61);
    // The flags option follows 61 bytes padded to 64: 2 outbound, 1 inbound.
    expect(sent?.view.getUint16(20 + 64, true)).toBe(2);
    expect(sent?.view.getUint32(20 + 64 + 4, true)).toBe(2);
    expect(received?.view.getUint32(20 + 60 + 4, true)).toBe(1);
    expect(pcapng.frameCount).toBe(2);
  });

  test('super-segments are written whole', () => {
    const pool = newPool();
    const pieces: Uint8Array[] = [];
    const device = capture(
      createLoopback(),
      createPcapng((bytes) => pieces.push(bytes)),
    );
    device.transmit(frame(pool, longestFrameBytes));
    expect(blocks(pieces).at(-1)?.view.getUint32(12, true)).toBe(65_549);
    device.close();
    expect(pool.used).toBe(0);
  });
});
