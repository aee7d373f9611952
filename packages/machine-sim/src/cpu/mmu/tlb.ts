import { FRAME_BYTES, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import { right, type WalkLeaf } from '@synos/memory';
import { at, entryAt, NO_TAG, TLB_ENTRIES } from '../engine/state.js';

/** Bits of an entry's flags. */
const entryFlag = { global: 1, large: 2 } as const;
const KINDS = [at.readTlb, at.writeTlb, at.fetchTlb];

/**
 * What is remembered of page tables: an entry for reads, one for writes, one for fetches, each allowed in ring 3 by the
 * tables when it was made. Never looks at page tables again (SDM vol. 3, 4.10).
 */
export interface Tlb {
  /**
   * Where the byte lies by an entry that is remembered, or -1.
   *
   * @param tlb - `at.readTlb`, `at.writeTlb`, `at.fetchTlb`
   */
  find(tlb: number, low: number, high: number): PhysicalAddress;
  /** Remembers a page that a walk found. Its frame must lie in RAM, and a frame with code gets no entry for writes. */
  fill(tlb: number, low: number, high: number, leaf: WalkLeaf): void;
  /** Forgets a page in all kinds, global or not; of a large page all that is remembered. */
  forget(address: VirtualAddress): void;
  /** Forgets all but global entries. */
  forgetLocal(): void;
  forgetAll(): void;
  /** Forgets the entries for writes to a frame. */
  forgetWrites(frame: number): void;
}

/** Makes a TLB in the engine's array. */
export function createTlb(words: Int32Array): Tlb {
  const r = words;
  const indexOf = (tlb: number, low: number): number => tlb + ((low >>> 12) & (TLB_ENTRIES - 1)) * 4;
  const clear = (entry: number): void => {
    r[entry + entryAt.tagLow] = NO_TAG;
    r[entry + entryAt.flags] = 0;
  };
  const isEmpty = (entry: number): boolean => r[entry] === NO_TAG;
  const each = (visit: (entry: number) => void): void => {
    for (const tlb of KINDS) {
      for (let entry = tlb; entry < tlb + TLB_ENTRIES * 4; entry += 4) if (!isEmpty(entry)) visit(entry);
    }
  };
  /** A large page was remembered, in pieces of 4,096 bytes, since all was forgotten. */
  let hasLarge = false;

  return {
    find(tlb, low, high) {
      const entry = indexOf(tlb, low);
      if (r[entry] !== (low & -FRAME_BYTES) || r[entry + entryAt.tagHigh] !== high) return -1;
      return (low + r[entry + entryAt.addend]!) >>> 0;
    },
    fill(tlb, low, high, leaf) {
      const page = low & -FRAME_BYTES;
      const entry = indexOf(tlb, low);
      r[entry + entryAt.tagLow] = page;
      r[entry + entryAt.tagHigh] = high;
      r[entry + entryAt.addend] = leaf.frame - page;
      let flags = (leaf.rights & right.global) !== 0 ? entryFlag.global : 0;
      if (leaf.pageBytes > FRAME_BYTES) {
        flags |= entryFlag.large;
        hasLarge = true;
      }
      r[entry + entryAt.flags] = flags;
    },
    forget(address) {
      const low = address & -FRAME_BYTES;
      const high = Math.floor(address / 2 ** 32) | 0;
      for (const tlb of KINDS) {
        const entry = indexOf(tlb, low);
        if (r[entry] === low && r[entry + entryAt.tagHigh] === high) clear(entry);
      }
      // Of which large page a piece was is not remembered: INVLPG may forget more than it was asked for (SDM vol. 3,
      // 4.10.4.1).
      if (!hasLarge) return;
      each((entry) => {
        if ((r[entry + entryAt.flags]! & entryFlag.large) !== 0) clear(entry);
      });
      hasLarge = false;
    },
    forgetLocal() {
      each((entry) => {
        if ((r[entry + entryAt.flags]! & entryFlag.global) === 0) clear(entry);
      });
    },
    forgetAll() {
      each(clear);
      hasLarge = false;
    },
    forgetWrites(frame) {
      for (let entry: number = at.writeTlb; entry < at.writeTlb + TLB_ENTRIES * 4; entry += 4) {
        if (!isEmpty(entry) && (r[entry]! + r[entry + entryAt.addend]!) >>> 12 === frame) clear(entry);
      }
    },
  };
}
