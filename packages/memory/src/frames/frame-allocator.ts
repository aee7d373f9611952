import {
  assert,
  FRAME_BYTES,
  type FrameAllocator,
  type FrameStats,
  type MemoryRange,
  type PhysicalAddress,
  type RunNeeds,
} from '@synos/interfaces';
import { type Stretch, spansOf } from '../memory-spans.js';
import { FrameSet } from './frame-set.js';

/** What {@link createFrameAllocator} takes. */
export interface FrameAllocatorOptions {
  /**
   * What lies where. Need not be sorted; of ranges that overlap the reserved one wins. Usable memory from 256 GB on is
   * left alone.
   */
  readonly memoryMap: readonly MemoryRange[];
  /** More that is never handed out: a frame that has a byte in one of these is not. */
  readonly reserved?: readonly Stretch[];
}

/** The count of a frame that is not the allocator's: frame 0, reserved, or not there. */
const FOREIGN = 0xffff_ffff;

/** Records reach to the highest usable frame: 256 GB are 2^26 frames. */
const MAX_FRAMES = 2 ** 26;

/**
 * Hands out the frames of which every byte is usable. Its records lie in arrays of its own: 4 1/7 bytes for each frame
 * from 0 up to the highest usable one (4 GB: 4.1 MB).
 *
 * Single frames come from the top of memory and runs from the bottom, so that devices find low memory in one piece.
 * Taking and giving back one frame costs the same however many there are; a search for a run looks at each word of 32
 * frames at most a few times.
 *
 * @throws an assertion where the map has a range that is none: negative, fractional, beyond 2^52
 * @example
 * ```ts
 * import { createFrameAllocator, createRam } from '@synos/memory';
 *
 * const ram = createRam({ byteLength: 1 << 20 });
 * const frames = createFrameAllocator({ memoryMap: ram.memoryMap });
 * const frame = frames.allocate(); // a physical address; 0 says that there is none
 * frames.share(frame);
 * frames.release(frame); // false: somebody has it still
 * frames.release(frame); // true
 * const queue = frames.allocateRun(4, { alignBytes: 16384, below: 2 ** 32 });
 * ```
 */
export function createFrameAllocator(options: FrameAllocatorOptions): FrameAllocator {
  return new Frames(options);
}

class Frames implements FrameAllocator {
  /** References by frame number: 0 for a free frame. */
  private readonly counts: Uint32Array;
  private readonly free: FrameSet;
  private totalFrames: number;
  private freeFrames: number;
  private reservedFrames: number;
  private totalReferences: number;

  constructor({ memoryMap, reserved = [] }: FrameAllocatorOptions) {
    const usable = spansOf(memoryMap.filter(({ kind }) => kind === 'usable'))
      .map(({ start, end }) => ({ first: Math.ceil(start / FRAME_BYTES), end: Math.floor(end / FRAME_BYTES) }))
      .map(({ first, end }) => ({ first, end: Math.min(end, MAX_FRAMES) }))
      .filter(({ first, end }) => first < end);
    const capacity = usable.length === 0 ? 0 : (usable[usable.length - 1] as { end: number }).end;
    this.counts = new Uint32Array(capacity).fill(FOREIGN);
    this.free = new FrameSet(capacity);
    this.totalFrames = 0;
    for (const { first, end } of usable) {
      this.counts.fill(0, first, end);
      this.free.addRange(first, end);
      this.totalFrames += end - first;
    }
    const taken = [...memoryMap.filter(({ kind }) => kind !== 'usable'), ...reserved];
    for (const { start, end } of spansOf([{ address: 0, byteLength: FRAME_BYTES }, ...taken])) {
      this.exclude(Math.floor(start / FRAME_BYTES), Math.min(capacity, Math.ceil(end / FRAME_BYTES)));
    }
    this.freeFrames = this.totalFrames;
    this.reservedFrames = 0;
    this.totalReferences = 0;
  }

  allocate(): PhysicalAddress {
    return this.freeFrames > this.reservedFrames ? this.takeHighest() : 0;
  }

  allocateReserved(): PhysicalAddress {
    assert(this.reservedFrames > 0, 'no frame is reserved');
    this.reservedFrames -= 1;
    return this.takeHighest();
  }

  allocateRun(count: number, needs: RunNeeds = {}): PhysicalAddress {
    const { alignBytes = FRAME_BYTES, below = Infinity } = needs;
    assert(Number.isInteger(count) && count > 0, `no run has ${count} frames`);
    assert(alignBytes >= FRAME_BYTES && Number.isInteger(Math.log2(alignBytes)), `no alignment: ${alignBytes}`);
    assert(below >= 0, `no end of memory: ${below}`);
    if (count > this.freeFrames - this.reservedFrames) return 0;
    const first = this.findRun(count, alignBytes / FRAME_BYTES, Math.floor(below / FRAME_BYTES));
    if (first < 0) return 0;
    for (let frame = first; frame < first + count; frame += 1) this.take(frame);
    return first * FRAME_BYTES;
  }

  reserve(count: number): boolean {
    assert(Number.isInteger(count) && count >= 0, `no number of frames to reserve: ${count}`);
    if (count > this.freeFrames - this.reservedFrames) return false;
    this.reservedFrames += count;
    return true;
  }

  unreserve(count: number): void {
    assert(Number.isInteger(count) && count >= 0, `no number of frames to give back: ${count}`);
    assert(count <= this.reservedFrames, `${count} frames given back, ${this.reservedFrames} are reserved`);
    this.reservedFrames -= count;
  }

  share(address: PhysicalAddress): void {
    const frame = this.frameOut(address, 'shared');
    const count = this.counts[frame] as number;
    if (count === FOREIGN - 1) misuse('shared too often', address);
    this.counts[frame] = count + 1;
    this.totalReferences += 1;
  }

  release(address: PhysicalAddress): boolean {
    const frame = this.frameOut(address, 'released');
    const count = (this.counts[frame] as number) - 1;
    this.counts[frame] = count;
    this.totalReferences -= 1;
    if (count > 0) return false;
    this.free.add(frame);
    this.freeFrames += 1;
    return true;
  }

  references(address: PhysicalAddress): number {
    const count = this.counts[address / FRAME_BYTES];
    return count === undefined || count === FOREIGN ? 0 : count;
  }

  stats(): FrameStats {
    const { totalFrames, freeFrames, reservedFrames, totalReferences } = this;
    const usedFrames = totalFrames - freeFrames;
    return { totalFrames, freeFrames, usedFrames, reservedFrames, references: totalReferences };
  }

  private exclude(first: number, end: number): void {
    for (let frame = first; frame < end; frame += 1) {
      if (this.counts[frame] === FOREIGN) continue;
      this.counts[frame] = FOREIGN;
      this.free.remove(frame);
      this.totalFrames -= 1;
    }
  }

  private takeHighest(): PhysicalAddress {
    const frame = this.free.highest();
    this.take(frame);
    return frame * FRAME_BYTES;
  }

  private take(frame: number): void {
    this.free.remove(frame);
    this.counts[frame] = 1;
    this.freeFrames -= 1;
    this.totalReferences += 1;
  }

  /** The lowest run that will do, -1 where there is none. Goes over memory once. */
  private findRun(count: number, alignFrames: number, limit: number): number {
    let first = this.free.next(0);
    while (first >= 0) {
      first = Math.ceil(first / alignFrames) * alignFrames;
      const end = first + count;
      if (end > limit || end > this.counts.length) return -1;
      const gap = this.free.nextAbsent(first, end);
      if (gap === end) return first;
      first = this.free.next(gap + 1);
    }
    return -1;
  }

  /** The number of a frame that somebody has. */
  private frameOut(address: PhysicalAddress, done: string): number {
    const frame = address / FRAME_BYTES;
    const count = this.counts[frame];
    if (count === undefined || count === FOREIGN) misuse(`${done}, though no frame of the allocator`, address);
    if (count === 0) misuse(`${done}, though free already`, address);
    return frame;
  }
}

/** Puts the message together only when it is needed. */
function misuse(what: string, address: PhysicalAddress): never {
  assert(false, `frame 0x${address.toString(16)} is ${what}`);
}
