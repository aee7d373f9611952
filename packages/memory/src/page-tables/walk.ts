import { assert, type PhysicalAddress, type PhysicalMemory, USER_END, type VirtualAddress } from '@synos/interfaces';
import { addressIn, entryBit, entryOffset, entrySpan, NO_EXECUTE, ROOT_LEVEL } from './entry.js';
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

  const mark = (entry: PhysicalAddress, bits: number): void => {
    const low = words.low(entry);
    if ((low & bits) === bits) return;
    words.store(entry, low | bits, words.high(entry));
    memory.wrote(entry, 8);
  };

  const markWay = (root: PhysicalAddress, address: VirtualAddress, leafLevel: number, access: number): void => {
    let entry = root + entryOffset(address, ROOT_LEVEL);
    for (let level = ROOT_LEVEL; level > leafLevel; level -= 1) {
      mark(entry, entryBit.accessed);
      entry = addressIn(words.low(entry), words.high(entry)) + entryOffset(address, level - 1);
    }
    mark(entry, (access & right.write) !== 0 ? entryBit.accessed | entryBit.dirty : entryBit.accessed);
  };

  return {
    walk(cr3, address, access) {
      if (!(address >= -USER_END && address < USER_END)) return { fault: 'not-canonical', level: 0, errorCode: 0 };
      const cause = causeOf(access);
      const root = cr3 - (cr3 % 4096);
      let table = root;
      let rights: number = right.write | right.user | right.execute;
      for (let level = ROOT_LEVEL; ; level -= 1) {
        if (!words.has(table)) {
          return { fault: 'outside-memory', level, errorCode: cause | faultBit.present | faultBit.reserved };
        }
        const entry = table + entryOffset(address, level);
        const low = words.low(entry);
        const high = words.high(entry);
        if ((low & entryBit.present) === 0) return { fault: 'not-present', level, errorCode: cause };
        const isLarge = (low & entryBit.large) !== 0 && level > 1;
        if ((high & reservedHigh) !== 0 || (isLarge && (low & reservedLow(level)) !== 0)) {
          return { fault: 'reserved-bit', level, errorCode: cause | faultBit.present | faultBit.reserved };
        }
        if ((low & entryBit.write) === 0) rights &= ~right.write;
        if ((low & entryBit.user) === 0) rights &= ~right.user;
        if ((high & NO_EXECUTE) !== 0) rights &= ~right.execute;
        table = addressIn(low, high);
        if (level > 1 && !isLarge) continue;

        // Rights are looked at when the whole way is known: a page that is not there is not a page that is forbidden.
        if ((access & ~rights & (right.write | right.user | right.execute)) !== 0) {
          return { fault: 'protection', level: 0, errorCode: cause | faultBit.present };
        }
        if (marks) markWay(root, address, level, access);
        const pageBytes = entrySpan(level);
        const start = Math.floor(table / pageBytes) * pageBytes;
        const at = Math.floor(address) - Math.floor(address / pageBytes) * pageBytes;
        return {
          fault: null,
          address: start + at,
          frame: start + at - (at % 4096),
          rights: (low & entryBit.global) !== 0 ? rights | right.global : rights,
          accessed: marks || (low & entryBit.accessed) !== 0,
          dirty: (marks && (access & right.write) !== 0) || (low & entryBit.dirty) !== 0,
          pageBytes,
        };
      }
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

function causeOf(access: number): number {
  let cause = 0;
  if ((access & right.write) !== 0) cause |= faultBit.write;
  if ((access & right.user) !== 0) cause |= faultBit.user;
  if ((access & right.execute) !== 0) cause |= faultBit.fetch;
  return cause;
}

/**
 * Bits that must be zero in the low half of an entry with PS: of a root's PS itself, of a large page's address all below
 * its size but bit 12, which is PAT (SDM vol. 3, tables 4-15, 4-16 and 4-18).
 */
function reservedLow(level: number): number {
  if (level === ROOT_LEVEL) return entryBit.large;
  return (entrySpan(level) - 1) & ~0x1fff;
}
