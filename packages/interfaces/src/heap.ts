/** What a {@link Heap} has, in bytes unless it says otherwise. Equal to what a walk over all blocks would count. */
export interface HeapStats {
  /** The whole stretch that it manages, its own records included. */
  readonly totalBytes: number;
  /** In live blocks, with what each costs beside what was asked for. */
  readonly usedBytes: number;
  /** What live blocks can hold: the sum of `usableBytes`. */
  readonly usableBytes: number;
  /** In free blocks. */
  readonly freeBytes: number;
  /** The largest block that could be had now. */
  readonly largestFreeBytes: number;
  /** How many blocks are live. */
  readonly liveBlocks: number;
  /** How many blocks are free. */
  readonly freeBlocks: number;
  /** From the start to the end of the highest block that was ever live: what a heap that grows would have taken. */
  readonly spanBytes: number;
}

/**
 * An allocator over a stretch of one `ArrayBuffer`. Blocks are named by the offset of their first byte in the buffer, a
 * multiple of 16; 0 is no block, as in C. Contents of a new block are undefined.
 *
 * `free` and `realloc` of what is not a live block (never given out, freed already, its header overwritten) are a bug of
 * the caller and assert with the address, before anything is changed.
 */
export interface Heap {
  /** @returns the block, 0 when there is no room or `byteLength` is not an integer from 0 on. 0 bytes make a block of their own. */
  malloc(byteLength: number): number;
  /** As {@link malloc} for `count * byteLength` bytes, all zero. A product that overflows is no room. */
  calloc(count: number, byteLength: number): number;
  /**
   * Makes a block larger or smaller; its contents come along, up to the smaller of both lengths.
   *
   * @param address - a live block, or 0: as {@link malloc} then
   * @returns where it is now; 0 when there is no room, and then the old block is as it was
   */
  realloc(address: number, byteLength: number): number;
  /** Ends a block. 0 does nothing. */
  free(address: number): void;
  /** As {@link malloc}, at a multiple of `alignBytes`: a power of two; anything else answers 0. */
  memalign(alignBytes: number, byteLength: number): number;
  /** What a live block can hold: at least what was asked for. */
  usableBytes(address: number): number;
  stats(): HeapStats;
}
