import { FRAME_BYTES, type FrameAllocator, type MemoryRange, type PhysicalAddress } from '@synos/interfaces';
import { check, equal } from '../check.js';

/** Makes an allocator of nothing but what a map calls usable. */
export type FrameAllocatorSetup = (memoryMap: readonly MemoryRange[]) => FrameAllocator;

/**
 * Abilities that cases may need: `runs` (`allocateRun`), `sharing` (`share`), `reserve` (with `unreserve` and
 * `allocateReserved`), `misuse` (asserts on it).
 */
export type FrameAllocatorAbility = 'runs' | 'sharing' | 'reserve' | 'misuse';

/** Frame 0, a border inside frame 9 and one inside frame 0xc, a hole from 0x40 to 0x4f. */
export const oddMap: readonly MemoryRange[] = [
  { address: 0, byteLength: 0x9800, kind: 'usable' },
  { address: 0x9800, byteLength: 0x3000, kind: 'reserved' },
  { address: 0xc800, byteLength: 0x33800, kind: 'usable' },
  { address: 0x5_0000, byteLength: 0x1_0000, kind: 'usable' },
];

/** The frames of {@link oddMap} that may be handed out: 1 to 8, 0xd to 0x3f, 0x50 to 0x5f. */
export const oddFrames: readonly PhysicalAddress[] = Array.from(
  { length: 0x60 },
  (_, frame) => frame * FRAME_BYTES,
).filter((address) => isUsable(oddMap, address));

/** Whether a frame lies, all of it, in usable memory, and is not frame 0. */
export function isUsable(memoryMap: readonly MemoryRange[], frame: PhysicalAddress): boolean {
  if (frame === 0) return false;
  return memoryMap.some(
    ({ address, byteLength, kind }) =>
      kind === 'usable' && frame >= address && frame + FRAME_BYTES <= address + byteLength,
  );
}

/** Takes single frames until there are none; fails when there is no end. */
export function takeAll(frames: FrameAllocator): PhysicalAddress[] {
  const taken: PhysicalAddress[] = [];
  for (let frame = frames.allocate(); frame !== 0; frame = frames.allocate()) {
    taken.push(frame);
    check(taken.length <= 4096, 'more frames than there are');
  }
  return taken;
}

/** Fails unless statistics are so, and add up. */
export function checkStats(frames: FrameAllocator, used: number, reserved: number, references: number): void {
  const stats = frames.stats();
  equal(stats.usedFrames, used, 'usedFrames');
  equal(stats.reservedFrames, reserved, 'reservedFrames');
  equal(stats.references, references, 'references');
  equal(stats.freeFrames + stats.usedFrames, stats.totalFrames, 'free and used frames');
}

/** Fails unless `misuse` throws and changes nothing that statistics show. */
export function mustAssert(frames: FrameAllocator, what: string, misuse: () => unknown): void {
  const before = JSON.stringify(frames.stats());
  let thrown: unknown;
  try {
    misuse();
  } catch (error) {
    thrown = error;
  }
  check(thrown instanceof Error, `${what}: no assertion`);
  equal(JSON.stringify(frames.stats()), before, `${what}: statistics`);
}
