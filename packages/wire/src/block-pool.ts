import { assert, type Block, type BlockPool, type ByteMemory } from '@synos/interfaces';
import { newMemory } from './parsed.js';

const unitBytes = 4096;
const maxBlockBytes = 1 << 22;
const maxBlockZeros = 9;

/** What a block pool is made of. */
export interface BlockPoolOptions {
  /** Memory for the first chunk, say the one where the packets are, so that copies between them are `copyWithin`. */
  readonly memory?: ByteMemory;
  /** Where the chunk in `memory` begins, a multiple of 64; 0 if not given. */
  readonly offset?: number;
  /** How long the chunk in `memory` is; the rest of it if not given. */
  readonly byteLength?: number;
  /** How many bytes of chunks there may be, the first included. */
  readonly limitBytes: number;
  /** Bytes of each further chunk, allocated when the others are full; 16 MB if not given. */
  readonly chunkBytes?: number;
}

/**
 * Makes a pool of blocks of 4 KB to 4 MB, powers of two: a buddy allocator (Knuth, TAOCP §2.5). A block that comes
 * back joins its free neighbour, at once or, if it is short, when there is no other way to find room. Chunks stay for good.
 *
 * @throws Error (`ERR_ASSERTION`) when the first chunk is not inside its memory
 * @example
 * ```ts
 * const pool = createBlockPool({ limitBytes: 1 << 20 });
 * const block = pool.take(10_000); // 16 KB
 * if (block) pool.release(block);
 * ```
 */
export function createBlockPool(options: BlockPoolOptions): BlockPool {
  return new BuddyPool(options);
}

/** Values of {@link BuddyBlock.place} for blocks that are in no list. */
const taken = -1;
const inside = -2;
const spare = -3;
/** How many blocks of each length up to {@link longestSpareBytes} wait for the next taker without joining their neighbours. */
const mostSpares = 64;
const longestSpareBytes = 1 << 16;

/** Blocks of one length: the first `count` are here (popping would let the engine shrink the array again and again). */
interface Spares {
  count: number;
  readonly blocks: BuddyBlock[];
}

/** A stretch of memory that blocks are cut from. */
interface Chunk {
  /** All its blocks by the unit of their first byte. */
  readonly blocks: (BuddyBlock | undefined)[];
  /** Free blocks by the leading zeros of their length. */
  readonly free: BuddyBlock[][];
}

/**
 * A record per 4 KB unit that was ever the head of a block. It lives on as blocks split and join: `byteLength` changes,
 * or the block becomes the inside of a larger one.
 */
class BuddyBlock implements Block {
  readonly memory: ByteMemory;
  readonly offset: number;
  byteLength: number;
  readonly pool: BuddyPool;
  readonly chunk: Chunk;
  readonly unit: number;
  /** Where it stands in the list of free blocks of its length, or one of the above. */
  place: number;

  constructor(pool: BuddyPool, memory: ByteMemory, offset: number, chunk: Chunk, unit: number) {
    this.memory = memory;
    this.offset = offset;
    this.byteLength = 0;
    this.pool = pool;
    this.chunk = chunk;
    this.unit = unit;
    this.place = inside;
    chunk.blocks[unit] = this;
  }
}

class BuddyPool implements BlockPool {
  usedBytes: number;
  /** How many bytes of chunks may still be added. */
  private leftBytes: number;
  private readonly chunkBytes: number;
  /** That which was given comes first and is taken from first: it lies beside the packets, where copies are cheaper. */
  private readonly chunks: Chunk[];
  /** Rings come and go with each message, or each turn at a busy device: these are for them. */
  private readonly spares: Spares[];

  constructor(options: BlockPoolOptions) {
    const { memory, offset = 0, limitBytes, chunkBytes = 16 << 20 } = options;
    this.usedBytes = 0;
    this.leftBytes = limitBytes;
    this.chunkBytes = chunkBytes;
    this.chunks = [];
    this.spares = Array.from({ length: 32 }, () => ({ count: 0, blocks: [] }));
    if (memory) {
      const { byteLength = memory.bytes.length - offset } = options;
      assert(offset % 64 === 0 && offset + byteLength <= memory.bytes.length, 'pool outside its memory');
      this.addChunk(memory, offset, Math.min(byteLength, limitBytes));
    }
  }

  take(byteLength: number): Block | null {
    // Written so that NaN is refused too.
    if (!(byteLength <= maxBlockBytes)) return null;
    let bytes = unitBytes;
    while (bytes < byteLength) bytes *= 2;
    const spares = this.spares[Math.clz32(bytes)]!;
    if (spares.count > 0) return this.given(spares.blocks[--spares.count]!);
    const block = this.find(bytes);
    if (!block) return null;
    this.unlink(block);
    let half = block.byteLength / 2;
    for (; half >= bytes; half /= 2) {
      const unit = block.unit + half / unitBytes;
      this.link(
        block.chunk.blocks[unit] ?? new BuddyBlock(this, block.memory, block.offset + half, block.chunk, unit),
        half,
      );
    }
    block.byteLength = bytes;
    return this.given(block);
  }

  private given(block: BuddyBlock): Block {
    block.place = taken;
    this.usedBytes += block.byteLength;
    return block;
  }

  release(block: Block): void {
    const own = block as BuddyBlock;
    assert(own.pool === this && own.place === taken, 'not taken from this pool');
    this.usedBytes -= own.byteLength;
    const spares = this.spares[Math.clz32(own.byteLength)]!;
    if (own.byteLength <= longestSpareBytes && spares.count < mostSpares && own.chunk === this.chunks[0]) {
      own.place = spare;
      spares.blocks[spares.count++] = own;
    } else {
      this.join(own);
    }
  }

  /** Makes a block free, and one with its free neighbours. */
  private join(block: BuddyBlock): void {
    let joined = block;
    let bytes = joined.byteLength;
    joined.place = inside;
    for (; bytes < maxBlockBytes; bytes *= 2) {
      const buddy = joined.chunk.blocks[joined.unit ^ (bytes / unitBytes)];
      if (!buddy || buddy.place < 0 || buddy.byteLength !== bytes) break;
      this.unlink(buddy);
      if (buddy.unit < joined.unit) joined = buddy;
    }
    this.link(joined, bytes);
  }

  /** A free block of the least length that will do, from a new chunk if need be. */
  private find(bytes: number): BuddyBlock | undefined {
    for (const { free } of this.chunks) {
      for (let zeros = Math.clz32(bytes); zeros >= maxBlockZeros; zeros--) {
        const list = free[zeros]!;
        if (list.length > 0) return list[list.length - 1];
      }
      // All spares are of the first chunk, which is to be full before another is taken from.
      let joined = 0;
      for (const spares of this.spares) {
        for (; spares.count > 0; joined++) this.join(spares.blocks[--spares.count]!);
      }
      if (joined > 0) return this.find(bytes);
    }
    const chunkBytes = Math.min(Math.max(this.chunkBytes, bytes), this.leftBytes);
    if (bytes > chunkBytes) return undefined;
    this.addChunk(newMemory(chunkBytes), 0, chunkBytes);
    return this.find(bytes);
  }

  private link(block: BuddyBlock, bytes: number): void {
    block.byteLength = bytes;
    block.place = block.chunk.free[Math.clz32(bytes)]!.push(block) - 1;
  }

  private unlink(block: BuddyBlock): void {
    const list = block.chunk.free[Math.clz32(block.byteLength)]!;
    const last = list.pop()!;
    if (last !== block) {
      list[block.place] = last;
      last.place = block.place;
    }
    block.place = inside;
  }

  /** Cuts a chunk into the largest blocks that stand at multiples of their own length. */
  private addChunk(memory: ByteMemory, offset: number, byteLength: number): void {
    // Full length at once: engines make hash tables of arrays that are filled with wide gaps.
    const blocks = new Array<BuddyBlock | undefined>(byteLength >>> 12);
    const chunk = { blocks, free: Array.from({ length: 32 }, () => []) };
    this.chunks.push(chunk);
    let at = 0;
    for (let bytes = maxBlockBytes; bytes >= unitBytes; bytes /= 2) {
      for (; at + bytes <= byteLength; at += bytes) {
        this.link(new BuddyBlock(this, memory, offset + at, chunk, at / unitBytes), bytes);
      }
    }
    this.leftBytes -= at;
  }
}
