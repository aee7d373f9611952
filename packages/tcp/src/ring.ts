import type { Block, ByteMemory, FastBytes } from '@synos/interfaces';
import { copyBytes, copyWords } from '@synos/wire';

/** Longest copy that goes by words. */
const shortBytes = 128;

/** Where bytes come from or go to: a packet's memory, or an array of the user's with or without its words. */
export interface Place {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array | null;
  readonly fast?: FastBytes | null;
}

/** Copies `length` bytes into a ring from ring position `at` (0 to its length less one), wrapping at its end. */
export function writeRing(block: Block, at: number, source: Place, from: number, length: number): void {
  const untilEnd = block.byteLength - at;
  const to = block.offset + at;
  if (length <= untilEnd) {
    copy(block.memory, to, source, from, length);
  } else {
    copy(block.memory, to, source, from, untilEnd);
    copy(block.memory, block.offset, source, from + untilEnd, length - untilEnd);
  }
}

/** Copies `length` bytes out of a ring from ring position `at`, wrapping at its end. */
export function readRing(block: Block, at: number, target: Place, to: number, length: number): void {
  const untilEnd = block.byteLength - at;
  const from = block.offset + at;
  if (length <= untilEnd) {
    copy(target, to, block.memory, from, length);
  } else {
    copy(target, to, block.memory, from, untilEnd);
    copy(target, to + untilEnd, block.memory, block.offset, length - untilEnd);
  }
}

/**
 * As {@link readRing}, into a packet: where their memory sums what it copies, answers the sum of the text (RFC 1071), which
 * then costs nothing; -1 where it does not.
 */
export function readRingSummed(block: Block, at: number, target: ByteMemory, to: number, length: number): number {
  const { fast } = target;
  if (fast && block.memory === target && length <= block.byteLength - at) {
    const from = block.offset + at;
    return fast.copy(from, from + length, to);
  }
  readRing(block, at, target, to, length);
  return -1;
}

function copy(target: Place, to: number, source: Place, from: number, length: number): void {
  const { words } = target;
  if (length > shortBytes || ((to | from | length) & 3) !== 0 || words === null || source.words === null) {
    copyLong(target, to, source, from, length);
  } else {
    copyWords(words, to >>> 2, source.words, from >>> 2, length >>> 2);
  }
}

function copyLong(target: Place, to: number, source: Place, from: number, length: number): void {
  if (target === source && target.fast && length > shortBytes) target.fast.move(from, from + length, to);
  else copyBytes(target.bytes, to, source.bytes, from, length);
}
