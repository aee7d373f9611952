import type { VirtualAddress } from '@synos/interfaces';
import type { Word } from '../word.js';

/** The registers that traps and returns from them read and change. The CPL is in the low two bits of `cs`. */
export interface CpuState {
  /** Selectors, 16 bits. */
  readonly cs: number;
  readonly ss: number;
  readonly rip: VirtualAddress;
  /** Any 64 bits: a program may load what it likes. */
  readonly rsp: Word;
  /** The lower 32 bits, unsigned; the upper are zero. */
  readonly rflags: number;
}

/** What GDTR or IDTR holds. */
export interface TableRegister {
  readonly base: VirtualAddress;
  /** Bytes less one. */
  readonly limit: number;
}

/** What the task register holds: the selector, and what LTR read from the descriptor. */
export interface TaskRegister extends TableRegister {
  readonly selector: number;
}

/** The registers that say where the CPU's tables are. There is no LDT: what names one is beyond its limit. */
export interface SystemRegisters {
  readonly gdt: TableRegister;
  readonly idt: TableRegister;
  readonly tss: TaskRegister;
}

/** An access that the page tables do not allow. */
export interface PageFault {
  /** What CR2 gets. */
  readonly address: VirtualAddress;
  /** See `readPageFaultError`. */
  readonly errorCode: number;
}

/**
 * Memory by linear address, through the page tables that are loaded. Addresses are canonical, from first byte to last.
 * An access that faults answers so, and has stored nothing. Bytes come and go through `scratch`: a trap makes no buffer.
 */
export interface LinearMemory {
  /** Sixteen bytes, made once with the memory. Any call of this package overwrites them. */
  readonly scratch: DataView;
  /** Copies 8 or 16 bytes from an address into `scratch`, from 0 on, as ring 0: the CPU's own tables. */
  read(address: VirtualAddress, byteLength: number): PageFault | null;
  /** Stores the first eight bytes of `scratch`: ring 3's doing where `user`, else ring 0's. */
  write(address: VirtualAddress, user: boolean): PageFault | null;
}

/** A fault as the CPU reports it. */
export interface CpuFault {
  readonly vector: number;
  readonly errorCode: number;
  /** What was wrong, in a few words. */
  readonly reason: string;
  /** Of a page fault what CR2 gets, else `null`. */
  readonly address: VirtualAddress | null;
}
