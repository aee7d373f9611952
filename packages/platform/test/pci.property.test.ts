import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pciRegister, scanPci } from '../src/index.js';
import { FakeMachine } from './models/fake-machine.js';
import { type ModelBar, ModelFunction, ModelPciHost } from './models/model-pci.js';

function newHost() {
  const machine = new FakeMachine();
  return { machine, host: new ModelPciHost(machine) };
}

interface Placed {
  readonly bar: ModelBar;
  readonly address: number;
}

/** Base addresses as a card may have them, each where firmware could put it. */
const placedBars = fc
  .array(
    fc.record({
      kind: fc.constantFrom('io' as const, 'memory32' as const, 'memory64' as const),
      bits: fc.integer({ min: 4, max: 36 }),
      unit: fc.nat(1 << 15),
      isPrefetchable: fc.boolean(),
      skips: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((wanted) => {
    const placed: Placed[] = [];
    let index = 0;
    for (const { kind, bits, unit, isPrefetchable, skips } of wanted) {
      if (skips) index++;
      const width = kind === 'memory64' ? 2 : 1;
      if (index + width > 6) break;
      const byteLength = 2 ** (kind === 'io' ? 2 + (bits % 7) : kind === 'memory32' ? Math.min(bits, 31) : bits);
      const space = kind === 'io' ? 2 ** 16 : kind === 'memory32' ? 2 ** 32 : 2 ** 46;
      const address = (unit * byteLength) % space;
      placed.push({ bar: { index, byteLength, kind, isPrefetchable: isPrefetchable && kind !== 'io' }, address });
      index += width;
    }
    return placed;
  });

test('what is on the buses is found, its base addresses measured, and everything is as it was', () => {
  const card = fc.record({
    bus: fc.constantFrom(0, 1, 5),
    device: fc.nat(31),
    fn: fc.nat(7),
    vendor: fc.nat(0xfffe),
    id: fc.nat(0xffff),
    command: fc.constantFrom(0, 3, 7),
    bars: placedBars,
    line: fc.nat(255),
    pin: fc.nat(5),
  });
  const cards = fc.uniqueArray(card, {
    maxLength: 12,
    selector: ({ bus, device, fn }) => (bus * 32 + device) * 8 + fn,
  });
  fc.assert(
    fc.property(cards, (all) => {
      const { machine, host } = newHost();
      // Two bridges: bus 1 behind bus 0, bus 5 behind bus 1, each the eighth function of a device of its own.
      const occupied = new Map<string, ModelFunction>();
      for (const [bus, secondary] of [
        [0, 1],
        [1, 5],
      ] as const) {
        const bridge = new ModelFunction(0x8086, 0x244e);
        bridge.space.set([0x04, 0x06, 0, 0, 0x81], 0x0a);
        bridge.space[0x19] = secondary;
        occupied.set(`${bus}:30.0`, bridge);
      }
      for (const { bus, device, fn, vendor, id, bars, command, line, pin } of all) {
        if (device === 30) continue;
        const it = new ModelFunction(
          vendor,
          id,
          bars.map(({ bar }) => bar),
        );
        for (const { bar, address } of bars) it.place(bar.index, address);
        it.view.setUint16(0x04, command, true);
        it.space.set([line, pin], 0x3c);
        it.space[0x0e] = 0x80;
        occupied.set(`${bus}:${device}.${fn}`, it);
      }
      for (const [name, it] of occupied) {
        const [bus, device, fn] = name.split(/[:.]/).map(Number) as [number, number, number];
        host.add(bus, device, fn, it);
      }
      const before = new Map([...occupied].map(([name, it]) => [name, it.space.slice()]));
      const found = scanPci(machine);
      // A device without its function 0 is none (§3.2.2.3.4).
      const isReal = (name: string): boolean => occupied.has(name.replace(/\.\d$/, '.0'));
      const names = [...occupied.keys()].filter(isReal);
      expect(new Set(found.map((pci) => `${pci.bus}:${pci.device}.${pci.function}`))).toEqual(new Set(names));
      expect(found.length).toBe(names.length);
      const ranks = found.map((pci) => (pci.bus * 32 + pci.device) * 8 + pci.function);
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      for (const [name, it] of occupied) {
        expect(it.space, name).toEqual(before.get(name));
        // Measured while it answers nowhere.
        for (const { offset, command } of it.log) {
          if (offset >= 0x10 && offset < 0x28) expect(command & 3).toBe(0);
        }
      }
      for (const { bus, device, fn, bars, line, pin, vendor, id } of all) {
        const pci = found.find((one) => one.bus === bus && one.device === device && one.function === fn);
        if (pci === undefined || device === 30) continue;
        expect([pci.vendorId, pci.deviceId]).toEqual([vendor, id]);
        expect(pci.interruptLine).toBe(pin >= 1 && pin <= 4 && line < 16 ? line : -1);
        const expected = new Array<unknown>(6).fill(null);
        for (const { bar, address } of bars) {
          const { byteLength, isPrefetchable } = bar;
          expected[bar.index] = { kind: bar.kind === 'io' ? 'io' : 'memory', address, byteLength, isPrefetchable };
        }
        expect(pci.bars).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('bridges that lead round, to nowhere or to themselves end', () => {
  const { machine, host } = newHost();
  for (const [bus, device, secondary] of [
    [0, 1, 2],
    [2, 0, 0],
    [2, 1, 2],
    [2, 2, 2],
    [0, 2, 0],
    [0, 3, 9],
  ] as const) {
    const bridge = host.add(bus, device, 0, new ModelFunction(0x8086, 1));
    bridge.space.set([0x04, 0x06, 0, 0, 1], 0x0a);
    bridge.space[0x19] = secondary;
  }
  expect(scanPci(machine).length).toBe(6);
});

test('a device of one function answers for one, even where its address is not decoded in full', () => {
  const { machine, host } = newHost();
  const card = new ModelFunction(0x1234, 1);
  for (let fn = 0; fn < 8; fn++) host.add(0, 4, fn, card);
  expect(scanPci(machine).map((pci) => pci.function)).toEqual([0]);
});

test('capabilities are listed in order, and a list that goes round ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), (bytes) => {
      const { machine, host } = newHost();
      const card = host.add(0, 0, 0, new ModelFunction(0x1234, 1));
      card.space.set(bytes.subarray(0x40), 0x40);
      card.space[0x34] = bytes[0x34] as number;
      card.space[0x06] = 0x10;
      const [pci] = scanPci(machine);
      expect(pci?.capabilities.length).toBeLessThanOrEqual(48);
      for (const { id, offset } of pci?.capabilities ?? []) {
        expect(offset % 4).toBe(0);
        expect(offset).toBeGreaterThanOrEqual(0x40);
        expect(id).toBe(card.space[offset]);
      }
    }),
  );
  const { machine, host } = newHost();
  const card = host.add(0, 0, 0, new ModelFunction(0x1234, 1));
  card.addCapability(0x50, [9, 0, 4, 0]);
  card.addCapability(0x40, [5, 0, 0, 0]);
  expect(scanPci(machine)[0]?.capabilities).toEqual([
    { id: 9, offset: 0x50 },
    { id: 5, offset: 0x40 },
  ]);
});

test('configuration is read and written in bytes, words and double words', () => {
  const { machine, host } = newHost();
  const card = host.add(0, 31, 0, new ModelFunction(0xcafe, 0xbabe));
  card.writable.fill(0xff, 0x40, 0x50);
  const [pci] = scanPci(machine);
  if (pci === undefined) throw new Error('not found');
  pci.write(0x40, 4, 0x8765_4321);
  pci.write(0x45, 1, 0xab);
  pci.write(0x46, 2, 0xcdef);
  expect([pci.read(0x40, 4), pci.read(0x42, 2), pci.read(0x45, 1), pci.read(0x44, 4)]).toEqual([
    0x8765_4321, 0x8765, 0xab, 0xcdef_ab00,
  ]);
  expect(pci.read(pciRegister.vendorId, 4)).toBe(0xbabe_cafe);
  for (const [offset, size] of [
    [1, 2],
    [2, 4],
    [256, 1],
    [-4, 4],
  ] as const) {
    expect(() => pci.read(offset, size)).toThrow('register');
  }
  card.view.setUint16(0x04, 0x400, true);
  pci.enableBusMaster();
  expect(card.command).toBe(0x0007);
  pci.disableBusMaster();
  expect(card.command).toBe(0x0003);
});

test('a PC without PCI has none', () => {
  expect(scanPci(new FakeMachine())).toEqual([]);
});
