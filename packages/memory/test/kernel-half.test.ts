import { translate, walkTree } from '@synos/compliance';
import type { MemoryRange, PhysicalMemory } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { createFrameAllocator, createKernelHalf, createPageTables, createRam, nullTlb, right } from '../src/index.js';

const MB = 2 ** 20;
const memoryMap: readonly MemoryRange[] = [
  { address: 0, byteLength: 0x9_fc00, kind: 'usable' },
  { address: 0x9_fc00, byteLength: 0x400, kind: 'reserved' },
  { address: MB, byteLength: 7 * MB, kind: 'usable' },
  { address: 8 * MB, byteLength: 0x1800, kind: 'reserved' },
];
const BASE = -(2 ** 47);

const rig = (options: { largestPageBytes?: number; code?: { address: number; byteLength: number }[] } = {}) => {
  const memory = createRam({ byteLength: 8 * MB + 0x1800, memoryMap });
  const frames = createFrameAllocator({ memoryMap });
  const kernelHalf = createKernelHalf({ memory, frames, tlb: nullTlb(), ...options })!;
  return { memory, frames, kernelHalf };
};

describe('the kernel half', () => {
  for (const [largestPageBytes, large] of [
    [4096, 0],
    [2 * MB, 3],
    [2 ** 30, 3],
  ] as const) {
    test(`maps what is described and nothing else, in pages of up to ${largestPageBytes} bytes`, () => {
      const { memory, frames, kernelHalf } = rig({ largestPageBytes });
      const { leaves, broken, tables } = walkTree(memory, kernelHalf.root);
      expect(broken).toEqual([]);
      expect(tables.length * 4096).toBe(kernelHalf.tables.tableBytes);
      expect(leaves.filter(({ pageBytes }) => pageBytes === 2 * MB).length).toBe(large);
      let bytes = 0;
      for (const leaf of leaves) {
        expect(leaf.address).toBe(BASE + leaf.physical);
        const { isWritable, isUser, isExecutable, isGlobal } = leaf;
        expect([isWritable, isUser, isExecutable, isGlobal]).toEqual([true, false, false, true]);
        bytes += leaf.pageBytes;
      }
      expect(bytes).toBe(0xa_0000 + 7 * MB + 0x2000);
      kernelHalf.destroy();
      expect(frames.stats().usedFrames).toBe(0);
    });
  }

  test('a page of 1 GB where all of it is memory', () => {
    const ram = createRam({ byteLength: 16 * 4096 });
    const frames = createFrameAllocator(ram);
    const big: MemoryRange = { address: 2 ** 30, byteLength: 2 ** 30, kind: 'reserved' };
    // What is described up there has no bytes here: nobody reads a table in it.
    const tall: PhysicalMemory = {
      memoryMap: [...ram.memoryMap, big],
      mem: (address, byteLength) => (address < 2 ** 30 ? ram.mem(address, byteLength) : new Uint8Array(byteLength)),
      wrote: ram.wrote,
    };
    const kernelHalf = createKernelHalf({ memory: tall, frames, tlb: nullTlb(), largestPageBytes: 2 ** 30 })!;
    expect(kernelHalf.tables.get(BASE + 2 ** 30 + 0x12_3456)).toEqual({
      frame: 2 ** 30 + 0x12_3000,
      rights: right.write | right.global,
      accessed: false,
      dirty: false,
      pageBytes: 2 ** 30,
    });
  });

  test('code may be executed and not written, frame by frame', () => {
    const { memory, kernelHalf } = rig({ code: [{ address: 3 * MB + 0x800, byteLength: 0x1000 }] });
    const at = (physical: number, access: object) =>
      translate(memory, kernelHalf.root, BASE + physical, access).errorCode;
    for (const physical of [3 * MB, 3 * MB + 0x1fff]) {
      expect(at(physical, { fetch: true })).toBe(null);
      expect(at(physical, { write: true })).toBe(3);
    }
    for (const physical of [3 * MB - 1, 3 * MB + 0x2000]) {
      expect(at(physical, { fetch: true })).toBe(17);
      expect(at(physical, { write: true })).toBe(null);
      expect(at(physical, { user: true })).toBe(5);
    }
  });

  test('address spaces share it: what is prepared appears in all, and their end takes nothing of it', () => {
    const { memory, frames, kernelHalf } = rig();
    const window = -(2 ** 40);
    expect(kernelHalf.tables.prepare(window, 8192)).toBe(true);
    const { usedFrames } = frames.stats();
    const [a, b] = [0, 1].map(() => createPageTables({ memory, frames, tlb: nullTlb(), kernelHalf })!);
    kernelHalf.tables.set(window, 0x5000, right.write | right.global);
    for (const tables of [a!, b!]) {
      expect(tables.frameAt(window + 1)).toBe(0x5000);
      expect(tables.frameAt(kernelHalf.directMapBase + 5 * MB + 0x1234)).toBe(5 * MB + 0x1000);
      expect(walkTree(memory, tables.root, 'kernel').leaves).toEqual(walkTree(memory, kernelHalf.root).leaves);
      expect(tables.tableBytes).toBe(4096);
      expect(() => tables.set(window + 4096, 0x6000, 0)).toThrow('no range');
      expect(() => tables.clearRange(window, 4096, () => {})).toThrow('no range');
    }
    a!.destroy();
    b!.destroy();
    expect(frames.stats().usedFrames).toBe(usedFrames);
    kernelHalf.tables.clearRange(window, 8192, () => {});
    // The root's entry may have been copied: the table that it names stays, those below go.
    const before = kernelHalf.tables.tableBytes;
    kernelHalf.tables.prune(-(2 ** 40), 2 ** 39);
    expect(before - kernelHalf.tables.tableBytes).toBe(8192);
  });

  test('too few frames for its tables: null, and nothing is lost', () => {
    const memory = createRam({ byteLength: 4 * 4096 });
    const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
    expect(createKernelHalf({ memory, frames, tlb: nullTlb() })).toBe(null);
    expect(frames.stats().usedFrames).toBe(0);
    while (frames.allocate() !== 0);
    expect(createKernelHalf({ memory, frames, tlb: nullTlb() })).toBe(null);
    expect(createPageTables({ memory, frames, tlb: nullTlb() })).toBe(null);
  });

  test('large pages are not for changing, and a base must be one', () => {
    const { memory, frames, kernelHalf } = rig();
    expect(() => kernelHalf.tables.clearRange(BASE + 2 * MB, 4096, () => {})).toThrow('large page');
    expect(() => kernelHalf.tables.prepare(BASE + 2 * MB, 4096)).toThrow('large page');
    expect(() => kernelHalf.tables.set(BASE + 2 * MB, 4096, 0)).toThrow('mapped already');
    for (const directMapBase of [0, -(2 ** 47) + 4096, -(2 ** 48), -4096]) {
      expect(() => createKernelHalf({ memory, frames, tlb: nullTlb(), directMapBase })).toThrow('direct map');
    }
    expect(() => rig({ largestPageBytes: 8192 })).toThrow('size of a page');
  });
});

describe('RAM', () => {
  test('views alias memory, are as aligned as the address, and reach over ranges that touch', () => {
    const { memory } = rig();
    memory.mem(0x9_f000, 0x1000)[0xfff] = 7;
    expect(memory.mem(0x9_ffff, 1)[0]).toBe(7);
    for (const [address, length] of [
      [0xa_0000, 1],
      [0x9_ffff, 2],
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [8 * MB + 0x1800, 1],
    ] as const) {
      expect(() => memory.mem(address, length)).toThrow('no memory');
    }
  });

  test('a buffer of the caller, what was written told, and maps that are none refused', () => {
    const told: number[][] = [];
    const buffer = new ArrayBuffer(8192);
    const ram = createRam({ buffer, onWrote: (...both) => told.push(both) });
    ram.mem(4096, 8)[0] = 9;
    ram.wrote(4096, 8);
    expect(new Uint8Array(buffer)[4096]).toBe(9);
    expect(told).toEqual([[4096, 8]]);
    const range = { address: 0, byteLength: 8192, kind: 'usable' } as const;
    expect(() => createRam({ buffer, byteLength: 1 })).toThrow('a length or a buffer');
    expect(() => createRam({})).toThrow('a length or a buffer');
    expect(() => createRam({ buffer, memoryMap: [range, range] })).toThrow('overlaps');
    expect(() => createRam({ buffer, memoryMap: [{ ...range, byteLength: 8193 }] })).toThrow('memory at 8192');
  });
});
