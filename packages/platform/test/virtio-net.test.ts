import { checksumState, type Packet, type PacketPool } from '@synos/interfaces';
import {
  createMemory,
  createPacketPool,
  ipv4,
  packetPoolBytes,
  protocolNumber,
  pseudoHeaderSum,
  setEthernetHeader,
  tcpFlag,
  writeIpv4,
} from '@synos/wire';
import { describe, expect, test } from 'vitest';
import { isVirtioNet, scanPci } from '../src/index.js';
import { type Card, everyFeature, newCard, tryCard } from './models/card.js';
import { feature } from './models/model-virtio-net.js';

const without = (...bits: number[]): number[] => everyFeature.filter((bit) => !bits.includes(bit));

function frameOf(length: number, tag = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * tag);
}

/** A packet that holds a frame. */
function packetOf(pool: PacketPool, frame: Uint8Array): Packet {
  const packet = pool.take(frame.length, false);
  if (packet === null) throw new Error('the pool is empty');
  packet.start -= 14;
  packet.end = packet.start + frame.length;
  packet.memory.bytes.set(frame, packet.start);
  return packet;
}

function otherPool(smallPackets = 8, largePackets = 1): PacketPool {
  const size = { smallPackets, largePackets };
  const memory = createMemory(new ArrayBuffer(packetPoolBytes(size)));
  return createPacketPool({ memory, offset: 0, ...size, urgentReserve: 0 });
}

/** TCP in IPv4 in Ethernet, its checksum left open. */
function tcpPacket(pool: PacketPool, payloadBytes: number, segmentBytes = 0, flags = 0x10): Packet {
  const packet = pool.take(payloadBytes, false);
  if (packet === null) throw new Error('the pool is empty');
  const { bytes, view } = packet.memory;
  const [from, to] = [ipv4(10, 0, 0, 1), ipv4(10, 0, 0, 2)];
  packet.end = packet.start + payloadBytes;
  packet.start -= 20;
  bytes.fill(0, packet.start, packet.start + 20);
  view.setUint8(packet.start + 12, 0x50);
  view.setUint8(packet.start + 13, flags);
  view.setUint16(packet.start + 16, pseudoHeaderSum(from, to, protocolNumber.tcp, payloadBytes + 20));
  packet.checksum = checksumState.partial;
  packet.checksumStart = packet.start;
  packet.checksumOffset = 16;
  packet.segmentBytes = segmentBytes;
  packet.start -= 20;
  writeIpv4(view, packet.start, payloadBytes + 40, 7, 0x4000, 64, 0, protocolNumber.tcp, from.w3, to.w3);
  packet.start -= 14;
  setEthernetHeader(bytes, view, packet.start, new Uint8Array(6), new Uint8Array(6), 0x0800);
  return packet;
}

function headerOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): number => view.getUint16(at, true);
  return { flags: view.getUint8(0), gso: view.getUint8(1), lengths: [2, 4, 6, 8, 10].map(word) };
}

const counting = () => {
  const told = { readable: 0, writable: 0, changed: 0 };
  const listener = {
    readable: () => void told.readable++,
    writable: () => void told.writable++,
    changed: () => void told.changed++,
  };
  return { told, listener };
};

describe('initialisation', () => {
  test('what the card is able to do becomes what the device is able to do', () => {
    const { device, model } = newCard({ mac: [2, 3, 4, 5, 6, 7], mtu: 1400 });
    expect([...device.address]).toEqual([2, 3, 4, 5, 6, 7]);
    expect(device.mtuBytes).toBe(1400);
    expect(device.features).toEqual({ fillsChecksums: true, verifiesChecksums: true, superSegmentBytes: 65_549 });
    expect(model.status).toBe(15);
    expect(model.queues.map(({ size, enabled }) => [size, enabled])).toEqual([
      [256, true],
      [256, true],
    ]);
    expect(model.available(0)).toBe(device.postedPackets);
    expect(model.driverFeatures).toBe(model.offered);
    for (const { desc, driver, device: used, size } of model.queues) {
      expect([desc % 16, driver % 2, used % 4]).toEqual([0, 0, 0]);
      expect(driver).toBeGreaterThanOrEqual(desc + 16 * size);
      expect(used).toBeGreaterThanOrEqual(driver + 6 + 2 * size);
    }
  });

  test('features that need one another are taken together or not at all', () => {
    const { csum, guestCsum, mergeable, hostTso4, hostEcn, guestTso4, version1, mtu } = feature;
    const agreed = (features: number[], more = {}): boolean[] => {
      const { model } = newCard({ features, ...more });
      return [csum, hostTso4, hostEcn, guestCsum, guestTso4, mtu].map((bit) => model.has(bit));
    };
    expect(agreed([version1, hostTso4, hostEcn, guestTso4])).toEqual([false, false, false, false, false, false]);
    expect(agreed(without(csum))).toEqual([false, false, false, true, true, true]);
    expect(agreed(without(hostTso4))).toEqual([true, false, false, true, true, true]);
    expect(agreed(without(guestCsum))).toEqual([true, true, true, false, false, true]);
    expect(agreed(without(mergeable))).toEqual([true, true, true, true, false, true]);
    // Nothing to bring 64 KB together in, or too few buffers to hold them.
    expect(agreed(everyFeature, { largePackets: 0 })).toEqual([true, true, true, true, false, true]);
    expect(agreed(everyFeature, { queueSize: 32 })).toEqual([true, true, true, true, false, true]);
    // An MTU that could not be received is not agreed to.
    expect(agreed(without(mergeable), { mtu: 9000 })).toEqual([true, true, true, true, false, false]);
    expect(agreed(everyFeature, { mtu: 60 })).toEqual([true, true, true, true, true, false]);
    expect(newCard({ features: without(mergeable), mtu: 9000 }).device.mtuBytes).toBe(1500);
    expect(newCard({ mtu: 65_535 }).device.mtuBytes).toBe(65_535);
  });

  test('a card without an address, or with that of a group, gets one of its own', () => {
    for (const options of [{ features: without(feature.mac) }, { mac: [3, 0, 0, 0, 0, 1] }]) {
      const { device } = newCard(options);
      expect(device.address[0]).toBe(0xaa);
      expect([...device.address.subarray(1)]).toEqual([0xab, 0xab, 0xab, 0xab, 0xab]);
    }
  });

  test('an address that changes while it is read is read again', () => {
    const mac = [2, 1, 1, 1, 1, 1];
    const { device } = newCard({
      mac,
      prepare(model) {
        const { readRegister } = model;
        model.readRegister = (offset, bytes) => {
          if (offset === 0x2003 && model.generation === 0) {
            model.generation++;
            mac.fill(2);
          }
          return readRegister.call(model, offset, bytes);
        };
      },
    });
    expect([...device.address]).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test('queues are as long as both sides have them, and a power of two', () => {
    const sizes = (queueSize: number, wanted?: number): number[] =>
      newCard({ queueSize, ...(wanted === undefined ? {} : { driver: { queueSize: wanted } }) }).model.queues.map(
        ({ size }) => size,
      );
    expect(sizes(1024)).toEqual([256, 256]);
    expect(sizes(100)).toEqual([64, 64]);
    expect(sizes(256, 16)).toEqual([16, 16]);
    expect(() => tryCard({ driver: { queueSize: 100 } })).toThrow('size');
  });

  const faults: [string, Parameters<typeof tryCard>[0]][] = [
    ['legacy', { features: without(feature.version1) }],
    ['no-answer', { prepare: (model) => void Object.assign(model, { resets: false, status: 1 }) }],
    ['features-refused', { prepare: (model) => void Object.assign(model, { takesFeatures: false }) }],
    ['no-queue', { queueSize: 0 }],
    ['no-queue', { prepare: (model) => model.queues.pop() }],
    ['no-memory', { driver: { allocateDma: () => -1 } }],
    ['no-memory', { smallPackets: 0 }],
    // The common structure in a base address that is none, and notifications beyond their structure.
    ['no-registers', { prepare: ({ pci }) => void pci.space.set([5], 0x44) }],
    ['no-registers', { prepare: ({ pci }) => void pci.view.setUint32(0x4c, 8, true) }],
    ['no-registers', { prepare: ({ pci }) => void pci.view.setUint32(0x48, 0x4000, true) }],
    ['no-queue', { prepare: ({ pci }) => void pci.view.setUint32(0x60, 0x8000, true) }],
  ];
  test.each(faults)('a card that cannot be used is an error: %s', (error, options) => {
    const { made, packets, model } = tryCard(options);
    expect(made).toEqual({ error });
    expect(packets.used).toBe(0);
    expect(model.pci.command & 4).toBe(0);
    if (error !== 'no-registers' && error !== 'no-answer') expect(model.status & 0x84).toBe(0x80);
  });

  test('virtio network cards are told from others', () => {
    const { machine, model } = newCard();
    const is = (): boolean => scanPci(machine).some(isVirtioNet);
    expect(is()).toBe(true);
    model.pci.view.setUint16(2, 0x1000, true);
    expect(is()).toBe(true);
    model.pci.view.setUint16(2, 0x1042, true);
    expect(is()).toBe(false);
    model.pci.view.setUint32(0, 0x1041_8086, true);
    expect(is()).toBe(false);
    // A card that speaks the older way alone has none of the structures.
    model.pci.view.setUint32(0, 0x1000_1af4, true);
    model.pci.space[0x34] = 0;
    expect(is()).toBe(false);
  });
});

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

describe('a card that lies', () => {
  /** Used buffers, told all at once, of lengths and numbers as one likes; the first has a header that says how many. */
  function tell(card: Card, lengths: readonly number[], count = lengths.length, ids?: readonly number[]): void {
    const used = lengths.map((length) => ({ id: card.model.pop(0)?.id as number, length }));
    used.forEach((entry, i) => void Object.assign(entry, { id: ids?.[i] ?? entry.id }));
    const queue = card.model.queues[0]!;
    const address = card.model.view(queue.desc + 16 * (used[0]?.id as number), 16).getBigUint64(0, true);
    const header = card.model.view(Number(address), 12);
    for (let i = 0; i < 10; i++) header.setUint8(i, 0);
    header.setUint16(10, count, true);
    card.model.push(0, used);
  }

  test.each([
    ['longer than its buffer', [2500]],
    ['shorter than its header', [5, 100]],
    ['with a second buffer that is longer than it can be', [1882, 2500]],
    ['longer than any', [0xffff_ffff, 100]],
  ])('about lengths: a frame %s is dropped', (_name, lengths) => {
    const card = newCard({ mtu: 9000 });
    const posted = card.device.postedPackets;
    for (let i = 0; i < 300; i++) {
      tell(card, lengths);
      expect(card.device.receive()).toBe(null);
    }
    const { rxMalformed, rxTooLong, rxPackets, deviceFaults } = card.device.counters;
    expect(rxMalformed + rxTooLong).toBeGreaterThanOrEqual(300);
    expect([rxPackets, deviceFaults, card.device.postedPackets]).toEqual([0, 0, posted]);
  });

  test('about numbers: a buffer that is used twice is one frame', () => {
    const card = newCard();
    const id = card.model.pop(0)?.id as number;
    tell(card, [100, 100, 100], 1, [id, id, 60_000]);
    const packet = card.device.receive();
    expect(packet).not.toBe(null);
    expect(card.device.receive()).toBe(null);
    expect(card.device.counters.deviceFaults).toBe(2);
  });

  test('about segments of no length', () => {
    const card = newCard();
    card.model.receive(frameOf(60), { gso: 1, gsoSize: 0 });
    expect(card.device.receive()).toBe(null);
    expect(card.device.counters.rxMalformed).toBe(1);
  });

  test.each([0, 1])('about how many: it is closed (queue %d)', (index) => {
    const { device, model, packets } = newCard();
    device.transmit(packetOf(packets, frameOf(60)));
    const posted = device.postedPackets;
    model.view(model.queues[index]!.device + 2, 2).setUint16(0, index === 0 ? posted + 1 : 2, true);
    if (index === 0) expect(device.receive()).toBe(null);
    else device.advance(1);
    expect([device.counters.deviceFailures, device.linkUp, packets.used, model.status]).toEqual([1, false, 0, 0]);
  });
});

test('indexes of rings go round', () => {
  const card = newCard({ queueSize: 64 });
  const { device, model, packets } = card;
  const frame = frameOf(60);
  for (let i = 0; i < 70_000; i++) {
    if (!device.transmit(packetOf(packets, frame))) throw new Error('busy');
    const chain = model.pop(1);
    model.push(1, [{ id: chain?.id as number, length: 0 }]);
    model.receive(frame);
    const packet = device.receive();
    packet?.pool.release(packet);
  }
  expect(device.counters).toMatchObject({ txPackets: 70_000, rxPackets: 70_000, deviceFaults: 0, deviceFailures: 0 });
});

describe('life', () => {
  test('an interrupt of another card on the line is not ours', () => {
    const { device } = newCard();
    expect(device.interrupt()).toBe(false);
  });

  test('the link is as the card says, and its changes are told', () => {
    const { device, model, packets } = newCard({ prepare: (it) => void Object.assign(it, { linkUp: false }) });
    expect(device.linkUp).toBe(false);
    const { told, listener } = counting();
    device.listen(listener);
    model.setLink(true);
    expect(device.interrupt()).toBe(true);
    expect([device.linkUp, told.changed]).toEqual([true, 1]);
    model.setLink(true);
    device.interrupt();
    expect(told.changed).toBe(1);
    const blind = newCard({ features: without(feature.status) });
    blind.model.setLink(false);
    blind.device.interrupt();
    expect(blind.device.linkUp).toBe(true);
    expect(packets.used).toBe(device.postedPackets);
  });

  test('whoever waits for room is told when the link is gone', () => {
    const { device, model, packets } = newCard({ queueSize: 2 });
    const { told, listener } = counting();
    device.listen(listener);
    for (let i = 0; i < 2; i++) device.transmit(packetOf(packets, frameOf(60)));
    const waiting = packetOf(packets, frameOf(60));
    expect(device.transmit(waiting)).toBe(false);
    model.setLink(false);
    device.interrupt();
    expect(told.writable).toBe(1);
    expect(device.transmit(waiting)).toBe(true);
    expect(device.counters.txLinkDown).toBe(1);
  });

  test('a card that wants to be reset is closed', () => {
    const { device, model, packets } = newCard();
    const { told, listener } = counting();
    device.listen(listener);
    device.transmit(packetOf(packets, frameOf(60)));
    model.status |= 64;
    model.isr = 2;
    expect(device.interrupt()).toBe(true);
    expect([device.linkUp, told.changed, packets.used, device.counters.deviceFailures]).toEqual([false, 1, 0, 1]);
    expect(device.transmit(packetOf(packets, frameOf(60)))).toBe(true);
    expect([device.receive(), packets.used, device.interrupt()]).toEqual([null, 0, false]);
  });

  test('close takes the card off memory, then resets it, then gives every packet back', () => {
    const { device, model, packets } = newCard();
    for (let i = 0; i < 5; i++) device.transmit(packetOf(packets, frameOf(60)));
    model.receive(frameOf(60));
    const log: string[] = [];
    const { writeRegister } = model;
    model.writeRegister = (offset, bytes, value) => {
      log.push(`${offset}=${value}, master ${(model.pci.command & 4) !== 0}, out ${packets.used > 0}`);
      writeRegister.call(model, offset, bytes, value);
    };
    device.close();
    expect(log).toEqual(['20=0, master false, out true']);
    expect(packets.used).toBe(0);
    expect(device.postedPackets).toBe(0);
    expect(device.counters.rxClosed).toBe(1);
  });
});
