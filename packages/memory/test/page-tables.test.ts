import { describe, expect, test } from 'vitest';
import { createFrameAllocator, createPageTables, createRam, nullTlb, right } from '../src/index.js';

const rig = (byteLength = 1 << 20) => {
  const memory = createRam({ byteLength });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const tables = createPageTables({ memory, frames, tlb: nullTlb() })!;
  return { memory, frames, tables };
};

describe('page tables', () => {
  test('a page that was set is found, changed and given back', () => {
    const { frames, tables } = rig();
    const { usedFrames } = frames.stats();
    expect(tables.prepare(0x40_0000, 0x2000)).toBe(true);
    expect(tables.tableBytes).toBe(4 * 4096);
    const frame = frames.allocate();
    tables.set(0x40_0000, frame, right.user | right.write);
    expect(tables.get(0x40_0123)).toEqual({
      frame,
      rights: right.user | right.write,
      accessed: false,
      dirty: false,
      pageBytes: 4096,
    });
    expect(tables.frameAt(0x40_0fff)).toBe(frame);
    tables.protectRange(0x40_0000, 0x2000, right.user | right.execute);
    expect(tables.get(0x40_0000)?.rights).toBe(right.user | right.execute);
    const gone: number[] = [];
    tables.clearRange(0x40_0000, 0x2000, (each) => gone.push(each));
    expect(gone).toEqual([frame]);
    expect(tables.get(0x40_0000)).toBe(null);
    frames.release(frame);
    tables.prune(0, 2 ** 47);
    expect(tables.tableBytes).toBe(4096);
    tables.destroy();
    expect(frames.stats().usedFrames).toBe(usedFrames - 1);
  });

  test('tables are made for all of a range, or for nothing', () => {
    const { frames, tables } = rig(16 * 4096);
    const before = frames.stats();
    expect(tables.prepare(0, 2 ** 40)).toBe(false);
    expect(tables.prepare(0, 2 ** 47)).toBe(false);
    expect(frames.stats()).toEqual(before);
    expect(tables.prepare(0x7fff_fff0_0000, 0x10_0000)).toBe(true);
    expect(frames.stats().reservedFrames).toBe(0);
  });
});
