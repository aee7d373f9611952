import { assert } from '@synos/interfaces';

import { granuleBytes, isKept, mixer, sizeShift } from './layout.js';

/**
 * The blocks of a heap, as they lie in its buffer. Inside the heap a block is named by its address in granules: small
 * integers up to 4 GB, of which an engine never makes a double.
 *
 *     word 4n − 2   size in granules << 3 | state
 *     word 4n − 1   a check of the word before, of the block's place, and of the next block of a list of kept ones
 *     word 4n …     taken: the caller's bytes. Kept: the next of its list. Free: the next and the previous of its list,
 *                   and in the last word its size (the boundary tag of Knuth, The Art of Computer Programming, 2.5)
 */
export class Blocks {
  readonly words: Int32Array;
  readonly first: number;
  /** Where the last block may end. */
  readonly limit: number;
  /** The end of the highest taken block. What lies above it is free, has no header and is in no list. */
  top: number;
  readonly secret: number;

  constructor(words: Int32Array, first: number, limit: number, secret: number) {
    this.words = words;
    this.first = first;
    this.limit = limit;
    this.top = first;
    this.secret = secret;
  }

  /** The first word of a header, without a look at its check. */
  word(block: number): number {
    return this.words[(block << 2) - 2]!;
  }

  /** Whether a block's check vouches for `word`. */
  vouches(block: number, word: number): boolean {
    return this.words[(block << 2) - 1] === this.check(block, word);
  }

  /** The first word of a header that must be whole. */
  header(block: number): number {
    const word = this.word(block);
    if (!this.vouches(block, word)) overwritten(this.words, block);
    return word;
  }

  setHeader(block: number, word: number): void {
    const at = block << 2;
    this.words[at - 2] = word;
    this.words[at - 1] = this.check(block, word);
  }

  /** So that nobody takes for a header what is one no more: a check that stood for another word does not for 0. */
  wipeHeader(block: number): void {
    this.words[(block << 2) - 2] = 0;
  }

  setFree(block: number, granules: number): void {
    this.setHeader(block, granules << sizeShift);
    this.words[((block + granules) << 2) - 3] = granules;
  }

  /** Whether a block may begin there. */
  isInside(block: number): boolean {
    return block >= this.first && block < this.top;
  }

  /** The free block that ends where this one begins. */
  freeBefore(block: number): number {
    const before = block - this.words[(block << 2) - 3]!;
    if (!this.isInside(before)) overwritten(this.words, block);
    if (this.header(before) !== (block - before) << sizeShift) overwritten(this.words, before);
    return before;
  }

  private check(block: number, word: number): number {
    const next = (word & isKept) === 0 ? 0 : this.words[block << 2]!;
    return mix(block ^ word ^ next ^ this.secret);
  }
}

/** Spreads a difference of one bit over all above it. */
export function mix(value: number): number {
  return Math.imul(value, mixer);
}

/** What is said of a heap whose buffer was detached. Its words are none then, and no check holds. */
export const gone = 'the buffer is gone: detached, as that of a WebAssembly memory is when it grows';

/** Somebody wrote where they should not. */
export function overwritten(words: Int32Array, block: number): never {
  if (words.length === 0) fail(block * granuleBytes, gone);
  fail(block * granuleBytes, 'its header, or what the heap keeps in it while it is free, was overwritten');
}

/** Ends a call that only a bug can have made. */
export function fail(address: number, what: string): never {
  const name = Number.isInteger(address) && address >= 0 ? `0x${address.toString(16)}` : String(address);
  assert(false, `heap: block ${name}: ${what}`);
}
