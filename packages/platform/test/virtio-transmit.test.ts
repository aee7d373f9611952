import type { Packet } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { newCard } from './models/card.js';
import { feature } from './models/model-virtio-net.js';
import { counting, frameOf, headerOf, otherPool, packetOf, tcpPacket, without } from './models/packets.js';

describe('sending', () => {
  test('a packet of the pool goes out from where it lies, one of another as a copy', () => {
    const { device, machine, model, packets } = newCard();
    const mine = packetOf(packets, frameOf(60));
    const before = packets.used;
    expect(device.transmit(mine)).toBe(true);
    expect(packets.used).toBe(before);
    const place = model.pop(1)?.parts[0];
    expect(place).toMatchObject({ address: packets.physicalBase + mine.start - 12, byteLength: 72, flags: 0 });
    const foreign = otherPool();
    expect(device.transmit(packetOf(foreign, frameOf(70, 3)))).toBe(true);
    expect(foreign.used).toBe(0);
    expect(packets.used).toBe(before + 1);
    const [copy] = model.transmit();
    expect(copy?.bytes).toEqual(frameOf(70, 3));
    // A packet that begins where its slot does has no room for the header.
    const tight = packetOf(packets, frameOf(80));
    tight.memory.bytes.copyWithin(tight.slotStart, tight.start, tight.end);
    tight.start = tight.slotStart;
    tight.end = tight.start + 80;
    expect(device.transmit(tight)).toBe(true);
    const address = model.pop(1)?.parts[0]?.address as number;
    expect(address).not.toBe(packets.physicalBase + tight.slotStart - 12);
    expect(machine.mem(address + 12, 80)).toEqual(frameOf(80));
  });

  test('what is left to the card is written in front', () => {
    const { device, model, packets } = newCard();
    const sent = (packet: Packet) => {
      // What earlier headers left there.
      packet.memory.bytes.fill(0xee, packet.start - 12, packet.start);
      expect(device.transmit(packet)).toBe(true);
      return headerOf(model.transmit()[0]?.header as Uint8Array);
    };
    expect(sent(packetOf(packets, frameOf(60)))).toEqual({ flags: 0, gso: 0, lengths: [0, 0, 0, 0, 0] });
    expect(sent(tcpPacket(packets, 100))).toEqual({ flags: 1, gso: 0, lengths: [0, 0, 34, 16, 0] });
    expect(sent(tcpPacket(packets, 40_000, 1448))).toEqual({ flags: 1, gso: 1, lengths: [54, 1448, 34, 16, 0] });
    const cwr = tcpFlag.cwr | tcpFlag.ack;
    expect(sent(tcpPacket(packets, 40_000, 1448, cwr)).gso).toBe(0x81);
    expect(sent(tcpPacket(otherPool(), 40_000, 1448))).toEqual({ flags: 1, gso: 1, lengths: [54, 1448, 34, 16, 0] });
    const plain = newCard({ features: without(feature.hostEcn) });
    plain.device.transmit(tcpPacket(plain.packets, 40_000, 1448, cwr));
    expect(headerOf(plain.model.transmit()[0]?.header as Uint8Array).gso).toBe(1);
  });

  test('what the card does not do is dropped, and counted under its own name', () => {
    const { device, packets } = newCard({ features: [feature.version1] });
    const drop = (packet: Packet): void => expect(device.transmit(packet)).toBe(true);
    drop(tcpPacket(packets, 100));
    drop(tcpPacket(packets, 40_000, 1448));
    drop(packetOf(packets, frameOf(13)));
    drop(packetOf(packets, frameOf(1515)));
    expect(device.counters).toMatchObject({ txPartialChecksum: 1, txTooLong: 2, txTooShort: 1, txPackets: 0 });
    expect(packets.used).toBe(device.postedPackets);
    const poor = newCard({ smallPackets: 4, driver: { receiveBuffers: 4 } });
    const foreign = otherPool();
    expect(poor.device.transmit(packetOf(foreign, frameOf(60)))).toBe(true);
    expect(poor.device.counters.txNoPacket).toBe(1);
    expect(foreign.used).toBe(0);
  });

  test('the card is told unless it does not want to be, and nobody is interrupted for what was sent', () => {
    const { device, model, packets } = newCard();
    model.notified.length = 0;
    device.transmit(packetOf(packets, frameOf(60)));
    expect(model.notified).toEqual([1]);
    model.setNoNotify(1, true);
    device.transmit(packetOf(packets, frameOf(60)));
    expect(model.notified).toEqual([1]);
    model.transmit();
    expect(model.line).toBe(false);
    // What was sent comes back with the next call.
    const { postedPackets } = device;
    expect(packets.used).toBe(postedPackets + 2);
    device.transmit(packetOf(packets, frameOf(60)));
    expect(packets.used).toBe(postedPackets + 1);
  });

  test('without interrupts, packets come back within 20 ms, and a card that sleeps is told again', () => {
    const { device, model, packets } = newCard();
    device.advance(1000);
    expect(device.nextDeadline()).toBe(Infinity);
    model.setNoNotify(1, true);
    device.transmit(packetOf(packets, frameOf(60)));
    expect(device.nextDeadline()).toBe(1020);
    model.notified.length = 0;
    device.advance(1019);
    expect(model.notified).toEqual([]);
    device.advance(1020);
    expect(model.notified).toEqual([1]);
    expect(device.nextDeadline()).toBe(1060);
    for (let i = 0; i < 20; i++) device.advance(device.nextDeadline());
    const last = device.nextDeadline();
    device.advance(last);
    expect(device.nextDeadline()).toBe(last + 1000);
    model.transmit();
    device.advance(device.nextDeadline());
    expect(device.nextDeadline()).toBe(Infinity);
    expect(packets.used).toBe(device.postedPackets);
  });

  test('a card that finished just before it was asked to interrupt is noticed', () => {
    const { device, model, packets } = newCard({ queueSize: 4 });
    for (let i = 0; i < 4; i++) device.transmit(packetOf(packets, frameOf(60)));
    const { readRegister } = model;
    // Between the last look at the ring and the fence.
    model.readRegister = (offset, bytes) => {
      if (offset === 21) model.transmit();
      return readRegister.call(model, offset, bytes);
    };
    expect(device.transmit(packetOf(packets, frameOf(60)))).toBe(true);
    expect(device.counters.txBusy).toBe(0);
  });

  test('busy ends with one word, by an interrupt or by a call', () => {
    for (const way of ['interrupt', 'advance'] as const) {
      const { device, model, packets } = newCard({ queueSize: 4 });
      const { told, listener } = counting();
      device.listen(listener);
      for (let i = 0; i < 4; i++) device.transmit(packetOf(packets, frameOf(60)));
      const waiting = packetOf(packets, frameOf(60));
      expect(device.transmit(waiting)).toBe(false);
      expect(device.transmit(waiting)).toBe(false);
      model.transmit();
      expect(model.line).toBe(true);
      if (way === 'interrupt') expect(device.interrupt()).toBe(true);
      else device.advance(1);
      expect(told.writable).toBe(1);
      expect(device.transmit(waiting)).toBe(true);
      // No more interrupts are wanted now.
      device.interrupt();
      model.transmit();
      expect(model.line).toBe(false);
      device.advance(2);
      expect(told.writable).toBe(1);
    }
  });
});
