// What instructions mean, in small steps. The lifter is the one place that knows what an x86-64 instruction does; what
// runs programs, and what checks it in tests, carry out these steps and know no instruction.

/** Width of an operation in bits. */
export type Width = 8 | 16 | 32 | 64;

/**
 * Registers of 64 bits by number: the sixteen of the hardware in its own order, eight that hold nothing from one
 * instruction to the next, and the bases of the two segments that have one (SDM vol. 1, 3.4).
 */
export const slot = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
  t0: 16,
  t1: 17,
  t2: 18,
  t3: 19,
  t4: 20,
  t5: 21,
  t6: 22,
  t7: 23,
  fsBase: 24,
  gsBase: 25,
} as const;
/** How many there are. */
export const SLOTS = 26;

/**
 * A register as an operand. A write of 32 bits clears the upper half; one of 8 or 16 leaves the rest alone (SDM vol. 1,
 * 3.4.1.1). So it is with `t0` to `t7` as well.
 */
export interface Register {
  readonly kind: 'register';
  readonly slot: number;
  /** Bits 8 to 15 instead of 0 to 7: AH, CH, DH, BH. Only with a width of 8. */
  readonly isHigh: boolean;
}

/** A constant of 64 bits in int32 halves, extended to that as the instruction says. */
export interface Immediate {
  readonly kind: 'immediate';
  readonly low: number;
  readonly high: number;
}

/** What a step reads. */
export type Operand = Register | Immediate;

/** An effective address: segment base + base + index * scale + displacement, modulo 2^64. */
export interface Address {
  /** A slot, or -1. */
  readonly base: number;
  /** A slot, or -1. */
  readonly index: number;
  readonly scale: 1 | 2 | 4 | 8;
  /** The displacement in int32 halves; of RIP-relative addresses the whole address. */
  readonly low: number;
  readonly high: number;
  /** Which base is added: a slot (`fsBase`, `gsBase`), or -1. Added after {@link is32} has cut. */
  readonly segment: number;
  /** The sum is cut to 32 bits (prefix 67). */
  readonly is32: boolean;
  /** An address that is not canonical is #SS(0), not #GP(0): the stack segment is meant (SDM vol. 3, 6.15). */
  readonly isStack: boolean;
}

/** Bits of RFLAGS that a step writes: those of `rflag` of `@synos/trap`. */
export type FlagMask = number;

/** CF, PF, AF, ZF, SF and OF. */
export const STATUS_FLAGS: FlagMask = 0x8d5;

/** The sixteen conditions of Jcc, SETcc and CMOVcc as the hardware numbers them (SDM vol. 1, appendix B). */
export type Condition = number;

/** What strings are done with, element by element (SDM vol. 1, 7.3.9). */
export type StringAction = 'movs' | 'stos' | 'lods' | 'cmps' | 'scas';

/**
 * One step. Steps of an instruction are carried out in order; one that faults ends the instruction, and then nothing of
 * it may have become visible: loads that fault come before the first write to a register that lasts, a `store` after
 * a `load` with `forWrite` of the same address and width cannot fault, and whatever else may fault does so before
 * anything is stored. `flags` says which flags a step writes: none, or all that its instruction defines; the others it leaves
 * alone. A flag that the manual leaves undefined may become anything.
 */
export type Step =
  | { readonly op: 'move'; readonly width: Width; readonly to: Register; readonly from: Operand }
  /** From a narrower width to a wider one. */
  | {
      readonly op: 'extend';
      readonly isSigned: boolean;
      readonly fromWidth: Width;
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
    }
  | {
      readonly op: 'binary';
      readonly what: 'add' | 'sub' | 'adc' | 'sbb' | 'and' | 'or' | 'xor';
      readonly width: Width;
      /** `null` for CMP and TEST. */
      readonly to: Register | null;
      readonly left: Operand;
      readonly right: Operand;
      readonly flags: FlagMask;
    }
  | {
      readonly op: 'unary';
      readonly what: 'inc' | 'dec' | 'neg' | 'not';
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
      readonly flags: FlagMask;
    }
  /** The count is the low 8 bits, cut to 5 bits (6 where the width is 64). A count of 0 writes `to` and no flag. */
  | {
      readonly op: 'shift';
      readonly what: 'shl' | 'shr' | 'sar' | 'rol' | 'ror' | 'rcl' | 'rcr';
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
      readonly count: Operand;
      readonly flags: FlagMask;
    }
  | {
      readonly op: 'double-shift';
      readonly what: 'shld' | 'shrd';
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
      readonly fill: Operand;
      readonly count: Operand;
      readonly flags: FlagMask;
    }
  /** The product of two numbers of `width`; its upper half goes to `high` where there is one. */
  | {
      readonly op: 'multiply';
      readonly isSigned: boolean;
      readonly width: Width;
      readonly low: Register;
      readonly high: Register | null;
      readonly left: Operand;
      readonly right: Operand;
      readonly flags: FlagMask;
    }
  /** `high:low` by `divisor`. #DE by 0 and where the quotient does not fit. */
  | {
      readonly op: 'divide';
      readonly isSigned: boolean;
      readonly width: Width;
      readonly quotient: Register;
      readonly remainder: Register;
      readonly high: Operand;
      readonly low: Operand;
      readonly divisor: Operand;
    }
  /** CF is bit `index` modulo the width. `to` is `null` for BT. */
  | {
      readonly op: 'bit-test';
      readonly what: 'bt' | 'bts' | 'btr' | 'btc';
      readonly width: Width;
      readonly to: Register | null;
      readonly from: Operand;
      readonly index: Operand;
      readonly flags: FlagMask;
    }
  /** BSF and BSR of 0 leave `to` alone, all of it, and set ZF. */
  | {
      readonly op: 'scan';
      readonly what: 'bsf' | 'bsr' | 'tzcnt' | 'lzcnt' | 'popcnt';
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
      readonly flags: FlagMask;
    }
  | { readonly op: 'swap-bytes'; readonly width: 32 | 64; readonly to: Register; readonly from: Operand }
  /** The address itself, without its segment. */
  | { readonly op: 'lea'; readonly width: Width; readonly to: Register; readonly address: Address }
  /** `forWrite`: faults as a write would, where a store to the same place follows. */
  | {
      readonly op: 'load';
      readonly width: Width;
      readonly to: Register;
      readonly address: Address;
      readonly forWrite: boolean;
    }
  | { readonly op: 'store'; readonly width: Width; readonly address: Address; readonly from: Operand }
  /** #GP(0) where the address in a register is not canonical: before a CALL stores where to return to. */
  | { readonly op: 'check-canonical'; readonly from: Register }
  /** #GP(0) where the effective address, segment included, is no multiple of 16 (CMPXCHG16B). */
  | { readonly op: 'check-aligned'; readonly address: Address }
  /** RFLAGS as PUSHF stores them: RF and VM clear. */
  | { readonly op: 'load-flags'; readonly to: Register }
  /** The bits of `mask` are taken from the operand. */
  | { readonly op: 'store-flags'; readonly from: Operand; readonly mask: FlagMask }
  /** CLC, STC, CMC, CLD, STD: one bit of RFLAGS. */
  | { readonly op: 'change-flag'; readonly flag: FlagMask; readonly to: 'clear' | 'set' | 'complement' }
  | { readonly op: 'set-if'; readonly condition: Condition; readonly to: Register }
  /**
   * Moves where the condition holds. With a width of 32 the upper half of `to` is cleared either way (CMOVcc), unless
   * `keepsUpper` (the accumulator of CMPXCHG).
   */
  | {
      readonly op: 'move-if';
      readonly condition: Condition;
      readonly width: Width;
      readonly to: Register;
      readonly from: Operand;
      readonly keepsUpper: boolean;
    }
  /**
   * A string instruction, whole, with its repetitions: registers and flags as after the last element that was done. One
   * that faults in the middle has done the elements before it, and is the next instruction still.
   */
  | {
      readonly op: 'string';
      readonly what: StringAction;
      readonly width: Width;
      readonly repeat: 'none' | 'rep' | 'repe' | 'repne';
      /** Counts and addresses are ECX, ESI, EDI (prefix 67). */
      readonly is32: boolean;
      /** Of the source: a slot, or -1. */
      readonly segment: number;
    }
  /** CPUID by EAX and ECX. */
  | { readonly op: 'cpuid' }
  | { readonly op: 'read-tsc' }
  | End;

/** A step that is the last of its block. Where there is none, the block goes on behind the instruction. */
export type End =
  /** To a constant address. One that is not canonical is #GP(0). */
  | { readonly op: 'jump'; readonly target: number }
  | { readonly op: 'jump-if'; readonly condition: Condition; readonly target: number; readonly next: number }
  /**
   * JRCXZ and LOOP: where the register, in `width`, is zero or is not; LOOPE and LOOPNE want a condition to hold as well
   * (-1: none).
   */
  | {
      readonly op: 'jump-if-zero';
      readonly slot: number;
      readonly width: 32 | 64;
      readonly isZero: boolean;
      readonly condition: Condition | -1;
      readonly target: number;
      readonly next: number;
    }
  /**
   * To an address in a register, which is read first. #GP(0) where it is not canonical: nothing of the instruction lasts
   * then. After that `pops` is added to RSP: 8 and more for RET, -8 for CALL, else 0.
   */
  | { readonly op: 'jump-to'; readonly from: Register; readonly pops: number }
  /** An exception of this instruction, such as #UD; `errorCode` is `null` where the vector has none. */
  | { readonly op: 'raise'; readonly vector: number; readonly errorCode: number | null }
  /** INT n and INT3: `vector` by software. INT1 is a `raise` of 1 behind the instruction: `isTrap`. */
  | { readonly op: 'interrupt'; readonly vector: number; readonly isTrap: boolean }
  | { readonly op: 'syscall' };

/** Names of {@link End}. */
export const endsBlock: ReadonlySet<Step['op']> = /* @__PURE__ */ new Set<Step['op']>([
  'jump',
  'jump-if',
  'jump-if-zero',
  'jump-to',
  'raise',
  'interrupt',
  'syscall',
]);

/** One instruction. */
export interface LiftedInstruction {
  readonly byteLength: number;
  readonly steps: readonly Step[];
}

/**
 * Lifts the instruction whose bytes begin at `at`. Any bytes: what is no instruction is a `raise` of #UD, what is longer
 * than fifteen bytes one of #GP(0) (SDM vol. 2, 2.3.11), what ring 3 may not do one of #GP(0).
 *
 * @param code - bytes; looked at up to `end`
 * @param rip - the address of the instruction, for what is relative to it
 * @returns the instruction, or `null` where it goes on at `end` or beyond
 */
export type Lift = (code: Uint8Array, at: number, end: number, rip: number) => LiftedInstruction | null;
