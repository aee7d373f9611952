import { describe, expect, test } from 'vitest';
import {
  createFrameAllocator,
  createPageTables,
  createPageWalker,
  createRam,
  nullTlb,
  right,
  walk,
} from '../src/index.js';

const BYTES = 64 * 4096;
const ADDRESS = 3 * 2 ** 39 + 5 * 2 ** 30 + 7 * 2 ** 21 + 9 * 4096;

const rig = (onWrote?: (address: number, byteLength: number) => void) => {
  const memory = createRam({ byteLength: BYTES, ...(onWrote === undefined ? {} : { onWrote }) });
  const frames = createFrameAllocator(memory);
  const tables = createPageTables({ memory, frames, tlb: nullTlb() })!;
  tables.prepare(ADDRESS, 4096);
  tables.set(ADDRESS, frames.allocate(), right.user | right.write);
  return { memory, frames, tables };
};

describe('a walk', () => {
  test('does not look at the low bits of CR3', () => {
    const { memory, tables } = rig();
    expect(walk(memory, tables.root + 0x18, ADDRESS, 0)).toEqual(walk(memory, tables.root, ADDRESS, 0));
    expect(walk(memory, tables.root + 0x18, ADDRESS, 0, { marks: true }).fault).toBe(null);
    expect(tables.get(ADDRESS)?.accessed).toBe(true);
  });

  test('address bits that the CPU does not have are reserved', () => {
    const { memory, tables } = rig();
    tables.prepare(ADDRESS + 4096, 4096);
    tables.set(ADDRESS + 4096, 2 ** 40, right.user);
    const at = (physicalAddressBits: number) =>
      createPageWalker(memory, { physicalAddressBits }).walk(tables.root, ADDRESS + 4096, right.user);
    expect(at(40)).toEqual({ fault: 'reserved-bit', level: 1, errorCode: 0b1101 });
    expect(at(41)).toMatchObject({ fault: null, address: 2 ** 40 });
    for (const bits of [31, 53, 40.5, Number.NaN]) expect(() => at(bits)).toThrow('bits of physical address');
  });

  test('sets accessed on all levels, and dirty at the leaf for a write only (SDM vol. 3, 4.8)', () => {
    const { memory, tables } = rig();
    const flags = (): number[] => {
      const seen: number[] = [];
      let table = tables.root;
      for (const index of [3, 5, 7, 9]) {
        const low = new DataView(memory.mem(table, 4096).buffer, table, 4096).getUint32(index * 8, true);
        seen.push(low & 0x60);
        table = low & ~0xfff;
      }
      return seen;
    };
    const walker = createPageWalker(memory, { marks: true });
    expect(walker.walk(tables.root, ADDRESS, right.execute).fault).toBe('protection');
    expect(flags()).toEqual([0, 0, 0, 0]);
    expect(walker.walk(tables.root, ADDRESS, right.user)).toMatchObject({ accessed: true, dirty: false });
    expect(flags()).toEqual([0x20, 0x20, 0x20, 0x20]);
    expect(walker.walk(tables.root, ADDRESS, right.write)).toMatchObject({ accessed: true, dirty: true });
    expect(flags()).toEqual([0x20, 0x20, 0x20, 0x60]);
    tables.protectRange(ADDRESS, 4096, right.user);
    expect(tables.get(ADDRESS)).toMatchObject({ rights: right.user, accessed: true, dirty: true });
  });
});

describe('memory is told of every byte that page tables store', () => {
  test('by all that changes them', () => {
    const told = new Set<number>();
    const { memory, frames, tables } = rig((address, byteLength) => {
      for (let at = address; at < address + byteLength; at++) told.add(at);
    });
    const far = ADDRESS + 2 ** 40;
    memory.mem(4096, BYTES - 6 * 4096).fill(0xff);
    const frame = frames.allocate();
    const walker = createPageWalker(memory, { marks: true });
    const steps: [string, () => unknown][] = [
      ['prepare', () => tables.prepare(far, 4096)],
      ['set', () => tables.set(far, frame, right.user | right.write)],
      ['walk', () => walker.walk(tables.root, far, right.write)],
      ['protectRange', () => tables.protectRange(far, 4096, 0)],
      ['clearRange', () => tables.clearRange(far, 4096, () => {})],
      ['prune', () => tables.prune(0, 2 ** 47)],
      ['another tree', () => createPageTables({ memory, frames, tlb: nullTlb() })],
    ];
    for (const [name, run] of steps) {
      const before = memory.mem(0, BYTES).slice();
      told.clear();
      run();
      const untold: number[] = [];
      memory.mem(0, BYTES).forEach((byte, at) => {
        if (byte !== before[at] && !told.has(at)) untold.push(at);
      });
      expect(untold, name).toEqual([]);
      expect(told.size, name).toBeGreaterThan(0);
    }
  });
});
