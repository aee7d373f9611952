import type { FlagMask, Width } from './ir.js';

/**
 * How an operand is encoded, in the letters of the manual (SDM vol. 2, appendix A.2): E a register or memory by ModRM,
 * M memory alone, R a register by ModRM whatever its mode, G a register by ModRM.reg, Z a register in the opcode's low bits, I an immediate, J a relative target,
 * O an absolute address, S a segment register by ModRM.reg. Sizes: b a byte, w 16 bits, v the operand's width, z 32 bits at most, d 32 bits, q 64 bits.
 */
export type OperandForm =
  | 'Eb'
  | 'Ew'
  | 'Ed'
  | 'Ev'
  | 'Eq'
  | 'M'
  | 'Mb'
  | 'Mv'
  | 'Mq'
  | 'Mdq'
  | 'Rq'
  | 'Gb'
  | 'Gw'
  | 'Gv'
  | 'Zb'
  | 'Zv'
  | 'Zq'
  | 'Ib'
  | 'IbSigned'
  | 'Iw'
  | 'Iz'
  | 'Iv'
  | 'Jb'
  | 'Jz'
  | 'Ob'
  | 'Ov'
  | 'Sw'
  | 'AL'
  | 'CL'
  | 'rAX'
  | 'one';

/**
 * One row of the decoder's table: opcode, operands, and what the tests of the CPU need to make cases of it. The decoder
 * has no other knowledge of what exists.
 */
export interface InstructionForm {
  /** As the manual writes it, in lower case: `add`, `cmov`, `set`, `j`. */
  readonly mnemonic: string;
  /** Bytes before the opcode: none, 0F, 0F 38. */
  readonly map: 0 | 0x0f | 0x0f38;
  /** The opcode byte; the first of eight with Z, the first of sixteen with {@link hasCondition}. */
  readonly opcode: number;
  /** ModRM.reg where it is part of the opcode, else -1. With no operand at all ModRM names a register (LFENCE). */
  readonly extension: number;
  /** A prefix that is part of the opcode (POPCNT: F3), else 0. */
  readonly prefix: 0 | 0x66 | 0xf2 | 0xf3;
  readonly operands: readonly OperandForm[];
  /**
   * Widths that it has. Where there are several: 64 with REX.W, 16 with prefix 66, else 32, or 64 where 32 is not among
   * them.
   */
  readonly widths: readonly Width[];
  /** The low four bits of the opcode are a condition. */
  readonly hasCondition: boolean;
  /** Whether LOCK is allowed (with memory as the destination). */
  readonly canLock: boolean;
  /** Ring 3 may not: #GP(0), whatever the operands (CPL 3, IOPL 0). */
  readonly isPrivileged: boolean;
  /** Which repetition there is: `rep` (F3), or `repe`/`repne` (F3, F2). */
  readonly repeats: 'none' | 'rep' | 'compare';
  /** Flags that the manual leaves undefined, whatever the operands. Those that depend on a count are the tests' to know. */
  readonly undefinedFlags: FlagMask;
  /** `plain` can be run natively and compared; the others go elsewhere, trap, or have answers of their machine. */
  readonly kind: 'plain' | 'stack' | 'control' | 'trap' | 'machine';
}
