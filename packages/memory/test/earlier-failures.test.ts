import { createStrictTlb, translate, walkTree } from '@synos/compliance';
import { describe, expect, test } from 'vitest';
import { createFrameAllocator, createPageTables, createRam, nullTlb, right } from '../src/index.js';

const rig = () => {
  const memory = createRam({ byteLength: 1 << 20 });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const tables = createPageTables({ memory, frames, tlb: nullTlb() })!;
  const words = (table: number, index: number): [low: number, high: number] => {
    const bytes = memory.mem(table + index * 8, 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return [view.getUint32(0, true), view.getUint32(4, true)];
  };
  return { memory, frames, tables, words };
};

const ADDRESS = 3 * 2 ** 39 + 5 * 2 ** 30 + 7 * 2 ** 21 + 9 * 4096;

describe('an earlier attempt had page tables wrong', () => {
  test('a leaf is at level 1, under three tables, bit for bit as the manual has it (SDM vol. 3, 4.5)', () => {
    const { frames, tables, words } = rig();
    tables.prepare(ADDRESS, 4096);
    const frame = frames.allocate();
    tables.set(ADDRESS, frame, right.user | right.write);
    let table = tables.root;
    for (const index of [3, 5, 7]) {
      const [low, high] = words(table, index);
      expect(low & 0xfff).toBe(0b0000_0000_0111);
      expect(high).toBe(0);
      table = low & ~0xfff;
    }
    expect(words(table, 9)).toEqual([frame + 0b0000_0000_0111, 0x8000_0000]);
    expect(words(table, 8)).toEqual([0, 0]);
  });

  test('the user bit is on the way: a program reaches its page, and not the kernel its neighbours', () => {
    const { memory, frames, tables } = rig();
    tables.prepare(ADDRESS, 8192);
    tables.set(ADDRESS, frames.allocate(), right.user);
    tables.set(ADDRESS + 4096, frames.allocate(), 0);
    expect(translate(memory, tables.root, ADDRESS, { user: true }).errorCode).toBe(null);
    expect(translate(memory, tables.root, ADDRESS, { user: true, write: true }).errorCode).toBe(7);
    expect(translate(memory, tables.root, ADDRESS + 4096, { user: true }).errorCode).toBe(5);
    expect(translate(memory, tables.root, ADDRESS + 8192, { user: true }).errorCode).toBe(4);
  });

  test('NX is kept: by set, by a change of rights, and at leaves alone', () => {
    const { memory, frames, tables } = rig();
    tables.prepare(ADDRESS, 8192);
    tables.set(ADDRESS, frames.allocate(), right.user);
    tables.set(ADDRESS + 4096, frames.allocate(), right.user | right.execute);
    const isExecutable = () => walkTree(memory, tables.root).leaves.map((leaf) => leaf.isExecutable);
    expect(isExecutable()).toEqual([false, true]);
    tables.protectRange(ADDRESS, 8192, right.user | right.write);
    expect(isExecutable()).toEqual([false, false]);
    tables.protectRange(ADDRESS, 8192, right.user | right.execute);
    expect(isExecutable()).toEqual([true, true]);
  });

  test('frame 0 is never handed out, nor mapped', () => {
    const { frames, tables } = rig();
    tables.prepare(ADDRESS, 4096);
    expect(() => tables.set(ADDRESS, 0, right.user)).toThrow('frame 0');
    const taken = new Set<number>();
    for (let frame = frames.allocate(); frame !== 0; frame = frames.allocate()) taken.add(frame);
    expect(taken.has(0)).toBe(false);
    expect(frames.allocateRun(1)).toBe(0);
  });

  test('a double free is noticed, with the address', () => {
    const { frames } = rig();
    const frame = frames.allocate();
    frames.release(frame);
    expect(() => frames.release(frame)).toThrow(`frame 0x${frame.toString(16)} is released, though free already`);
    expect(() => frames.release(0x10)).toThrow('frame 0x10 is released, though no frame of the allocator');
  });
});

describe('misuse of page tables asserts', () => {
  test('a page mapped twice, without tables, in no place, or of the wrong half', () => {
    const { frames, tables } = rig();
    const frame = frames.allocate();
    expect(() => tables.set(ADDRESS, frame, 0)).toThrow('no table is prepared');
    tables.prepare(ADDRESS, 4096);
    tables.set(ADDRESS, frame, 0);
    expect(() => tables.set(ADDRESS, frame, 0)).toThrow('mapped already');
    expect(() => tables.set(ADDRESS + 1, frame, 0)).toThrow('no range');
    expect(() => tables.set(2 ** 47, frame, 0)).toThrow('no range');
    expect(() => tables.set(-4096, frame, right.user)).toThrow('kernel half');
    expect(() => tables.protectRange(-4096, 4096, right.user)).toThrow('kernel half');
    expect(() => tables.set(ADDRESS, frame + 8, 0)).toThrow('no page');
    expect(() => tables.set(ADDRESS, 2 ** 52, 0)).toThrow('no page');
    for (const [address, byteLength] of [
      [-4096, 8192],
      [2 ** 47 - 4096, 8192],
      [-(2 ** 47) - 4096, 4096],
      [0, -4096],
      [0, 1],
      [Number.NaN, 4096],
    ] as const) {
      expect(() => tables.prepare(address, byteLength)).toThrow('no range');
      expect(() => tables.clearRange(address, byteLength, () => {})).toThrow('no range');
      expect(() => tables.prune(address, byteLength)).toThrow('no range');
    }
    expect(() => tables.destroy()).toThrow('a page in it');
  });

  test('any address can be asked about', () => {
    const { tables } = rig();
    for (const address of [Number.NaN, Infinity, 2 ** 47, -(2 ** 47) - 1, -1, 0.5, 2 ** 63]) {
      expect(tables.get(address)).toBe(null);
      expect(tables.frameAt(address)).toBe(0);
    }
  });
});

describe('the TLB is told (SDM vol. 3, 4.10.4)', () => {
  test('of many pages at once, before the first is handed back, the global ones among them', () => {
    const memory = createRam({ byteLength: 1 << 20 });
    const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
    const tlb = createStrictTlb(memory);
    const tables = createPageTables({ memory, frames, tlb })!;
    tlb.load(tables.root);
    const pages = 100;
    tables.prepare(ADDRESS, pages * 4096);
    for (let page = 0; page < pages; page++) {
      const rights = right.write | (page % 3 === 0 ? right.global : 0);
      tables.set(ADDRESS + page * 4096, frames.allocate(), rights);
      tlb.access(ADDRESS + page * 4096, { write: true });
    }
    tables.protectRange(ADDRESS, pages * 4096, right.global);
    expect(tlb.stale()).toEqual([]);
    for (let page = 0; page < pages; page++) tlb.access(ADDRESS + page * 4096, {});
    const seen: boolean[] = [];
    tables.clearRange(ADDRESS, pages * 4096, (frame) => seen.push(tlb.remembers(frame)));
    expect(seen).toEqual(new Array(pages).fill(false));
  });
});
