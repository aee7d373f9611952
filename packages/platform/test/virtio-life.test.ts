import { describe, expect, test } from 'vitest';
import { type Card, newCard } from './models/card.js';
import { feature } from './models/model-virtio-net.js';
import { counting, frameOf, packetOf, without } from './models/packets.js';

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
