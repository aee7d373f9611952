/**
 * A virtual address of x86-64 as a number. Addresses of the user half are 0 to 2^47 - 1; those of the kernel half are
 * negative, as sign extension has them: 0xffff_8000_0000_0000 is -(2^47). So every canonical address is exact, and
 * arithmetic on it is plain (SDM vol. 1, 3.3.7.1). The low half of its bits is `address >>> 0`, the high half
 * `Math.floor(address / 2 ** 32) | 0`.
 */
export type VirtualAddress = number;

/** A physical address: 0 to 2^52 - 1. */
export type PhysicalAddress = number;

/** Bytes of a page frame, and of the page that maps it. */
export const FRAME_BYTES = 4096;

/** The first address above the user half. No user address reaches it, whatever a program claims. */
export const USER_END = 0x8000_0000_0000;

/**
 * Whether bits 47 to 63 of an address are equal (SDM vol. 1, 3.3.7.1). Takes any number: one that was rounded to come
 * into a number was not canonical, and is not after it.
 */
export function isCanonical(address: VirtualAddress): boolean {
  return address >= -USER_END && address < USER_END;
}

/**
 * The memory of a machine, by physical address. What is stored through a view is in memory at once; but a machine that
 * keeps translations of code must be told, so whoever stores says {@link wrote} afterwards.
 */
export interface PhysicalMemory {
  /**
   * A view that aliases memory. It stays good for as long as the machine: ask once and keep it, a view per access costs
   * more than the access. It is aligned as the address is: where `address` is a multiple of 8, so is `byteOffset`.
   *
   * @param address - where it begins
   * @param byteLength - at most 2^30
   * @throws where any byte of it lies outside the ranges of {@link memoryMap}: an assertion, it is the kernel's own bug
   */
  mem(address: PhysicalAddress, byteLength: number): Uint8Array<ArrayBuffer>;
  /** Tells that bytes were stored through a view: code that was translated from them is dropped. */
  wrote(address: PhysicalAddress, byteLength: number): void;
  /** What lies where, in ascending order, without overlaps. Never changes. */
  readonly memoryMap: readonly MemoryRange[];
}

/** A range of physical memory. */
export interface MemoryRange {
  /** Where it begins. Need not lie on a frame's boundary. */
  readonly address: PhysicalAddress;
  readonly byteLength: number;
  /**
   * `usable`: the kernel's to give out. `reserved`: there, but somebody's: firmware, tables, the engine's own heap,
   * the machine's entry code, boot modules.
   */
  readonly kind: 'usable' | 'reserved';
}

/**
 * The translations that a CPU remembers. It never watches stores to page tables: whoever takes a right away, or maps
 * something else where something was, says so here (SDM vol. 3, 4.10.4).
 */
export interface Tlb {
  /** Forgets what is remembered of the page at `address`, of the address space that is loaded (INVLPG). */
  invlpg(address: VirtualAddress): void;
  /** Forgets all but global pages (as loading CR3 does). */
  flush(): void;
}
