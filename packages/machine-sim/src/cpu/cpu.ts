import type { PhysicalAddress, VirtualAddress } from '@synos/interfaces';

/** Why {@link Cpu.execute} returned. One object for all, filled anew each time. */
export interface CpuExit {
  /**
   * `budget`: enough instructions were executed; nothing happened. `exception`: `vector` with `errorCode`, and `cr2` of
   * a page fault. `software`: INT n or INT3 of `instructionBytes`. `syscall`: the SYSCALL instruction.
   */
  kind: 'budget' | 'exception' | 'software' | 'syscall';
  vector: number;
  /** -1 where there is none. */
  errorCode: number;
  cr2: VirtualAddress;
  instructionBytes: number;
}

/**
 * The CPU in ring 3: registers, translations, and the execution of instructions. What an exit leads to (gates, frames,
 * interrupts) is not its business.
 */
export interface Cpu {
  /** The slots of `ir.ts` in int32 halves: the low one of slot n at 2n, the high one at 2n + 1. */
  readonly registers: Int32Array;
  /** The next instruction; after an exit what is to be saved, but for `software` the instruction itself. */
  rip: VirtualAddress;
  /** The lower 32 bits, unsigned. Reading works out what was left undone, so it is not for hot paths. */
  rflags: number;
  /** Instructions that were completed, in all. */
  readonly instructions: number;
  /**
   * Executes ring 3 from `rip` on.
   *
   * @param budget - about how many instructions, 1 or more: it is looked at between blocks, so some more may be done,
   *   always the same number for the same program
   */
  execute(budget: number): CpuExit;
  /** Loads CR3: all translations but global ones are forgotten. */
  setRoot(root: PhysicalAddress): void;
  invlpg(address: VirtualAddress): void;
  /** Forgets all but global translations. */
  flush(): void;
  /** Forgets all translations: CR4.PGE or CR0 was changed. */
  flushAll(): void;
  /** Bytes of memory were stored by somebody else: drops what was made of them. Cheap where there was nothing. */
  wrote(address: PhysicalAddress, byteLength: number): void;
  /**
   * Translates as an access would, by the TLB and then the tables, setting accessed and dirty bits.
   *
   * @param rights - bits of `right` of `@synos/memory`: write, user, execute; without `user` it is ring 0's access
   * @returns the physical address, or -1 less the error code of the page fault
   */
  translate(address: VirtualAddress, rights: number): number;
  /** What the translations cost so far. */
  readonly counters: {
    /** Blocks that were translated, dropped, and entered anew after a store to their own code. */
    blocksMade: number;
    blocksDropped: number;
    blocksReentered: number;
    tlbMisses: number;
  };
}

/** What a CPU is made of. */
export interface CpuOptions {
  /** Memory from physical address 0 on; beyond it reads are all ones and writes are lost. */
  readonly ram: ArrayBuffer;
  /** The time-stamp counter, for RDTSC. */
  readonly readTsc: () => number;
}
