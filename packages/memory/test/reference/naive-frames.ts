import type { FrameAllocator, MemoryRange, RunNeeds } from '@synos/interfaces';

/** Planted bugs, by name: each must be found by the suite. */
export const frameBugs = [
  'frame-0',
  'partial-frames',
  'reserved-ranges',
  'holes',
  'double-free',
  'share-free',
  'foreign-free',
  'run-not-counted',
  'run-unaligned',
  'run-begins-below',
  'run-one-short',
  'run-eats-reserved',
  'reserve-too-much',
  'reserve-ignored',
  'reserved-stays',
  'unreserve-below-zero',
  'share-ignored',
  'release-at-once',
  'release-says-nothing',
  'references-wrap',
  'leaks',
  'hands-out-twice',
  'live-stats',
] as const;
export type FrameBug = (typeof frameBugs)[number];

/** An allocator as short as can be, over a `Map` of reference counts, with planted bugs on demand. */
export function naiveFrames(memoryMap: readonly MemoryRange[], bug?: FrameBug): FrameAllocator {
  const counts = new Map<number, number>();
  const partial = bug === 'partial-frames' ? 4095 : 0;
  for (const { address, byteLength, kind } of memoryMap) {
    if (kind === 'reserved' && bug !== 'reserved-ranges') continue;
    let at = Math.ceil((address - partial) / 4096) * 4096;
    for (; at + 4096 <= address + byteLength + partial; at += 4096) counts.set(at, 0);
    if (bug === 'holes') counts.set(at, 0);
  }
  if (bug !== 'frame-0') counts.delete(0);
  let reserved = 0;
  const free = (): number => [...counts.values()].filter((count) => count === 0).length;
  const used = (frame: number, done: string): number => {
    const count = counts.get(frame);
    if (count === undefined && bug === 'foreign-free') return 2;
    if (count === undefined) throw new Error(`${frame} ${done}: foreign`);
    const isTaken = bug === 'double-free' && done === 'released' ? true : bug === 'share-free' && done === 'shared';
    if (count === 0 && !isTaken) throw new Error(`${frame} ${done}: free`);
    return count;
  };
  const take = (): number => {
    const frame = [...counts].find(([, count]) => count === 0)?.[0] ?? 0;
    if (counts.has(frame) && !(bug === 'hands-out-twice' && free() % 7 === 3)) counts.set(frame, 1);
    return frame;
  };
  const isRun = (first: number, count: number, { alignBytes = 4096, below = Infinity }: RunNeeds): boolean => {
    if (first % alignBytes !== 0 && bug !== 'run-unaligned') return false;
    if ((bug === 'run-begins-below' ? first : first + count * 4096) > below) return false;
    const looked = bug === 'run-one-short' ? count - 1 : count;
    for (let index = 0; index < looked; index++) if (counts.get(first + index * 4096) !== 0) return false;
    return true;
  };
  const stats = {
    get totalFrames() {
      return counts.size;
    },
    get freeFrames() {
      return free();
    },
    get usedFrames() {
      return counts.size - free();
    },
    get reservedFrames() {
      return reserved;
    },
    get references() {
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
  };
  return {
    allocate: () => (free() > (bug === 'reserve-ignored' ? 0 : reserved) ? take() : 0),
    allocateReserved() {
      if (reserved === 0) throw new Error('nothing reserved');
      if (bug !== 'reserved-stays') reserved--;
      return take();
    },
    allocateRun(count, needs = {}) {
      if (count > free() - (bug === 'run-eats-reserved' ? 0 : reserved)) return 0;
      const first = [...counts.keys()].sort((a, b) => a - b).find((at) => isRun(at, count, needs)) ?? 0;
      const last = bug === 'run-not-counted' ? 1 : count;
      for (let index = 0; first !== 0 && index < last; index++) counts.set(first + index * 4096, 1);
      return first;
    },
    reserve(count) {
      if (count > free() - reserved && bug !== 'reserve-too-much') return false;
      reserved += count;
      return true;
    },
    unreserve(count) {
      if (count > reserved && bug !== 'unreserve-below-zero') throw new Error('not reserved');
      reserved -= count;
    },
    share(frame) {
      const count = used(frame, 'shared');
      if (bug !== 'share-ignored') counts.set(frame, bug === 'references-wrap' ? (count + 1) & 0xffff : count + 1);
    },
    release(frame) {
      const count = bug === 'release-at-once' ? 1 : used(frame, 'released');
      if (bug === 'leaks' && count === 1 && frame % 0x1_0000 === 0x5000) return true;
      counts.set(frame, Math.max(0, count - 1));
      return count <= 1 && bug !== 'release-says-nothing';
    },
    references: (frame) => counts.get(frame) ?? 0,
    stats: () => (bug === 'live-stats' ? stats : { ...stats }),
  };
}
