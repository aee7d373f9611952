import { type Blocks, isAfterFree, isKept, isTaken, leastGranules, overwritten, sizeShift } from './blocks.js';

/** Blocks of fewer granules are kept. */
export const keptClasses = 32;

/**
 * Small blocks that were freed and wait for the next call for just their size: a stack for each size, linked through the
 * blocks. Their neighbours take them for live ones, so that nothing is merged, split or sought.
 */
export class KeptBlocks {
  /** How much is kept, in all. */
  granules = 0;
  readonly #blocks: Blocks;
  readonly #heads = new Int32Array(keptClasses);

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** Keeps a live block, whose header is `word`. */
  push(block: number, word: number): void {
    const granules = word >>> sizeShift;
    this.#blocks.words[block << 2] = this.#heads[granules]!;
    this.#blocks.setHeader(block, word | isKept);
    this.#heads[granules] = block;
    this.granules += granules;
  }

  /** A live block of just so many granules, fewer than `keptClasses`; 0 if none is kept. */
  pop(granules: number): number {
    const block = this.#heads[granules]!;
    if (block === 0) return 0;
    const word = this.#blocks.word(block);
    const isSound = (word & ~isAfterFree) === ((granules << sizeShift) | isTaken | isKept);
    if (!(isSound && this.#blocks.vouches(block, word))) overwritten(block);
    this.#heads[granules] = this.#blocks.words[block << 2]!;
    this.#blocks.setHeader(block, word & ~isKept);
    this.granules -= granules;
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
