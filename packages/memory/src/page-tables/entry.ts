import type { PhysicalAddress, VirtualAddress } from '@synos/interfaces';
import { right } from './page-tables.js';

/** Bits of an entry's low half (SDM vol. 3, tables 4-15 to 4-20). */
export const entryBit = {
  present: 1 << 0,
  write: 1 << 1,
  user: 1 << 2,
  accessed: 1 << 5,
  dirty: 1 << 6,
  /** PS: the entry of a level-2 or level-3 table maps a page itself. */
  large: 1 << 7,
  global: 1 << 8,
} as const;

/** Bit 63, as it is in the high half: instructions are not fetched from there. */
export const NO_EXECUTE = 1 << 31;

/** A table's 512 entries. */
export const ENTRY_BYTES = 8;

/** The root is a table of level 4, a table of level 1 names frames. */
export const ROOT_LEVEL = 4;

/** Bytes that one entry of a table stands for, by the table's level. */
const SPANS = [0, 2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39] as const;

/** Bytes that one entry of a table of a level, 1 to 4, stands for. */
export function entrySpan(level: number): number {
  return SPANS[level] as number;
}

/**
 * Where in a table of a level the entry for an address lies, in bytes. By the address's 32-bit halves, which integer
 * instructions shift; a division of doubles for every level costs more than the rest of a walk. `>>>` sees the low half of
 * any number, negative ones as two's complement.
 */
export function entryOffset(address: VirtualAddress, level: number): number {
  if (level === 1) return (address >>> 9) & 0xff8;
  if (level === 2) return (address >>> 18) & 0xff8;
  const high = Math.floor(address / 2 ** 32);
  return level === 3 ? ((address >>> 27) & 0x18) | ((high << 5) & 0xfe0) : (high >>> 4) & 0xff8;
}

/** The physical address that an entry names: bits 12 to 51. */
export function addressIn(low: number, high: number): PhysicalAddress {
  return ((low & 0xffff_f000) >>> 0) + (high & 0xf_ffff) * 2 ** 32;
}

/** The low half of a leaf. Accessed and dirty are for the CPU to set. */
export function leafLow(frame: PhysicalAddress, rights: number): number {
  let low = frame | entryBit.present;
  if ((rights & right.write) !== 0) low |= entryBit.write;
  if ((rights & right.user) !== 0) low |= entryBit.user;
  if ((rights & right.global) !== 0) low |= entryBit.global;
  return low;
}

/** The high half of a leaf. */
export function leafHigh(frame: PhysicalAddress, rights: number): number {
  const high = Math.floor(frame / 2 ** 32);
  return (rights & right.execute) === 0 ? high | NO_EXECUTE : high;
}
