import {
  assert,
  FRAME_BYTES,
  isCanonical,
  type PhysicalAddress,
  type PhysicalMemory,
  type VirtualAddress,
} from '@synos/interfaces';
import { addressIn, ENTRY_BYTES, entryBit, entryOffset, entrySpan, NO_EXECUTE, ROOT_LEVEL } from './entry.js';
import { type Leaf, right } from './page-tables.js';
import { TableWords } from './table-words.js';

/** Bits of a page fault's error code (SDM vol. 3, 4.7). */
export const faultBit = {
  /** A translation was there; without it an entry was not present. */
  present: 1 << 0,
  write: 1 << 1,
  user: 1 << 2,
  reserved: 1 << 3,
  fetch: 1 << 4,
} as const;

/** An address that translates. */
export interface WalkLeaf extends Leaf {
  readonly fault: null;
  /** Where the byte lies. */
  readonly address: PhysicalAddress;
}

/** An address that does not. */
export interface WalkFault {
  /**
   * `not-canonical`: a general-protection fault, before any table is read. `outside-memory`: a table lies where there is
   * no memory; such a read gives all ones, in which reserved bits are set. The others are as the manual has them.
   */
  readonly fault: 'not-present' | 'protection' | 'reserved-bit' | 'outside-memory' | 'not-canonical';
  /** The level of the entry at fault, 4 to 1; 0 for `not-canonical`, and for `protection`, to which all levels add. */
  readonly level: number;
  /** As the CPU pushes it: bits of {@link faultBit}, or 0 for `not-canonical`. */
  readonly errorCode: number;
}

/** What a walk came to: `fault` tells which. */
export type WalkResult = WalkLeaf | WalkFault;

/** How a CPU walks. */
export interface WalkOptions {
  /** MAXPHYADDR, 32 to 52: address bits from here to 51 are reserved. Default 52. */
  readonly physicalAddressBits?: number;
  /** Sets the accessed bits on the way and, for a write, the leaf's dirty bit, where the access is allowed. Default false. */
  readonly marks?: boolean;
}

/** Walks page tables again and again: a simulated CPU's. */
export interface PageWalker {
  /**
   * Translates as {@link walk} does.
   *
   * @param root - CR3; its low 12 bits do not matter
   * @param address - any number
   * @param access - what is to be done, in bits of `right`: `write`, `execute` (a fetch), `user` (from ring 3). 0 is a
   *   read by the kernel
   */
  walk(root: PhysicalAddress, address: VirtualAddress, access: number): WalkResult;
  /**
   * Translates without making an object: for loads and stores.
   *
   * @returns the physical address of the byte; below zero where it does not translate: -1 - the error code
   */
  translate(root: PhysicalAddress, address: VirtualAddress, access: number): number;
}

/**
 * A walker over a memory whose views it asks for once. It reads 4-level tables as a CPU in 64-bit mode does (SDM vol. 3,
 * 4.5 to 4.7) with CR0.WP and EFER.NXE set, 1 GB pages, and without SMEP, SMAP and protection keys. No bytes make it
 * throw.
 *
 * @example
 * ```ts
 * import { createPageWalker, createRam } from '@synos/memory';
 *
 * const walker = createPageWalker(createRam({ byteLength: 1 << 16 }), { marks: true });
 * walker.walk(0x1000, 0x40_0000, 0).fault; // 'not-present'
 * ```
 */
export function createPageWalker(memory: PhysicalMemory, options: WalkOptions = {}): PageWalker {
  const { physicalAddressBits = 52, marks = false } = options;
  assert(
    Number.isInteger(physicalAddressBits) && physicalAddressBits >= 32 && physicalAddressBits <= 52,
    `no CPU has ${physicalAddressBits} bits of physical address`,
  );
  const words = new TableWords(memory);
  /** Of the high half of every entry. */
  const reservedHigh = 0xf_ffff & ~(2 ** (physicalAddressBits - 32) - 1);

  // Where the last walk ended. Variables, so that a walk makes nothing.
  /** The level of the leaf, or of the entry at fault. */
  let level = 0;
  /** What all entries on the way allow, in bits of `right`. */
  let rights = 0;
  /** The leaf. */
  let leafLow = 0;
  let leafHigh = 0;

  const mark = (entry: PhysicalAddress, low: number, high: number, bits: number): void => {
    if ((low & bits) === bits) return;
    words.store(entry, low | bits, high);
    memory.wrote(entry, ENTRY_BYTES);
  };

  const markWay = (root: PhysicalAddress, address: VirtualAddress, access: number): void => {
    const leafLevel = level;
    let table = root;
    for (let at = ROOT_LEVEL; ; at -= 1) {
      const entry = table + entryOffset(address, at);
      const low = words.low(entry);
      const high = words.high(entry);
      if (at === leafLevel) {
        mark(entry, low, high, (access & right.write) !== 0 ? entryBit.accessed | entryBit.dirty : entryBit.accessed);
        return;
      }
      mark(entry, low, high, entryBit.accessed);
      table = addressIn(low, high);
    }
  };

  /** Goes down to the leaf and sees whether it may be used; `null` when it may. */
  const descend = (root: PhysicalAddress, address: VirtualAddress, access: number): WalkFault['fault'] | null => {
    level = 0;
    if (!isCanonical(address)) return 'not-canonical';
    let table = root;
    let unmarked = 0;
    rights = right.write | right.user | right.execute;
    for (level = ROOT_LEVEL; ; level -= 1) {
      if (!words.has(table)) return 'outside-memory';
      const entry = table + entryOffset(address, level);
      const low = words.low(entry);
      const high = words.high(entry);
      if ((low & entryBit.present) === 0) return 'not-present';
      const isLarge = level > 1 && (low & entryBit.large) !== 0;
      if ((high & reservedHigh) !== 0 || (isLarge && (low & reservedLow(level)) !== 0)) return 'reserved-bit';
      if ((low & entryBit.write) === 0) rights &= ~right.write;
      if ((low & entryBit.user) === 0) rights &= ~right.user;
      if ((high & NO_EXECUTE) !== 0) rights &= ~right.execute;
      unmarked |= ~low & entryBit.accessed;
      if (level > 1 && !isLarge) {
        table = addressIn(low, high);
        continue;
      }
      leafLow = low;
      leafHigh = high;
      // Rights are looked at when the whole way is known: a page that is not there is not a page that is forbidden.
      if ((access & ~rights & (right.write | right.user | right.execute)) !== 0) {
        level = 0;
        return 'protection';
      }
      if (marks) {
        if ((access & right.write) !== 0) unmarked |= ~low & entryBit.dirty;
        if (unmarked !== 0) markWay(root, address, access);
      }
      return null;
    }
  };

  /** The byte of the leaf's page that an address names. */
  const placeOf = (address: VirtualAddress): PhysicalAddress => {
    const page = addressIn(leafLow, leafHigh);
    if (level === 1) return page + (address & (FRAME_BYTES - 1));
    const pageBytes = entrySpan(level);
    return page - (page % pageBytes) + address - Math.floor(address / pageBytes) * pageBytes;
  };

  return {
    walk(cr3, anywhere, access) {
      const address = Math.floor(anywhere);
      const fault = descend(cr3 - (cr3 % FRAME_BYTES), address, access);
      if (fault !== null) return { fault, level, errorCode: errorCodeOf(fault, access) };
      const place = placeOf(address);
      return {
        fault: null,
        address: place,
        frame: place - (place % FRAME_BYTES),
        rights: (leafLow & entryBit.global) !== 0 ? rights | right.global : rights,
        accessed: marks || (leafLow & entryBit.accessed) !== 0,
        dirty: (marks && (access & right.write) !== 0) || (leafLow & entryBit.dirty) !== 0,
        pageBytes: entrySpan(level),
      };
    },
    translate(cr3, anywhere, access) {
      const address = Math.floor(anywhere);
      const fault = descend(cr3 - (cr3 % FRAME_BYTES), address, access);
      return fault === null ? placeOf(address) : -1 - errorCodeOf(fault, access);
    },
  };
}

/**
 * Translates one address, as a CPU would: a pure function of the bytes in memory, unless `marks` is set.
 *
 * @param root - CR3; its low 12 bits do not matter
 * @param address - any number
 * @param access - what is to be done, in bits of `right`: `write`, `execute` (a fetch), `user` (from ring 3). 0 is a
 *   read by the kernel
 * @returns a leaf, or the fault with its error code
 * @example
 * ```ts
 * import { createRam, right, walk } from '@synos/memory';
 *
 * const result = walk(createRam({ byteLength: 1 << 16 }), 0x1000, 0x40_0000, right.user | right.write);
 * if (result.fault !== null) console.log(result.fault, result.errorCode); // not-present 6
 * ```
 */
export function walk(
  memory: PhysicalMemory,
  root: PhysicalAddress,
  address: VirtualAddress,
  access: number,
  options?: WalkOptions,
): WalkResult {
  return createPageWalker(memory, options).walk(root, address, access);
}

function errorCodeOf(fault: WalkFault['fault'], access: number): number {
  if (fault === 'not-canonical') return 0;
  let cause = 0;
  if ((access & right.write) !== 0) cause |= faultBit.write;
  if ((access & right.user) !== 0) cause |= faultBit.user;
  if ((access & right.execute) !== 0) cause |= faultBit.fetch;
  if (fault === 'not-present') return cause;
  return fault === 'protection' ? cause | faultBit.present : cause | faultBit.present | faultBit.reserved;
}

/**
 * Bits that must be zero in the low half of an entry with PS: of a root's PS itself, of a large page's address all below
 * its size but bit 12, which is PAT (SDM vol. 3, tables 4-15, 4-16 and 4-18).
 */
function reservedLow(level: number): number {
  if (level === ROOT_LEVEL) return entryBit.large;
  return (entrySpan(level) - 1) & ~0x1fff;
}
