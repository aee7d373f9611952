import { type Blocks, overwritten } from './blocks.js';
import { sizeShift } from './layout.js';

/** Sizes between two powers of two are parted into 32: a row of classes, and a bit of one word for each. */
const rowShift = 5;
const rowClasses = 1 << rowShift;
/** Sizes are below 2^29 granules. */
const rowCount = 25;

/**
 * Free blocks by size: two-level segregated fit (Masmano et al., "TLSF", 2004). Sizes of fewer than 64 granules have a
 * class each; from there on a class is a thirty-second of the distance to the next power of two. A bit tells whether a class has blocks,
 * another whether a row has, so that a fitting class is found without a search. Lists are linked both ways through the blocks themselves.
 */
export class FreeLists {
  count = 0;
  private readonly blocks: Blocks;
  private readonly words: Int32Array;
  private readonly heads = new Int32Array(rowCount * rowClasses);
  private readonly rows = new Int32Array(rowCount + 1);
  private filledRows = 0;

  constructor(blocks: Blocks) {
    this.blocks = blocks;
    this.words = blocks.words;
  }

  insert(block: number, granules: number): void {
    const size = classOf(granules);
    const next = this.heads[size]!;
    this.words[block << 2] = next;
    this.words[(block << 2) + 1] = 0;
    if (next !== 0) this.words[(next << 2) + 1] = block;
    else {
      const row = size >>> rowShift;
      this.rows[row]! |= 1 << size;
      this.filledRows |= 1 << row;
    }
    this.heads[size] = block;
    this.count += 1;
  }

  /** Asserts that a block is where its list says: nothing has changed until then. */
  checkLinks(block: number, granules: number): void {
    const words = this.words;
    const next = words[block << 2]!;
    const previous = words[(block << 2) + 1]!;
    if (next !== 0 && !(this.blocks.isInside(next) && words[(next << 2) + 1] === block)) overwritten(words, block);
    if (previous === 0) {
      if (this.heads[classOf(granules)] !== block) overwritten(words, block);
    } else if (!(this.blocks.isInside(previous) && words[previous << 2] === block)) overwritten(words, block);
  }

  /** Takes out a block whose links were checked. */
  remove(block: number, granules: number): void {
    const words = this.words;
    const next = words[block << 2]!;
    const previous = words[(block << 2) + 1]!;
    if (next !== 0) words[(next << 2) + 1] = previous;
    if (previous !== 0) words[previous << 2] = next;
    else {
      const size = classOf(granules);
      this.heads[size] = next;
      if (next === 0) {
        const row = size >>> rowShift;
        const left = this.rows[row]! & ~(1 << size);
        this.rows[row] = left;
        if (left === 0) this.filledRows &= ~(1 << row);
      }
    }
    this.count -= 1;
  }

  /** A free block of at least so many granules, 0 if there is none. */
  find(granules: number): number {
    const own = classOf(granules);
    let from = own;
    // In a class of more than one size some may be too small. In all classes above it none is.
    if (own >= 2 * rowClasses) {
      const found = this.findWithin(own, granules);
      if (found !== 0) return found;
      from += 1;
    }
    let row = from >>> rowShift;
    let classes = this.rows[row]! & (-1 << from);
    if (classes === 0) {
      const rows = this.filledRows & (-2 << row);
      if (rows === 0) return 0;
      row = 31 - Math.clz32(rows & -rows);
      classes = this.rows[row]!;
    }
    return this.heads[(row << rowShift) + 31 - Math.clz32(classes & -classes)]!;
  }

  /** The size of the largest of all, 0 if there is none. */
  largest(): number {
    if (this.filledRows === 0) return 0;
    const row = 31 - Math.clz32(this.filledRows);
    let largest = 0;
    let previous = 0;
    let block = this.heads[(row << rowShift) + 31 - Math.clz32(this.rows[row]!)]!;
    while (block !== 0) {
      largest = Math.max(largest, this.sizeBehind(previous, block));
      previous = block;
      block = this.words[block << 2]!;
    }
    return largest;
  }

  private findWithin(size: number, granules: number): number {
    let previous = 0;
    let block = this.heads[size]!;
    while (block !== 0) {
      if (this.sizeBehind(previous, block) >= granules) return block;
      previous = block;
      block = this.words[block << 2]!;
    }
    return 0;
  }

  /** The size of the block behind another of its list. As each links back to the one before, no walk runs in a circle. */
  private sizeBehind(previous: number, block: number): number {
    const isLinked = this.blocks.isInside(block) && this.words[(block << 2) + 1] === previous;
    if (!isLinked) overwritten(this.words, previous === 0 ? block : previous);
    return this.blocks.header(block) >>> sizeShift;
  }
}

/** 32 classes to a row. In the first two rows a class is one size. */
function classOf(granules: number): number {
  if (granules < rowClasses) return granules;
  const power = 31 - Math.clz32(granules) - rowShift;
  return (power << rowShift) + (granules >>> power);
}
