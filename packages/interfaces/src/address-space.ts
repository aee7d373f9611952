import type { PhysicalAddress, VirtualAddress } from './machine-memory.js';

/**
 * A program's memory as the kernel reaches it: the only door. Every call checks that the range lies in the user half
 * and that the program itself might do what is done, resolves page faults as the CPU would, and says how far it came.
 * A range that wraps, ends inside an unmapped page or points into the kernel is cut short there; nothing throws.
 */
export interface UserMemory {
  /**
   * Copies from the program.
   *
   * @param address - any number, as a register had it
   * @param into - filled from `offset` on; what lies behind the bytes that were copied is left alone
   * @param offset - where in `into`; default 0
   * @param byteLength - default: up to the end of `into`
   * @returns how many bytes were copied, from the first on; fewer than asked for means EFAULT behind them
   */
  copyIn(address: VirtualAddress, into: Uint8Array<ArrayBuffer>, offset?: number, byteLength?: number): number;
  /** Copies to the program: as {@link copyIn}, the other way. Pages that it may not write end it. */
  copyOut(address: VirtualAddress, from: Uint8Array<ArrayBuffer>, offset?: number, byteLength?: number): number;
  /** Fills with zero: as {@link copyOut}. */
  zeroOut(address: VirtualAddress, byteLength: number): number;
}

/** Why a page fault could not be resolved. */
export type FaultRefusal =
  /** Nothing is mapped there (SEGV_MAPERR). */
  | 'unmapped'
  /** Something is mapped that does not allow it (SEGV_ACCERR). */
  | 'protection'
  /** A reserved bit is set in a page table, or a table lies outside memory: the tables are broken. */
  | 'broken-tables';

/** A stretch of a program's memory under one set of rights. */
export interface Region {
  /** A multiple of 4,096. */
  readonly address: VirtualAddress;
  /** A multiple of 4,096. */
  readonly byteLength: number;
  /** `PROT_READ | PROT_WRITE | PROT_EXEC` as Linux numbers them: 1, 2, 4. */
  readonly protection: number;
  /** `heap` is what `brk` made. */
  readonly kind: 'anonymous' | 'heap';
}

/** How much of a program's memory there is. */
export interface AddressSpaceStats {
  /** Bytes in regions. */
  readonly mappedBytes: number;
  /** Bytes of frames behind them. */
  readonly residentBytes: number;
  /** Bytes charged: what may become resident without asking again. */
  readonly committedBytes: number;
  /** Bytes of page tables, the root included. */
  readonly tableBytes: number;
}

/**
 * The memory of one program: regions, and the page tables that a CPU reads. Results are 0 or more, or a negative errno
 * as Linux answers. Memory is promised when it is mapped (ENOMEM then) and given when it is touched.
 */
export interface AddressSpace extends UserMemory {
  /** What CR3 gets: the physical address of the root table. */
  readonly root: PhysicalAddress;
  /**
   * mmap(2) of anonymous private memory.
   *
   * @param hint - where it would be nice; with MAP_FIXED where it must be. Any number
   * @param byteLength - rounded up to whole pages; 0 is EINVAL
   * @param protection - PROT_ bits
   * @param flags - MAP_ bits; MAP_PRIVATE and MAP_ANONYMOUS must be among them (others come with files and fork)
   * @returns the address, or -EINVAL, -ENOMEM, -EEXIST (MAP_FIXED_NOREPLACE), -EPERM (too low), -EOPNOTSUPP
   */
  mmap(hint: VirtualAddress, byteLength: number, protection: number, flags: number): number;
  /** munmap(2): any range; what is not mapped in it is passed over. */
  munmap(address: VirtualAddress, byteLength: number): number;
  /** mprotect(2): up to the first gap, where it answers -ENOMEM as Linux does, what lies before it changed. */
  mprotect(address: VirtualAddress, byteLength: number, protection: number): number;
  /** brk(2): moves the end of the heap and answers the new end, or the old one where it cannot be moved. */
  brk(address: VirtualAddress): VirtualAddress;
  /** Where the heap begins: at the end of a program's data. Once, before the first {@link brk}. */
  setHeapStart(address: VirtualAddress): void;
  /**
   * Resolves a page fault of the program or of a copy.
   *
   * @param address - CR2
   * @param errorCode - as the CPU pushes it: bit 0 the page was present, 1 a write, 2 from ring 3, 3 a reserved bit,
   *   4 an instruction fetch (SDM vol. 3, 4.7)
   * @returns `null` when the access may be tried again, else why not
   */
  resolveFault(address: VirtualAddress, errorCode: number): FaultRefusal | null;
  /** The regions in ascending order; neighbours that are alike are one. */
  regions(): readonly Region[];
  stats(): AddressSpaceStats;
  /** Gives back every frame, table and reservation. Nothing else may be called afterwards. */
  destroy(): void;
}
