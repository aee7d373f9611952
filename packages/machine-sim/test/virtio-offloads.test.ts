import { checksumState } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { netFeature } from '../src/devices/virtio-net-header.js';
import { virtio } from './reference/virtio-driver.js';
import { BUFFER_BYTES, BUFFERS, createWorld, frameOf, isSummed, PLAIN, tcpFrame } from './virtio-world.js';

describe('offloads', () => {
  const header = (fields: {
    flags?: number;
    gso?: number;
    segment?: number;
    start?: number;
    offset?: number;
  }): Uint8Array => {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, fields.flags ?? 1);
    view.setUint8(1, fields.gso ?? 0);
    view.setUint16(4, fields.segment ?? 0, true);
    view.setUint16(6, fields.start ?? 34, true);
    view.setUint16(8, fields.offset ?? 16, true);
    return bytes;
  };

  test('out: a sum to be filled, and a super-segment, are marks of the packet', () => {
    const { driver, cable, send } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.checksum | netFeature.hostTso4);
    send(tcpFrame(5000), header({ gso: 1, segment: 1460 }));
    const packet = cable.b.receive();
    expect(packet?.segmentBytes).toBe(1460);
    expect(packet?.checksum).toBe(checksumState.verified);
    expect((packet?.checksumStart ?? 0) - (packet?.start ?? 0)).toBe(34);
  });

  test('out: what makes no sense is dropped and counted', () => {
    const { driver, machine, send, counters, taken } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.checksum | netFeature.hostTso4);
    const wrong = [
      { start: 0 },
      { start: 2000 },
      { start: 1000, offset: 0xffff },
      { gso: 3, segment: 100 },
      { gso: 1, segment: 0 },
      { gso: 1, segment: 100, start: 35 },
      { gso: 1, segment: 100, offset: 6 },
      { flags: 0, gso: 1, segment: 100 },
      { gso: 0x81, segment: 100 },
    ];
    for (const fields of wrong) send(tcpFrame(1000), header(fields));
    send(tcpFrame(0), header({ gso: 1, segment: 100 }));
    send(frameOf(200), header({ gso: 1, segment: 100 }));
    machine.idle(machine.rdtsc());
    expect(counters()['net0.txBadHeader']).toBe(wrong.length + 2);
    expect(taken()).toBeNull();
    // And nothing of it at all for a driver that accepted none.
    driver.start(PLAIN);
    expect(driver.status & virtio.needsReset).toBe(0);
  });

  test('in: marks become flags for a driver that accepted them', () => {
    const { driver, machine, bytes, arrive, post } = createWorld({ vouches: true });
    driver.start(PLAIN | netFeature.guestChecksum | netFeature.guestTso4);
    post(2);
    arrive(tcpFrame(100), (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
    });
    arrive(tcpFrame(5000), (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
      packet.segmentBytes = 1460;
    });
    machine.idle(machine.rdtsc());
    const at = BUFFERS + 0x10_0000;
    expect([...bytes.subarray(at, at + 12)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    const second = at + BUFFER_BYTES;
    expect([...bytes.subarray(second, second + 12)]).toEqual([1, 1, 54, 0, 1460 & 0xff, 1460 >> 8, 34, 0, 16, 0, 1, 0]);
  });

  test('in: for a driver that accepted none sums are filled in and super-segments cut', () => {
    const { driver, machine, bytes, arrive, post } = createWorld({ vouches: true });
    driver.start(PLAIN);
    post(8);
    const frame = tcpFrame(5000);
    new DataView(frame.buffer).setUint16(50, 0);
    arrive(frame, (packet) => {
      packet.checksum = checksumState.partial;
      packet.checksumStart = packet.start + 34;
      packet.checksumOffset = 16;
      packet.segmentBytes = 1460;
    });
    machine.idle(machine.rdtsc());
    const used = driver.used(0);
    expect(used.map(([, length]) => length)).toEqual([1526, 1526, 1526, 12 + 54 + 620]);
    const payload: number[] = [];
    used.forEach(([, length], index) => {
      const at = BUFFERS + 0x10_0000 + index * BUFFER_BYTES;
      const segment = bytes.slice(at + 12, at + length);
      expect([bytes[at], isSummed(segment)]).toEqual([0, true]);
      payload.push(...segment.subarray(54));
    });
    expect(Uint8Array.from(payload)).toEqual(frame.subarray(54));
  });
});

test('a super-segment that is none is dropped, and what comes behind it is not held up', () => {
  const { driver, machine, arrive, post, counters } = createWorld({ vouches: true });
  driver.start(PLAIN);
  post(8);
  arrive(frameOf(3000), (packet) => {
    packet.segmentBytes = 100;
  });
  arrive(frameOf(60));
  arrive(tcpFrame(60_000), (packet) => {
    packet.segmentBytes = 65_535;
  });
  machine.idle(machine.rdtsc());
  // The last one is not cut: no buffer of this driver takes it.
  expect(driver.used(0)).toEqual([[0, 72]]);
  expect(counters()).toMatchObject({ 'net0.rxMalformed': 1, 'net0.rxTooLong': 1 });
});
