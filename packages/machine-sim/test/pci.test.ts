import { createCable } from '@synos/nic';
import { describe, expect, test } from 'vitest';
import { createScriptedPc } from './reference/test-machine.js';

const ADDRESS = 0xcf8;
const DATA = 0xcfc;

function createBus(cards = 3) {
  const devices = Array.from({ length: cards }, () => createCable().a);
  const { machine } = createScriptedPc({ network: devices });
  const select = (slot: number, register: number, extra = 0): void =>
    machine.writePort(ADDRESS, 4, (0x8000_0000 | extra | (slot << 11) | register) >>> 0);
  return {
    machine,
    select,
    config: (slot: number, register: number, bytes: 1 | 2 | 4 = 4): number => {
      select(slot, register & 0xfc);
      return machine.readPort(DATA + (register & 3), bytes);
    },
    setConfig: (slot: number, register: number, bytes: 1 | 2 | 4, value: number): void => {
      select(slot, register & 0xfc);
      machine.writePort(DATA + (register & 3), bytes, value);
    },
  };
}

describe('configuration mechanism #1', () => {
  test('a host bridge and the cards, and nothing anywhere else', () => {
    const { config, select, machine } = createBus();
    expect([0, 1, 2, 3, 4, 31].map((slot) => config(slot, 0))).toEqual([
      0x1237_8086, 0x1041_1af4, 0x1041_1af4, 0x1041_1af4, 0xffff_ffff, 0xffff_ffff,
    ]);
    expect(config(0, 0x08) >>> 8).toBe(0x06_0000);
    // Another function, another bus.
    select(1, 0, 1 << 8);
    expect(machine.readPort(DATA, 4)).toBe(0xffff_ffff);
    select(1, 0, 1 << 16);
    expect(machine.readPort(DATA, 4)).toBe(0xffff_ffff);
  });

  test('the address is written whole, and without bit 31 there is no data', () => {
    const { machine, select } = createBus();
    select(1, 0);
    machine.writePort(ADDRESS, 1, 0x08);
    machine.writePort(ADDRESS + 2, 2, 0x1234);
    expect(machine.readPort(ADDRESS, 4)).toBe(0x8000_0800);
    expect(machine.readPort(ADDRESS, 1)).toBe(0xff);
    machine.writePort(ADDRESS, 4, 0x0000_0800);
    expect([machine.readPort(DATA, 4), machine.readPort(DATA, 2), machine.readPort(DATA, 1)]).toEqual([
      0xffff_ffff, 0xffff, 0xff,
    ]);
  });

  test('registers by byte, word and double word are the same', () => {
    const { config } = createBus();
    for (let register = 0; register < 256; register += 4) {
      const whole = config(1, register);
      expect((config(1, register + 2, 2) * 0x1_0000 + config(1, register, 2)) >>> 0).toBe(whole);
      expect([0, 1, 2, 3].reduce((sum, at) => sum + config(1, register + at, 1) * 2 ** (8 * at), 0)).toBe(whole);
    }
  });

  test('lines are those that the slots are soldered to; the register is only a note', () => {
    const { config, setConfig } = createBus();
    expect([1, 2, 3].map((slot) => config(slot, 0x3c, 2))).toEqual([0x010a, 0x010b, 0x010a]);
    setConfig(1, 0x3c, 1, 5);
    expect(config(1, 0x3c, 2)).toBe(0x0105);
  });

  test('sizing a BAR: all ones answer the size, and the address can be put back or moved', () => {
    const { config, setConfig, machine } = createBus();
    const before = config(1, 0x10);
    setConfig(1, 0x10, 4, 0xffff_ffff);
    expect(config(1, 0x10)).toBe(0xffff_c000);
    setConfig(1, 0x10, 4, before);
    expect(config(1, 0x10)).toBe(before);
    expect(machine.readRegister(before + 18, 2)).toBe(2);
    setConfig(1, 0x10, 4, 0xfd00_0000);
    expect([machine.readRegister(before + 18, 2), machine.readRegister(0xfd00_0000 + 18, 2)]).toEqual([0xffff, 2]);
    // The other BARs are none.
    setConfig(1, 0x14, 4, 0xffff_ffff);
    expect(config(1, 0x14)).toBe(0);
  });

  test('without memory space there are no registers', () => {
    const { config, setConfig, machine } = createBus();
    const bar = config(1, 0x10);
    setConfig(1, 0x04, 2, 0);
    expect(machine.readRegister(bar, 4)).toBe(0xffff_ffff);
    setConfig(1, 0x04, 2, 2);
    expect(machine.readRegister(bar + 18, 2)).toBe(2);
  });

  test('what identifies a device cannot be written, nor its status, nor capabilities', () => {
    const { config, setConfig } = createBus();
    for (let register = 0; register < 256; register += 4) {
      if (register === 0x04 || register === 0x0c || register === 0x10 || register === 0x3c) continue;
      const before = config(1, register);
      setConfig(1, register, 4, ~before >>> 0);
      expect([register, config(1, register)]).toEqual([register, before]);
    }
    setConfig(1, 0x04, 4, 0xffff_ffff);
    expect(config(1, 0x04)).toBe(0x0010_0547);
  });

  test('capabilities are a list that ends', () => {
    const { config } = createBus();
    const types: number[] = [];
    for (let at = config(1, 0x34, 1); at !== 0; at = config(1, at + 1, 1)) {
      expect([at % 4, config(1, at, 1)]).toEqual([0, 0x09]);
      types.push(config(1, at + 3, 1));
    }
    expect(types).toEqual([1, 2, 3, 4]);
  });
});

test('ports of nobody read as all ones, and wide accesses to devices of 8 bits are bytes in turn', () => {
  const { machine } = createBus();
  expect([machine.readPort(0x80, 1), machine.readPort(0x1000, 4)]).toEqual([0xff, 0xffff_ffff]);
  machine.writePort(0x80, 4, 1);
  machine.writePort(0x3fb, 1, 0x03);
  machine.writePort(0x3fe, 2, 0x5a00);
  expect(machine.readPort(0x3ff, 1)).toBe(0x5a);
  expect(machine.readPort(0xffff, 2)).toBe(0xffff);
});
