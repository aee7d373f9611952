import type { PhysicalAddress } from './machine-memory.js';

/** What a {@link FrameAllocator} has, in frames. `totalFrames = freeFrames + usedFrames`, always. */
export interface FrameStats {
  readonly totalFrames: number;
  /** Not handed out; {@link reservedFrames} is a part of it. */
  readonly freeFrames: number;
  readonly usedFrames: number;
  /** Promised by `reserve` and not taken yet. */
  readonly reservedFrames: number;
  /** The sum of all reference counts. */
  readonly references: number;
}

/** What a contiguous run must satisfy. */
export interface RunNeeds {
  /** Its first byte is a multiple of this, a power of two, at least 4,096. Default 4,096. */
  readonly alignBytes?: number;
  /** Its last byte lies below this: devices reach 2^32 or less. Default no limit. */
  readonly below?: PhysicalAddress;
}

/**
 * Hands out frames of physical memory: 4,096 bytes each, named by physical address. Frame 0 is never handed out, so
 * address 0 says "there is none". Contents are undefined. Every frame has a reference count: mappings that share it
 * count one each.
 *
 * Memory is promised before it is touched: an address space reserves what a mapping may come to need when the mapping
 * is made, so that running out is an ENOMEM there and never a failed page fault later.
 *
 * Misuse (a frame released that is not out, one that was never the allocator's, more taken than reserved) is a bug of
 * the kernel and asserts with the address.
 */
export interface FrameAllocator {
  /** A frame with one reference; 0 when all that is free is reserved. */
  allocate(): PhysicalAddress;
  /** A frame out of what {@link reserve} set aside, with one reference. Never fails. Asserts when nothing is reserved. */
  allocateReserved(): PhysicalAddress;
  /**
   * Frames beside one another, each with one reference and each released for itself.
   *
   * @param count - at least 1
   * @returns the address of the first, 0 where no such run is free (or it would eat what is reserved)
   */
  allocateRun(count: number, needs?: RunNeeds): PhysicalAddress;
  /** Sets frames aside. False when there are not so many: nothing is reserved then. */
  reserve(count: number): boolean;
  /** Gives back what was reserved and not taken. Asserts when more than is reserved. */
  unreserve(count: number): void;
  /** One more reference to a frame that is out. */
  share(frame: PhysicalAddress): void;
  /** One reference less. True when it was the last: the frame is free again. */
  release(frame: PhysicalAddress): boolean;
  /** The references of a frame: 0 for a free one, and for an address that is not the allocator's. */
  references(frame: PhysicalAddress): number;
  stats(): FrameStats;
}
