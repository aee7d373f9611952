import { createStrictTlb, type IndependentAccess, type StrictTlb, walkTree } from '@synos/compliance';
import type { AddressSpace, FrameAllocator, PhysicalMemory, Region } from '@synos/interfaces';
import { type AddressSpaceOptions, createAddressSpace, createFrameAllocator, createRam } from '@synos/memory';
import { expect } from 'vitest';

/** An address space on a machine of its own, under a TLB that forgets nothing. */
export interface SpaceRig {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly tlb: StrictTlb;
  readonly space: AddressSpace;
  /** The program's own access, its page faults resolved. `-1`, or where the byte lies. */
  touch(address: number, access: IndependentAccess): number;
}

export function createSpaceRig(frameCount: number, options: Partial<AddressSpaceOptions> = {}): SpaceRig {
  const memory = createRam({ byteLength: (frameCount + 1) * 4096 });
  // What a frame held before must never show.
  memory.mem(0, (frameCount + 1) * 4096).fill(0xa5);
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const tlb = createStrictTlb(memory);
  const space = createAddressSpace({ memory, frames, tlb, ...options });
  if (space === null) throw new Error('no frame for a root');
  tlb.load(space.root);
  return {
    memory,
    frames,
    tlb,
    space,
    touch(address, access) {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const result = tlb.access(address, { ...access, user: true });
        if (result.leaf !== null) return result.physical;
        if (space.resolveFault(address, result.errorCode) !== null) return -1;
      }
      throw new Error(`the fault at ${address} was resolved, and came again`);
    },
  };
}

/** Everything that must hold between any two calls, read from the bytes of memory. */
export function checkSpace({ memory, frames, tlb, space }: SpaceRig): void {
  expect(tlb.stale()).toEqual([]);
  const tree = walkTree(memory, space.root, 'user');
  expect(tree.broken).toEqual([]);
  const regions = space.regions();
  let mappedBytes = 0;
  for (const [index, region] of regions.entries()) {
    const before = regions[index - 1];
    mappedBytes += region.byteLength;
    expect(region.byteLength).toBeGreaterThan(0);
    if (before === undefined) continue;
    const beforeEnd = before.address + before.byteLength;
    expect(beforeEnd).toBeLessThanOrEqual(region.address);
    const isOne =
      beforeEnd === region.address && before.kind === region.kind && before.protection === region.protection;
    expect(isOne, `two regions alike at ${region.address}`).toBe(false);
  }
  const counts = new Map<number, number>();
  const count = (frame: number): void => void counts.set(frame, (counts.get(frame) ?? 0) + 1);
  for (const leaf of tree.leaves) {
    const region = regions.find(
      ({ address, byteLength }) => leaf.address >= address && leaf.address < address + byteLength,
    );
    if (region === undefined) throw new Error(`a leaf at ${leaf.address} outside every region`);
    expect(leaf.pageBytes).toBe(4096);
    expect(leaf.isGlobal).toBe(false);
    // Exactly what is granted; more would be a hole, less a fault without end.
    expect(leaf.isUser).toBe(region.protection !== 0);
    expect(leaf.isWritable).toBe((region.protection & 2) !== 0);
    expect(leaf.isExecutable).toBe((region.protection & 4) !== 0);
    count(leaf.physical);
  }
  for (const table of tree.tables) count(table);
  expect(tree.tables.length, 'tables: those that regions want, no more').toBe(1 + tablesFor(regions));
  for (const [frame, references] of counts) expect(frames.references(frame)).toBe(references);
  const stats = space.stats();
  const frameStats = frames.stats();
  expect(stats.mappedBytes).toBe(mappedBytes);
  expect(stats.committedBytes).toBe(mappedBytes);
  expect(stats.residentBytes).toBe(tree.leaves.length * 4096);
  expect(stats.tableBytes).toBe(tree.tables.length * 4096);
  expect(frameStats.usedFrames).toBe(counts.size);
  expect(frameStats.references).toBe(tree.leaves.length + tree.tables.length);
  expect(frameStats.reservedFrames).toBe(mappedBytes / 4096 - tree.leaves.length);
}

/** How many tables below the root regions want: one for each stretch that an entry above it stands for. */
function tablesFor(regions: readonly Region[]): number {
  let tables = 0;
  for (const span of [2 ** 39, 2 ** 30, 2 ** 21]) {
    const wanted = new Set<number>();
    for (const { address, byteLength } of regions) {
      for (let at = Math.floor(address / span); at * span < address + byteLength; at += 1) wanted.add(at);
    }
    tables += wanted.size;
  }
  return tables;
}
