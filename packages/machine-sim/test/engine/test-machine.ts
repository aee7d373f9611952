import type { Cpu, CpuOptions } from '../../src/cpu/cpu.js';
import { createCpu } from '../../src/cpu/engine/create-cpu.js';
import type { Lift } from '../../src/cpu/ir.js';
import { createLifter } from '../../src/cpu/lift/lift.js';

const PAGE = 4096;

/** Bits of an entry of page tables (SDM vol. 3, table 4-20). */
export const bit = {
  present: 1,
  write: 2,
  user: 4,
  accessed: 0x20,
  dirty: 0x40,
  large: 0x80,
  global: 0x100,
  /** Bit 63: to be given by {@link TestMachine.map}'s `noExecute`. */
} as const;
export const USER_PAGE = bit.present | bit.write | bit.user;

/** A CPU with RAM and page tables that tests write by hand. */
export interface TestMachine {
  readonly cpu: Cpu;
  readonly ram: Uint8Array<ArrayBuffer>;
  readonly root: number;
  /** A frame that nobody has. */
  frame(): number;
  /** Where the entry for a page lies, of level 1, or of 2 for large pages; tables on the way are made. */
  entryOf(address: number, level?: number): number;
  /** Low half of the entry for a page. */
  entry(address: number): number;
  map(address: number, frame: number, bits?: number, noExecute?: boolean): void;
  unmap(address: number): void;
  /** Maps new frames, and says where the first lies. They follow one another. */
  mapNew(address: number, pages: number, bits?: number): number;
  /** Stores bytes in memory, and tells the CPU. */
  store(place: number, bytes: readonly number[] | Uint8Array): void;
  /** Another root with the same kernel half and nothing else. */
  newRoot(): number;
  useRoot(root: number): void;
}

/** Makes one whose first frame in use is 1. */
export function createTestMachine(options: Partial<CpuOptions> & { lift?: Lift; ramBytes?: number } = {}): TestMachine {
  const ram = new ArrayBuffer(options.ramBytes ?? 1 << 20);
  const bytes = new Uint8Array(ram);
  const view = new DataView(ram);
  const cpu = createCpu({ ram, readTsc: options.readTsc ?? (() => 0), lift: options.lift ?? createLifter() });
  let nextFrame = PAGE;
  const frame = (): number => {
    nextFrame += PAGE;
    return nextFrame - PAGE;
  };
  const root = frame();
  let current = root;
  cpu.setRoot(root);
  const entryOf = (address: number, last = 1): number => {
    let table = current;
    for (let level = 4; ; level -= 1) {
      const index = Math.floor(address / 2 ** (3 + 9 * level)) & 511;
      const at = table + index * 8;
      if (level === last) return at;
      let low = view.getUint32(at, true);
      if ((low & bit.present) === 0) {
        low = frame() | USER_PAGE;
        view.setUint32(at, low, true);
      }
      table = low & ~(PAGE - 1);
    }
  };
  const map = (address: number, place: number, bits: number = USER_PAGE, noExecute = false): void => {
    const at = entryOf(address, (bits & bit.large) !== 0 ? 2 : 1);
    view.setUint32(at, place | bits, true);
    view.setUint32(at + 4, Math.floor(place / 2 ** 32) | (noExecute ? 0x8000_0000 : 0), true);
  };
  return {
    cpu,
    ram: bytes,
    root,
    frame,
    entryOf,
    entry: (address) => view.getUint32(entryOf(address), true),
    map,
    unmap: (address) => view.setUint32(entryOf(address), 0, true),
    mapNew(address, pages, bits) {
      const first = nextFrame;
      nextFrame += pages * PAGE;
      for (let page = 0; page < pages; page += 1) map(address + page * PAGE, first + page * PAGE, bits);
      return first;
    },
    store(place, what) {
      bytes.set(what, place);
      cpu.wrote(place, what.length);
    },
    newRoot: frame,
    useRoot(next) {
      current = next;
      cpu.setRoot(next);
    },
  };
}

/** A register as a number: exact below 2^53. */
export function registerOf(cpu: Cpu, slot: number): number {
  return cpu.registers[slot * 2 + 1]! * 2 ** 32 + (cpu.registers[slot * 2]! >>> 0);
}

export function setRegister(cpu: Cpu, slot: number, value: number): void {
  cpu.registers[slot * 2] = value | 0;
  cpu.registers[slot * 2 + 1] = Math.floor(value / 2 ** 32) | 0;
}

/** A register, unsigned. */
export function bigRegisterOf(cpu: Cpu, slot: number): bigint {
  return (BigInt(cpu.registers[slot * 2 + 1]! >>> 0) << 32n) | BigInt(cpu.registers[slot * 2]! >>> 0);
}

export function setBigRegister(cpu: Cpu, slot: number, value: bigint): void {
  cpu.registers[slot * 2] = Number(BigInt.asIntN(32, value));
  cpu.registers[slot * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
}
