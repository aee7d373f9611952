/**
 * One stretch of memory under several views, shared by everything that lives in it: nobody makes views of their own
 * on a hot path. All offsets in packets and blocks are offsets into these views.
 */
export interface ByteMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** The same bytes as 32-bit words of the host's byte order; word i is bytes 4i to 4i+3. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** Where the memory has faster ways to sum and to copy its bytes than an engine's own. */
  readonly fast?: FastBytes | null;
}

/**
 * What a memory does with its bytes faster than loops over `words` and `copyWithin`. Ranges are of any alignment and lie
 * inside the memory. Sums are ones' complement sums of big-endian 16-bit words, folded to 16 bits, not inverted (RFC 1071); an
 * odd last byte counts as if a zero followed.
 */
export interface FastBytes {
  /** The sum of the bytes from `start` to `end`, 1 MB at most. */
  sum(start: number, end: number): number;
  /** The same, and copies the bytes to `to`; the ranges do not overlap. */
  copy(start: number, end: number, to: number): number;
  /** Copies the bytes to `to`, as `copyWithin` does, and answers `end`. */
  move(start: number, end: number, to: number): number;
}

/** A stretch of a {@link ByteMemory}: what socket rings are made of. */
export interface Block {
  readonly memory: ByteMemory;
  /** Where it begins in `memory`, a multiple of 64. */
  readonly offset: number;
  /** A power of two. */
  readonly byteLength: number;
}

/** Hands out blocks. Bounded: an exhausted pool answers `null`, and its user does with less or says ENOBUFS. */
export interface BlockPool {
  /** A block of at least `byteLength` bytes (rounded up to a power of two), contents undefined, or `null`. */
  take(byteLength: number): Block | null;
  /** Returns a block. Twice is a bug and asserts. */
  release(block: Block): void;
  /** Bytes in blocks that are out. */
  readonly usedBytes: number;
}
