import type { Block } from '@synos/interfaces';
import { copyBytes } from '@synos/wire';

/** Copies `length` bytes into a ring from ring position `at` (0 to its length less one), wrapping at its end. */
export function writeRing(block: Block, at: number, source: Uint8Array, from: number, length: number): void {
  const untilEnd = block.byteLength - at;
  const bytes = block.memory.bytes;
  if (length <= untilEnd) {
    copyBytes(bytes, block.offset + at, source, from, length);
  } else {
    copyBytes(bytes, block.offset + at, source, from, untilEnd);
    copyBytes(bytes, block.offset, source, from + untilEnd, length - untilEnd);
  }
}

/** Copies `length` bytes out of a ring from ring position `at`, wrapping at its end. */
export function readRing(block: Block, at: number, target: Uint8Array, to: number, length: number): void {
  const untilEnd = block.byteLength - at;
  const bytes = block.memory.bytes;
  if (length <= untilEnd) {
    copyBytes(target, to, bytes, block.offset + at, length);
  } else {
    copyBytes(target, to, bytes, block.offset + at, untilEnd);
    copyBytes(target, to + untilEnd, bytes, block.offset, length - untilEnd);
  }
}

/** Copies the first `length` bytes from ring position `at` of one ring to the beginning of a larger one. */
export function moveRing(from: Block, at: number, to: Block, length: number): void {
  readRing(from, at, to.memory.bytes, to.offset, length);
}
