import { assert, type Heap, type HeapStats } from '@synos/interfaces';
import { Arena } from './arena.js';
import { Blocks, fail, gone, mix } from './blocks.js';
import { KeptBlocks, keptClasses } from './kept-blocks.js';
import { granuleBytes, granuleShift, headerBytes, isKept, isTaken, leastGranules, sizeShift } from './layout.js';

/** Where a heap lies. */
export interface HeapOptions {
  /**
   * Any buffer of a fixed length, not a view of one. It stays its owner's; the heap reads and writes its bytes from
   * `start` to `end` and no others. When it is detached (the memory of a WebAssembly instance grows), the heap is gone:
   * its calls assert.
   */
  readonly buffer: ArrayBuffer;
  /** Offset of the first byte; 0 if not given. */
  readonly start?: number;
  /** Offset behind the last byte, 2^32 at most; the end of the buffer if not given. */
  readonly end?: number;
}

/** A block as a walk finds it. */
export interface HeapBlock {
  /** As `malloc` gave it, or would. */
  readonly address: number;
  /** With its header. The next block is so much further on. */
  readonly byteLength: number;
  readonly isLive: boolean;
}

/** A heap whose blocks can be walked over. */
export interface WalkableHeap extends Heap {
  /**
   * All blocks, by address, without a gap. For tests, and to look where memory has gone.
   *
   * @throws the assertion with the address, when a header was overwritten
   */
  blocks(): HeapBlock[];
}

/** Of small blocks so much may be kept before the heap would rather merge them than grow: 16 KB, and an eighth of it. */
const keptLeast = 1024;
const keptShift = 6;

/** No heap has a larger block. */
const mostBytes = 2 ** 32 - 2 * granuleBytes;
/** In granules, more than any heap has. */
const noSuchSize = 2 ** 28;

/**
 * A heap over the bytes of a buffer: malloc, calloc, realloc, free and memalign.
 *
 * Small blocks (up to 488 bytes) that are freed are kept for the next of their size, and merged with their neighbours when room
 * is short. Larger ones are merged at once and sought by two-level segregated fit. Each block costs 8 bytes, and is a
 * multiple of 16 bytes in all, 32 at least. `stats` and `blocks` merge what is kept, and what they then tell is exact.
 *
 * What has a header outside of the first 4 GB cannot be managed: `end` is 2^32 at most.
 *
 * @returns the heap; it has no blocks if the stretch is shorter than some 40 bytes
 * @throws an assertion if `start` to `end` are not bytes of the buffer, `end` is beyond 2^32, or `buffer` is no buffer
 * @example
 * ```ts
 * import { createHeap } from '@synos/memory/heap';
 *
 * const heap = createHeap({ buffer: new ArrayBuffer(65_536) });
 * const address = heap.malloc(100);
 * heap.free(address);
 * ```
 */
export function createHeap(options: HeapOptions): WalkableHeap {
  const { buffer, start = 0 } = options;
  // A typed array would be copied, and the heap lie in the copy. By its tag, because the buffer may be another realm's.
  const isBuffer = Object.prototype.toString.call(buffer).endsWith('ArrayBuffer]');
  assert(isBuffer, 'heap: takes { buffer }, an ArrayBuffer and no view of one');
  const { end = buffer.byteLength } = options;
  const isStretch = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end;
  assert(isStretch && end <= buffer.byteLength && end <= 2 ** 32, `heap: no bytes ${start} to ${end}, or beyond 2^32`);
  const words = new Int32Array(buffer, 0, Math.floor(end / 4));
  const bytes = new Uint8Array(buffer, 0, end);
  const { first, limit, secret } = layOut(words, start, end);
  const blocks = new Blocks(words, first, limit, secret);
  const arena = new Arena(blocks);
  const kept = new KeptBlocks(blocks);

  /** A buffer without bytes takes every store and keeps none. */
  function checkBuffer(): void {
    assert(words.length > 0 || first === limit, `heap: ${gone}`);
  }

  function take(granules: number): number {
    checkBuffer();
    let block = arena.takeFree(granules);
    if (block !== 0) return block;
    if (kept.granules > keptLeast + ((blocks.top - first) >>> keptShift)) {
      releaseKept();
      block = arena.takeFree(granules);
      if (block !== 0) return block;
    }
    block = arena.takeTop(granules);
    if (block !== 0 || kept.granules === 0) return block;
    releaseKept();
    return take(granules);
  }

  function releaseKept(): void {
    for (let block = kept.popAny(); block !== 0; block = kept.popAny()) arena.release(block, blocks.word(block));
  }

  /** The block that an address names, if it is live. */
  function liveBlock(address: number): number {
    const block = address >>> granuleShift;
    if (block * granuleBytes !== address || block < first || block >= blocks.top)
      fail(address, 'no such block is live');
    const at = block << 2;
    const word = words[at - 2]!;
    if ((word & (isTaken | isKept)) !== isTaken || words[at - 1] !== mix(block ^ word ^ secret)) notLive(address);
    return block;
  }

  /** Apart, so that what every call goes through stays small enough to be inlined. */
  function notLive(address: number): never {
    fail(address, words.length === 0 ? gone : 'not live (freed before?), or its header was overwritten');
  }

  function malloc(byteLength: number): number {
    const granules = granulesFor(byteLength);
    const block = granules < keptClasses ? kept.pop(granules) : 0;
    return (block !== 0 ? block : take(granules)) * granuleBytes;
  }

  function free(address: number): void {
    if (address === 0) return;
    const block = liveBlock(address);
    const word = blocks.word(block);
    if (word >>> sizeShift < keptClasses) kept.push(block, word);
    else arena.release(block, word);
  }

  function calloc(count: number, byteLength: number): number {
    if (!isLength(count) || !isLength(byteLength)) return 0;
    const address = malloc(count * byteLength);
    if (address !== 0) bytes.fill(0, address, address + count * byteLength);
    return address;
  }

  function realloc(address: number, byteLength: number): number {
    if (address === 0) return malloc(byteLength);
    const block = liveBlock(address);
    const word = blocks.word(block);
    const granules = granulesFor(byteLength);
    if (arena.resize(block, word, granules)) return address;
    const moved = malloc(byteLength);
    // When there was no room, kept blocks have become free, and one may lie behind this one.
    if (moved === 0) return arena.resize(block, blocks.word(block), granules) ? address : 0;
    bytes.copyWithin(moved, address, address + usableOf(word));
    free(address);
    return moved;
  }

  function memalign(alignBytes: number, byteLength: number): number {
    if (!isLength(alignBytes) || alignBytes > 2 ** 31 || (alignBytes & (alignBytes - 1)) !== 0 || alignBytes === 0)
      return 0;
    if (alignBytes <= granuleBytes) return malloc(byteLength);
    checkBuffer();
    const align = alignBytes / granuleBytes;
    const granules = granulesFor(byteLength);
    let block = arena.takeAligned(align, granules);
    if (block === 0 && kept.granules > 0) {
      releaseKept();
      block = arena.takeAligned(align, granules);
    }
    return block * granuleBytes;
  }

  function stats(): HeapStats {
    releaseKept();
    const { liveBlocks, highest } = arena;
    const usedBytes = arena.liveGranules * granuleBytes;
    return {
      totalBytes: end - start,
      usedBytes,
      usableBytes: usedBytes - liveBlocks * headerBytes,
      freeBytes: (limit - first) * granuleBytes - usedBytes,
      largestFreeBytes: Math.max(0, arena.largest() * granuleBytes - headerBytes),
      liveBlocks,
      freeBlocks: arena.freeBlocks + (blocks.top < limit ? 1 : 0),
      spanBytes: highest === first ? 0 : highest * granuleBytes - headerBytes - start,
    };
  }

  function walk(): HeapBlock[] {
    releaseKept();
    const found: HeapBlock[] = [];
    const add = (block: number, granules: number, isLive: boolean): void => {
      found.push({ address: block * granuleBytes, byteLength: granules * granuleBytes, isLive });
    };
    let block = first;
    while (block < blocks.top) {
      const word = blocks.header(block);
      add(block, word >>> sizeShift, (word & isTaken) !== 0);
      block += word >>> sizeShift;
    }
    if (block < limit) add(block, limit - block, false);
    return found;
  }

  return {
    malloc,
    calloc,
    realloc,
    free,
    memalign,
    usableBytes: (address) => usableOf(blocks.word(liveBlock(address))),
    stats,
    blocks: walk,
  };
}

/** Where the blocks of a stretch may lie, in granules, and a secret that a heap before it in the same place had not. */
function layOut(words: Int32Array, start: number, end: number): { first: number; limit: number; secret: number } {
  const secretAt = Math.ceil(start / 4);
  const first = Math.ceil((secretAt * 4 + 4 + headerBytes) / granuleBytes);
  const limit = Math.floor((end + headerBytes) / granuleBytes);
  if (limit - first < leastGranules) return { first, limit: first, secret: 0 };
  const secret = (words[secretAt]! + 0x2545f491) | 0;
  words[secretAt] = secret;
  return { first, limit, secret };
}

function isLength(value: number): boolean {
  return value >= 0 && value === Math.floor(value);
}

/** How large a block must be to hold so many bytes. */
function granulesFor(byteLength: number): number {
  // Whole numbers below 2^31 come first: an engine sees them through without a float.
  const isSmall = (byteLength & 0x7fffffff) === byteLength;
  if (!isSmall && (!(byteLength >= 0 && byteLength <= mostBytes) || byteLength !== Math.floor(byteLength))) {
    return noSuchSize;
  }
  return Math.max(leastGranules, (byteLength + (headerBytes + granuleBytes - 1)) >>> granuleShift);
}

/** What a block with this header can hold. */
function usableOf(word: number): number {
  return (word >>> sizeShift) * granuleBytes - headerBytes;
}
