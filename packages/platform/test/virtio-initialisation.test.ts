import { describe, expect, test } from 'vitest';
import { isVirtioNet, scanPci } from '../src/index.js';
import { everyFeature, newCard, tryCard } from './models/card.js';
import { feature } from './models/model-virtio-net.js';
import { without } from './models/packets.js';

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
