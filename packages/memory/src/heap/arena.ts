import { type Blocks, overwritten } from './blocks.js';
import { FreeLists } from './free-lists.js';
import { isAfterFree, isTaken, leastGranules, sizeShift } from './layout.js';

/**
 * Takes blocks from what is free and gives them back: the rest of a larger one is split off, free neighbours are merged at
 * once. Whatever a call reads of a header or a link it has checked before it writes anything.
 */
export class Arena {
  liveBlocks = 0;
  liveGranules = 0;
  /** The highest that `top` ever was. */
  highest: number;
  private readonly blocks: Blocks;
  private readonly lists: FreeLists;

  constructor(blocks: Blocks) {
    this.blocks = blocks;
    this.lists = new FreeLists(blocks);
    this.highest = blocks.top;
  }

  /** Free blocks, what lies above the top not among them. */
  get freeBlocks(): number {
    return this.lists.count;
  }

  /** Granules of the largest block that `take` could give. */
  largest(): number {
    return Math.max(this.lists.largest(), this.blocks.limit - this.blocks.top);
  }

  /** A block from among the free ones; 0 if none is large enough. */
  takeFree(granules: number): number {
    const block = this.lists.find(granules);
    if (block !== 0) this.carve(block, 0, granules);
    return block;
  }

  /** A block from above the top; 0 if there is not enough. */
  takeTop(granules: number, lead = 0): number {
    const blocks = this.blocks;
    const start = blocks.top;
    const left = blocks.limit - start;
    if (lead + granules > left) return 0;
    const block = start + lead;
    const size = sizeOf(left - lead, granules);
    if (lead > 0) {
      blocks.setFree(start, lead);
      this.lists.insert(start, lead);
    }
    blocks.setHeader(block, (size << sizeShift) | isTaken | (lead > 0 ? isAfterFree : 0));
    this.raise(block + size);
    this.liveGranules += size;
    this.liveBlocks += 1;
    return block;
  }

  /** As `takeFree` or `takeTop`, at a multiple of `align` granules. */
  takeAligned(align: number, granules: number): number {
    const blocks = this.blocks;
    // Anywhere in a block of that size there is a place.
    let from = this.lists.find(granules + align + 1);
    if (from === 0) {
      const block = this.takeTop(granules, leadOf(blocks.top, align));
      if (block !== 0) return block;
      from = this.findAligned(align, granules);
      if (from === 0) return 0;
    }
    const lead = leadOf(from, align);
    this.carve(from, lead, granules);
    return from + lead;
  }

  /** Ends a block whose header is `word`. */
  release(block: number, word: number): void {
    const size = word >>> sizeShift;
    this.giveBack(block, block + size, (word & isAfterFree) !== 0);
    this.liveGranules -= size;
    this.liveBlocks -= 1;
  }

  /** Makes a block larger or smaller where it is, if that can be. */
  resize(block: number, word: number, granules: number): boolean {
    const blocks = this.blocks;
    const state = word & (isTaken | isAfterFree);
    const size = word >>> sizeShift;
    const end = block + size;
    let taken = granules;
    if (granules <= size) {
      if (size - granules < leastGranules) return true;
      this.giveBack(block + granules, end, false);
    } else if (end === blocks.top) {
      const room = blocks.limit - block;
      if (granules > room) return false;
      taken = sizeOf(room, granules);
      this.raise(block + taken);
    } else {
      const afterWord = blocks.header(end);
      const room = size + (afterWord >>> sizeShift);
      if ((afterWord & isTaken) !== 0 || granules > room) return false;
      taken = sizeOf(room, granules);
      this.takeOut(end, room - size, taken === room);
      blocks.wipeHeader(end);
      if (taken < room) this.insert(block + taken, room - taken);
    }
    blocks.setHeader(block, (taken << sizeShift) | state);
    this.liveGranules += taken - size;
    return true;
  }

  /** Takes a block out of a free one, behind `lead` granules of it that stay free. */
  private carve(from: number, lead: number, granules: number): void {
    const blocks = this.blocks;
    const word = blocks.header(from);
    const room = (word >>> sizeShift) - lead;
    if ((word & isTaken) !== 0 || room < granules) overwritten(blocks.words, from);
    const size = sizeOf(room, granules);
    const block = from + lead;
    this.takeOut(from, lead + room, size === room);
    if (lead > 0) this.insert(from, lead);
    blocks.setHeader(block, (size << sizeShift) | isTaken | (lead > 0 ? isAfterFree : 0));
    if (size < room) this.insert(block + size, room - size);
    this.liveGranules += size;
    this.liveBlocks += 1;
  }

  /** Takes a free block out of its list, and from the block behind it the mark of being after a free one. */
  private takeOut(block: number, granules: number, isWhole: boolean): void {
    const after = block + granules;
    this.lists.checkLinks(block, granules);
    if (isWhole) this.blocks.setHeader(after, this.blocks.header(after) & ~isAfterFree);
    this.lists.remove(block, granules);
  }

  private insert(block: number, granules: number): void {
    this.blocks.setFree(block, granules);
    this.lists.insert(block, granules);
  }

  /** Makes a stretch free, together with what is free on both sides. */
  private giveBack(start: number, end: number, hasFreeBefore: boolean): void {
    const blocks = this.blocks;
    const lists = this.lists;
    let from = start;
    let to = end;
    if (hasFreeBefore) {
      from = blocks.freeBefore(start);
      lists.checkLinks(from, start - from);
    }
    if (end < blocks.top) {
      const word = blocks.header(end);
      if ((word & isTaken) !== 0) blocks.setHeader(end, word | isAfterFree);
      else {
        to = end + (word >>> sizeShift);
        lists.checkLinks(end, to - end);
        lists.remove(end, to - end);
        blocks.wipeHeader(end);
      }
    }
    if (from < start) lists.remove(from, start - from);
    blocks.wipeHeader(start);
    if (to < blocks.top) this.insert(from, to - from);
    else blocks.top = from;
  }

  private raise(top: number): void {
    this.blocks.top = top;
    if (top > this.highest) this.highest = top;
  }

  /** A free block with a place for an aligned one, by a walk over all blocks. */
  private findAligned(align: number, granules: number): number {
    const { top, first } = this.blocks;
    for (let block = first; block < top; ) {
      const word = this.blocks.header(block);
      const size = word >>> sizeShift;
      if ((word & isTaken) === 0 && leadOf(block, align) + granules <= size) return block;
      block += size;
    }
    return 0;
  }
}

/** What is taken of `room`: all, if the rest were no block, or a scrap. Scraps in between keep large blocks from merging. */
function sizeOf(room: number, granules: number): number {
  return room - granules < leastGranules + (granules >>> 3) ? room : granules;
}

/** How far behind `block` the next multiple of `align` is that leaves nothing in between, or a block. */
function leadOf(block: number, align: number): number {
  const lead = -block & (align - 1);
  return lead > 0 && lead < leastGranules ? lead + align : lead;
}
