import { assert, type Block, type BlockPool, type ByteMemory } from '@synos/interfaces';
import { createMemory } from './bytes.js';

const unitBytes = 4096;
/** Blocks are 4 KB << order, order 0 to 10. */
const orders = 11;
const maxBlockBytes = unitBytes << (orders - 1);

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
 * back joins its free neighbour at once. Chunks stay for good.
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

/** A record per 4 KB unit that was ever the head of a block; lives on and changes its length as blocks split and join. */
class BuddyBlock implements Block {
  readonly memory: ByteMemory;
  readonly offset: number;
  byteLength: number;
  readonly chunk: Chunk;
  readonly unit: number;
  order: number;
  state: BlockState;
  /** Neighbours in the list of free blocks of its order. */
  next: BuddyBlock | null;
  previous: BuddyBlock | null;

  constructor(chunk: Chunk, unit: number) {
    this.memory = chunk.memory;
    this.offset = chunk.offset + unit * unitBytes;
    this.byteLength = 0;
    this.chunk = chunk;
    this.unit = unit;
    this.order = 0;
    this.state = blockState.inside;
    this.next = null;
    this.previous = null;
  }
}

/** `inside`: part of a larger block, or never used. */
const blockState = { inside: 0, free: 1, taken: 2 } as const;
type BlockState = (typeof blockState)[keyof typeof blockState];

class Chunk {
  readonly pool: BuddyPool;
  readonly memory: ByteMemory;
  readonly offset: number;
  readonly units: number;
  readonly blocks: (BuddyBlock | null)[];

  constructor(pool: BuddyPool, memory: ByteMemory, offset: number, units: number) {
    this.pool = pool;
    this.memory = memory;
    this.offset = offset;
    this.units = units;
    this.blocks = new Array<BuddyBlock | null>(units).fill(null);
  }

  at(unit: number): BuddyBlock {
    let block = this.blocks[unit] ?? null;
    if (block === null) {
      block = new BuddyBlock(this, unit);
      this.blocks[unit] = block;
    }
    return block;
  }
}

class BuddyPool implements BlockPool {
  usedBytes: number;
  readonly limitBytes: number;
  readonly chunkBytes: number;
  chunkedBytes: number;
  readonly free: (BuddyBlock | null)[];

  constructor(options: BlockPoolOptions) {
    this.usedBytes = 0;
    this.limitBytes = options.limitBytes;
    this.chunkBytes = options.chunkBytes ?? 16 << 20;
    this.chunkedBytes = 0;
    this.free = new Array<BuddyBlock | null>(orders).fill(null);
    if (options.memory) {
      const offset = options.offset ?? 0;
      const byteLength = options.byteLength ?? options.memory.bytes.length - offset;
      assert(offset >= 0 && offset % 64 === 0, 'block pool offset must be a multiple of 64');
      assert(
        byteLength >= 0 && offset + byteLength <= options.memory.bytes.length,
        'blocks must lie inside the memory',
      );
      this.addChunk(options.memory, offset, Math.min(byteLength, this.limitBytes));
    }
  }

  take(byteLength: number): Block | null {
    if (!(byteLength <= maxBlockBytes)) return null;
    let order = 0;
    while (unitBytes << order < byteLength) order++;
    let block = this.find(order);
    if (block === null && this.grow(unitBytes << order)) block = this.find(order);
    if (block === null) return null;
    this.unlink(block);
    while (block.order > order) {
      const half = block.order - 1;
      block.order = half;
      this.link(block.chunk.at(block.unit + (1 << half)), half);
    }
    block.state = blockState.taken;
    block.byteLength = unitBytes << order;
    this.usedBytes += block.byteLength;
    return block;
  }

  release(block: Block): void {
    assert(block instanceof BuddyBlock && block.chunk.pool === this, 'a block goes back to its own pool');
    assert(block.state === blockState.taken, 'block released twice');
    this.usedBytes -= block.byteLength;
    let joined: BuddyBlock = block;
    let order = joined.order;
    while (order < orders - 1) {
      const unit = joined.unit ^ (1 << order);
      const buddy = joined.chunk.blocks[unit];
      if (!buddy || buddy.state !== blockState.free || buddy.order !== order) break;
      this.unlink(buddy);
      if (buddy.unit < joined.unit) {
        joined.state = blockState.inside;
        joined = buddy;
      }
      order++;
    }
    this.link(joined, order);
  }

  /** The head of a list of free blocks, large enough for `order`, the smallest there is. */
  private find(order: number): BuddyBlock | null {
    for (let i = order; i < orders; i++) {
      const block = this.free[i]!;
      if (block !== null) return block;
    }
    return null;
  }

  private link(block: BuddyBlock, order: number): void {
    const next = this.free[order] ?? null;
    block.order = order;
    block.state = blockState.free;
    block.previous = null;
    block.next = next;
    if (next !== null) next.previous = block;
    this.free[order] = block;
  }

  private unlink(block: BuddyBlock): void {
    if (block.previous === null) this.free[block.order] = block.next;
    else block.previous.next = block.next;
    if (block.next !== null) block.next.previous = block.previous;
    block.next = null;
    block.previous = null;
    block.state = blockState.inside;
  }

  /** Allocates a further chunk, a short one where the limit is near. */
  private grow(neededBytes: number): boolean {
    const bytes = Math.min(Math.max(this.chunkBytes, neededBytes), this.limitBytes - this.chunkedBytes);
    if (bytes < neededBytes) return false;
    this.addChunk(createMemory(new ArrayBuffer(bytes)), 0, bytes);
    return true;
  }

  /** Cuts a chunk into the largest blocks that stand at multiples of their own length. */
  private addChunk(memory: ByteMemory, offset: number, byteLength: number): void {
    const units = Math.floor(byteLength / unitBytes);
    const chunk = new Chunk(this, memory, offset, units);
    this.chunkedBytes += units * unitBytes;
    let unit = 0;
    while (unit < units) {
      let order = orders - 1;
      while ((unit & ((1 << order) - 1)) !== 0 || unit + (1 << order) > units) order--;
      this.link(chunk.at(unit), order);
      unit += 1 << order;
    }
  }
}
