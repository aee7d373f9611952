import {
  auditAddressSpace,
  createStrictTlb,
  type IndependentAccess,
  type StrictTlb,
  walkTree,
} from '@synos/compliance';
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
export function checkSpace(rig: SpaceRig): void {
  auditAddressSpace(rig);
  const { space, memory, frames } = rig;
  const regions = space.regions();
  const { leaves, tables } = walkTree(memory, space.root, 'user');
  for (const leaf of leaves) {
    const region = regions.find(
      ({ address, byteLength }) => leaf.address >= address && leaf.address < address + byteLength,
    );
    // Exactly what the region grants: less would be a fault without end.
    expect(leaf.isUser).toBe(region?.protection !== 0);
    expect(leaf.isWritable).toBe(((region?.protection ?? 0) & 2) !== 0);
    expect(leaf.isExecutable).toBe(((region?.protection ?? 0) & 4) !== 0);
  }
  const { mappedBytes, residentBytes, committedBytes } = space.stats();
  expect(committedBytes).toBe(mappedBytes);
  expect(frames.stats().reservedFrames).toBe((mappedBytes - residentBytes) / 4096);
  expect(tables.length, 'tables: those that regions want, no more').toBe(1 + tablesFor(regions));
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
