/** 64 bits in two halves of 32, each unsigned: what a register or a word in memory holds, exact whatever it is. */
export interface Word {
  readonly low: number;
  readonly high: number;
}

/**
 * An integer as the 64 bits that a register has for it, negative ones as two's complement.
 *
 * @example
 * ```ts
 * import { wordOf } from '@synos/trap';
 *
 * wordOf(-1); // { low: 0xffffffff, high: 0xffffffff }
 * ```
 */
export function wordOf(value: number): Word {
  return { low: value >>> 0, high: Math.floor(value / 0x1_0000_0000) >>> 0 };
}

/** The signed number that the bits stand for: exact for canonical addresses, rounded outside ±2^53. */
export function signedOf(word: Word): number {
  return (word.high | 0) * 0x1_0000_0000 + word.low;
}

/** 64 bits as 16 hexadecimal digits. */
export function wordText(word: Word): string {
  return word.high.toString(16).padStart(8, '0') + word.low.toString(16).padStart(8, '0');
}

/** Reads 64 little-endian bits as a signed number, see {@link signedOf}. */
export function readSigned(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true);
}

/** Stores an integer as 64 little-endian bits, see {@link wordOf}. */
export function writeSigned(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}
