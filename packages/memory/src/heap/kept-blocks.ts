import { type Blocks, mix, overwritten } from './blocks.js';
import { isAfterFree, isKept, isTaken, leastGranules, sizeShift } from './layout.js';

/** Blocks of fewer granules are kept. */
export const keptClasses = 32;

/**
 * Small blocks that were freed and wait for the next call for just their size: a stack for each size, linked through the
 * blocks. Their neighbours take them for live ones, so that nothing is merged, split or sought.
 */
export class KeptBlocks {
  private readonly words: Int32Array;
  private readonly secret: number;
  /** By size. No block is so small as the first, which is how many granules are kept in all. */
  private readonly heads = new Int32Array(keptClasses);

  constructor(blocks: Blocks) {
    this.words = blocks.words;
    this.secret = blocks.secret;
  }

  get granules(): number {
    return this.heads[0]!;
  }

  /** Keeps a live block, whose header is `word`. */
  push(block: number, word: number): void {
    const words = this.words;
    const heads = this.heads;
    const granules = word >>> sizeShift;
    const next = heads[granules]!;
    const at = block << 2;
    const newWord = word | isKept;
    words[at - 2] = newWord;
    words[at - 1] = mix(block ^ newWord ^ next ^ this.secret);
    words[at] = next;
    heads[granules] = block;
    heads[0]! += granules;
  }

  /** A live block of just so many granules, fewer than `keptClasses`; 0 if none is kept. */
  pop(granules: number): number {
    const words = this.words;
    const heads = this.heads;
    const block = heads[granules]!;
    if (block === 0) return 0;
    const at = block << 2;
    const word = words[at - 2]!;
    const next = words[at]!;
    if (
      (word & ~isAfterFree) !== ((granules << sizeShift) | isTaken | isKept) ||
      words[at - 1] !== mix(block ^ word ^ next ^ this.secret)
    )
      overwritten(words, block);
    const newWord = word & ~isKept;
    words[at - 2] = newWord;
    words[at - 1] = mix(block ^ newWord ^ this.secret);
    heads[granules] = next;
    heads[0]! -= granules;
    return block;
  }

  /** One of them, as a live block; 0 when there are no more. */
  popAny(): number {
    if (this.granules === 0) return 0;
    for (let granules = leastGranules; granules < keptClasses; granules++) {
      const block = this.pop(granules);
      if (block !== 0) return block;
    }
    return 0;
  }
}
