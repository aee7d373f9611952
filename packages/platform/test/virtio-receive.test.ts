import { checksumState, type Packet } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { type Card, everyFeature, newCard } from './models/card.js';
import { feature } from './models/model-virtio-net.js';
import { counting, frameOf, without } from './models/packets.js';

describe('receiving', () => {
  const next = (card: Card): { bytes: Uint8Array; packet: Packet } | null => {
    const packet = card.device.receive();
    if (packet === null) return null;
    const bytes = packet.memory.bytes.slice(packet.start, packet.end);
    return { bytes, packet };
  };

  test('a frame is the packet that it was received into, and a fresh one takes its place', () => {
    const card = newCard();
    const { device, model, packets } = card;
    const posted = device.postedPackets;
    model.receive(frameOf(100));
    const got = next(card);
    expect(got?.bytes).toEqual(frameOf(100));
    // The network header on four bytes, room in front.
    expect(((got?.packet.start as number) + 14) % 4).toBe(0);
    expect((got?.packet.start as number) - (got?.packet.slotStart as number)).toBe(178);
    expect(got?.packet).toMatchObject({ networkStart: -1, segmentBytes: 0, checksum: checksumState.none });
    expect(device.postedPackets).toBe(posted);
    expect(packets.used).toBe(posted + 1);
    got?.packet.pool.release(got.packet);
    expect(packets.used).toBe(posted);
  });

  test('a frame over several buffers is brought together', () => {
    const card = newCard({ mtu: 9000 });
    for (let i = 0; i < 300; i++) {
      const length = [1870, 1871, 1872, 3000, 9014][i % 5] as number;
      card.model.receive(frameOf(length, 7));
      const got = next(card);
      expect(got?.bytes).toEqual(frameOf(length, 7));
      got?.packet.pool.release(got.packet);
    }
    expect(card.packets.used).toBe(card.device.postedPackets);
    expect(card.device.counters).toMatchObject({ rxPackets: 300, rxMalformed: 0, deviceFaults: 0 });
  });

  test('a super-segment comes whole, with what is known of it', () => {
    const card = newCard();
    card.model.receive(frameOf(60_000, 5), { flags: 1, gso: 1, gsoSize: 1448 });
    const got = next(card);
    expect(got?.bytes).toEqual(frameOf(60_000, 5));
    expect(got?.packet).toMatchObject({ segmentBytes: 1448, checksum: checksumState.verified });
  });

  test('checksums that the card saw to are vouched for, where that was agreed', () => {
    for (const [features, flags, expected] of [
      [everyFeature, 0, checksumState.none],
      [everyFeature, 1, checksumState.verified],
      [everyFeature, 2, checksumState.verified],
      [without(feature.guestCsum), 3, checksumState.none],
    ] as const) {
      const card = newCard({ features });
      card.model.receive(frameOf(60), { flags });
      expect(next(card)?.packet.checksum).toBe(expected);
    }
  });

  test('what nobody agreed on, or is no frame, is dropped and its buffers posted again', () => {
    const card = newCard({ features: without(feature.guestTso4), smallPackets: 40, driver: { receiveBuffers: 40 } });
    const { device, model } = card;
    const drops: [Uint8Array, object][] = [
      [frameOf(13), {}],
      [frameOf(1515), {}],
      [frameOf(6000), {}],
      [frameOf(100), { gso: 1, gsoSize: 1448 }],
      [frameOf(100), { gso: 4, gsoSize: 1448 }],
      [frameOf(100), { gso: 1 }],
      [frameOf(100), { count: 0 }],
      [frameOf(100), { count: 2 }],
      [frameOf(100), { count: 65_535 }],
      [frameOf(3000), { count: 1 }],
    ];
    for (let i = 0; i < 50; i++) {
      const [frame, header] = drops[i % drops.length] as [Uint8Array, object];
      expect(model.receive(frame, header)).toBe(true);
      // The rest of a chain that was announced as one frame is a frame of its own kind; what comes of it is a drop.
      for (let got = next(card); got !== null; got = next(card)) got.packet.pool.release(got.packet);
      expect(device.postedPackets).toBe(40);
    }
    expect(device.counters.rxMalformed).toBeGreaterThan(30);
    expect(device.counters.rxTooLong).toBe(15);
    model.receive(frameOf(64));
    expect(next(card)?.bytes).toEqual(frameOf(64));
    expect(device.counters.deviceFaults).toBe(0);
  });

  test.each([
    ['a super-segment', { gso: 1, gsoSize: 1448 }],
    ['a super-segment of a kind that is not there', { gso: 4, gsoSize: 1448 }],
    ['segments of no bytes', { gso: 1 }],
    ['a frame in no buffer', { count: 0 }],
    ['a frame in more buffers than are used', { count: 2 }],
  ])('nobody agreed on %s: it is dropped, and counted once', (_name, header) => {
    const card = newCard({ features: without(feature.guestTso4) });
    card.model.receive(frameOf(100), header);
    expect(next(card)).toBe(null);
    expect(card.device.counters).toMatchObject({ rxMalformed: 1, rxPackets: 0 });
  });

  test('an empty pool stops the card, and it goes on by itself when there are packets again', () => {
    const card = newCard({ smallPackets: 8, driver: { receiveBuffers: 8 } });
    const { device, model } = card;
    device.advance(100);
    const held: Packet[] = [];
    for (let i = 0; i < 8; i++) {
      expect(model.receive(frameOf(60, i))).toBe(true);
      held.push(next(card)?.packet as Packet);
    }
    expect(device.postedPackets).toBe(0);
    expect(model.receive(frameOf(60))).toBe(false);
    expect(device.counters.rxPoolEmpty).toBeGreaterThan(0);
    expect(device.nextDeadline()).toBe(120);
    for (const packet of held) packet.pool.release(packet);
    model.notified.length = 0;
    device.advance(120);
    expect(device.postedPackets).toBe(8);
    expect(model.notified).toEqual([0]);
    expect(device.nextDeadline()).toBe(Infinity);
    expect(model.receive(frameOf(60))).toBe(true);
    expect(next(card)?.bytes).toEqual(frameOf(60));
  });

  test('a pool without large packets costs the frames that need one, not their buffers', () => {
    const card = newCard({ mtu: 9000, largePackets: 1 });
    const large = card.packets.take(9000, false);
    card.model.receive(frameOf(5000));
    expect(next(card)).toBe(null);
    expect(card.device.counters.rxNoPacket).toBe(1);
    large?.pool.release(large);
    card.model.receive(frameOf(5000));
    expect(next(card)?.bytes).toEqual(frameOf(5000));
  });

  test('the listener is told once, and the card is quiet until the last frame is taken', () => {
    const card = newCard();
    const { device, model } = card;
    const { told, listener } = counting();
    device.listen(listener);
    model.receive(frameOf(60));
    expect(model.line).toBe(true);
    expect(device.interrupt()).toBe(true);
    model.receive(frameOf(60));
    model.receive(frameOf(60));
    expect(model.line).toBe(false);
    expect(told.readable).toBe(1);
    // A reader that stops after the last one, without asking once more.
    for (let i = 0; i < 3; i++) expect(next(card)).not.toBe(null);
    model.receive(frameOf(60));
    expect(model.line).toBe(true);
    device.interrupt();
    expect(told.readable).toBe(2);
  });

  test('a frame that comes just before interrupts are wanted again is announced', () => {
    const card = newCard();
    const { device, model } = card;
    const { told, listener } = counting();
    device.listen(listener);
    model.receive(frameOf(60));
    device.interrupt();
    const { readRegister } = model;
    let hasCome = false;
    model.readRegister = (offset, bytes) => {
      if (offset === 21 && !hasCome) {
        hasCome = true;
        // As if it had come before the flag was seen: without an interrupt.
        model.receive(frameOf(61));
        model.isr = 0;
      }
      return readRegister.call(model, offset, bytes);
    };
    expect(next(card)).not.toBe(null);
    expect(hasCome).toBe(true);
    expect(told.readable).toBe(2);
    expect(next(card)?.bytes).toEqual(frameOf(61));
  });

  test('buffers are posted again in batches, and at once when nothing waits', () => {
    const card = newCard();
    const { device, model } = card;
    const posted = device.postedPackets;
    for (let i = 0; i < 20; i++) model.receive(frameOf(60));
    model.notified.length = 0;
    for (let i = 1; i <= 15; i++) {
      next(card);
      expect(device.postedPackets).toBe(posted - i);
    }
    next(card);
    expect(device.postedPackets).toBe(posted);
    expect(model.notified).toEqual([0]);
    for (let i = 0; i < 4; i++) next(card);
    expect(device.postedPackets).toBe(posted);
    expect(model.notified).toEqual([0, 0]);
  });
});
