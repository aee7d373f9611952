import { readU64, writeU64 } from './integers.js';
import type { Layout } from './layout.js';

/** `struct iovec`: readv(2). */
export const iovecLayout = {
  name: 'struct iovec',
  size: 16,
  align: 8,
  fields: [
    { name: 'iov_base', key: 'base', offset: 0, size: 8, type: 'pointer' },
    { name: 'iov_len', key: 'lengthBytes', offset: 8, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;

/** A piece of a program's memory. */
export interface Iovec {
  /** Address of the first byte. */
  readonly base: number;
  /** Length; numbers of 2^53 and above are rounded, see {@link readU64}. */
  readonly lengthBytes: number;
}

/**
 * Reads a `struct iovec`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function readIovec(view: DataView, offset: number): Iovec {
  return { base: readU64(view, offset), lengthBytes: readU64(view, offset + 8) };
}

/**
 * Writes a `struct iovec`.
 *
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function writeIovec(view: DataView, offset: number, value: Iovec): void {
  writeU64(view, offset + 8, value.lengthBytes);
  writeU64(view, offset, value.base);
}
