import { selectors, type VirtualAddress } from '@synos/interfaces';
import { GATE_BYTES, writeGate } from './gate.js';

/** Bytes of a whole IDT. The limit that LIDT takes is one less. */
export const IDT_BYTES = 256 * GATE_BYTES;

/** The vector of this system's calls, INT 0x80. Not `SYSCALL_VECTOR` of `@synos/interfaces`: that is the instruction's. */
export const SYSTEM_CALL_VECTOR = 0x80;

/** How the gates of an IDT are made; all but `stub` have a default. */
export interface IdtOptions {
  /** The address of a vector's entry code: `Machine.stub`. */
  stub(vector: number): VirtualAddress;
  /** Segment of the entry code; by default the kernel's. */
  readonly selector?: number;
  /** Vectors that get a trap gate: interrupts stay on. By default none. */
  readonly trapGates?: readonly number[];
  /**
   * Vectors that programs may reach by INT n, INT3 and INTO: their DPL is 3. By default 3 and 4, breakpoint and
   * overflow, and {@link SYSTEM_CALL_VECTOR}.
   */
  readonly userVectors?: readonly number[];
  /** The stack of the TSS for each vector that has one. By default {@link defaultIst}. */
  readonly ist?: Readonly<Record<number, number>>;
}

/**
 * Stacks of the TSS for what may come when the stack is no good: IST1 for NMI, IST2 for double faults, IST3 for machine
 * checks. Nothing else has one: an event that nests on its own IST overwrites what it interrupted.
 */
export const defaultIst: Readonly<Record<number, number>> = { 2: 1, 8: 2, 18: 3 };

/**
 * Stores a gate for every one of the 256 vectors: none is absent, so that an event nobody thought of is still a trap
 * with a number.
 *
 * @param view - gets {@link IDT_BYTES} bytes from `offset` on
 *
 * @example
 * ```ts
 * import { IDT_BYTES, writeIdt } from '@synos/trap';
 *
 * const idt = new DataView(new ArrayBuffer(IDT_BYTES));
 * // Entry code of 16 bytes for each vector, and system calls that can be interrupted.
 * writeIdt(idt, 0, { stub: (vector) => -0x7fff_0000_0000 + 16 * vector, trapGates: [0x80] });
 * ```
 */
export function writeIdt(view: DataView, offset: number, options: IdtOptions): void {
  const { selector = selectors.kernelCode, trapGates = [], ist = defaultIst } = options;
  const { userVectors = [3, 4, SYSTEM_CALL_VECTOR] } = options;
  for (let vector = 0; vector < 256; vector++) {
    writeGate(view, offset + vector * GATE_BYTES, {
      kind: trapGates.includes(vector) ? 'trap' : 'interrupt',
      offset: options.stub(vector),
      selector,
      ist: ist[vector] ?? 0,
      dpl: userVectors.includes(vector) ? 3 : 0,
      present: true,
    });
  }
}
