import type { OperandForm } from '@synos/machine-sim/testing';
import type { CpuCase } from '../cpu-case.js';
import { CODE, CODE_END, PAGE_BYTES } from '../layout.js';
import type { Combination } from './combination.js';
import { Draft, rax, rcx } from './draft.js';
import { encode, immediateBytes, memoryOperandOf } from './encode.js';
import { type Implied, prepareCounter, prepareDividend, prepareStack, prepareString, prepareTable } from './implied.js';
import { prepareMemory } from './memory-operand.js';
import type { Chance } from './random.js';
import { hasCount, hasUndefinedResult, statusFlags, undefinedFlagsOf } from './undefined-flags.js';
import { edgeValue } from './values.js';

/** A case, and what may not be compared of it. */
export interface MadeCase extends CpuCase {
  readonly undefinedFlags: number;
  /** The same where it faults: such an instruction leaves the flags alone, but for a division. */
  readonly undefinedFlagsAtFault: number;
  /** The destination of BSF and BSR, undefined when ZF is set; else -1. */
  readonly scanned: number;
  /**
   * Of several faults each CPU reports the one that it comes to first: CMPS has two operands in memory, CALL a target and
   * a stack, and ENTER copies frames by microcode, which may have stored some of them.
   */
  readonly hasFreeFault: boolean;
  readonly mnemonic: string;
}

const repeatPrefix = { none: [], lock: [0xf0], rep: [0xf3], repe: [0xf3], repne: [0xf2] } as const;
/** Flags that a case may begin with: the status flags and DF; no single step, no alignment checks. */
export const settableFlags = statusFlags | 0x400;
/** What they begin with always: IF and the bit that is 1. */
export const fixedFlags = 0x202;

/**
 * One instruction with everything around it.
 *
 * @param seeksFault - memory is where an access may fault
 */
export function makeCase(chance: Chance, combination: Combination, seeksFault: boolean): MadeCase {
  for (;;) {
    const made = attempt(new Draft(chance, combination, seeksFault));
    if (made !== null) return made;
  }
}

/** A case, or `null` where its result would be undefined. */
function attempt(draft: Draft): MadeCase | null {
  const { chance, form, width, place, values } = draft;
  const { mnemonic, operands } = form;
  const operand = memoryOperandOf(form);

  const usesStack = form.kind === 'stack' || mnemonic === 'call' || mnemonic === 'ret';
  // Where memory is used twice, one of the two faults.
  const faultsOnStack = draft.seeksFault && usesStack && (place !== 'memory' || chance.once(2));
  if (usesStack) prepareStack(draft, faultsOnStack);
  const implied = prepareImplied(draft);

  // Of control registers some do not exist.
  const register = form.isPrivileged ? 0 : chance.below(16);
  const addressing =
    place === 'memory' ? prepareMemory(draft, register, draft.seeksFault && !faultsOnStack) : undefined;
  // SWAPGS is a whole ModRM byte.
  const rm = addressing?.operand ?? (mnemonic === 'swapgs' ? 0 : chance.below(16));
  if (typeof rm === 'number' && operand !== undefined) {
    if (form.kind === 'control') draft.set(rm, draft.codeTarget());
    if (mnemonic === 'cmpxchg' && chance.once(2)) draft.set(rax, values[rm]!);
  }
  if ((mnemonic === 'div' || mnemonic === 'idiv') && !chance.once(4)) prepareDividend(draft);

  const immediates = operands.filter((it) => immediateBytes(it, width) > 0).map((it) => immediateOf(draft, it));
  const count = countOf(operands, Number(values[rcx]! & 0xffn), immediates);
  if (hasCount(mnemonic) && hasUndefinedResult(mnemonic, width, count)) return null;

  const hasOffset = operands.some((it) => it.startsWith('O'));
  const offset = draft.address(draft.bytes);
  const is32 = hasOffset ? chance.once(6) && offset < 2 ** 32 : (addressing?.is32 ?? implied.is32);
  const { bytes: code, displacementAt } = encode(form, {
    width,
    condition: chance.below(16),
    register,
    rm,
    immediates,
    offset: BigInt(offset),
    is32,
    prefixes: prefixesOf(draft, addressing?.segment || implied.segment),
    spareRex: spareRexOf(draft),
  });

  // Across the end of a page now and then; else where short branches land among code.
  const isAcross = form.kind !== 'control' && chance.once(8);
  const ip = isAcross ? CODE + PAGE_BYTES - chance.below(code.length) : CODE + 0x800 + chance.below(0x700);
  if (addressing?.operand.base === 'ip') {
    new DataView(code.buffer).setInt32(displacementAt, addressing.target - (ip + code.length), true);
  }
  return {
    registers: new Int32Array(values.buffer),
    flags: fixedFlags | (chance.bits() & settableFlags),
    ip,
    code,
    pokes: draft.pokes,
    undefinedFlags: undefinedFlagsOf(form, width, count),
    undefinedFlagsAtFault: mnemonic === 'div' || mnemonic === 'idiv' ? statusFlags : 0,
    scanned: mnemonic === 'bsf' || mnemonic === 'bsr' ? register : -1,
    hasFreeFault: mnemonic === 'cmps' || mnemonic === 'enter' || mnemonic === 'call',
    mnemonic,
  };
}

function prepareImplied(draft: Draft): Implied {
  const { form } = draft;
  if (form.repeats !== 'none') return prepareString(draft);
  if (form.mnemonic === 'xlat') return prepareTable(draft);
  if (form.mnemonic.startsWith('loop') || form.mnemonic === 'jrcxz') return prepareCounter(draft);
  return { segment: 0, is32: false };
}

function immediateOf({ chance, form, seeksFault }: Draft, operand: OperandForm): bigint {
  if (form.mnemonic === 'enter') {
    return BigInt(operand === 'Iw' ? chance.pick([0, 8, 16, 100, 0xfff]) : chance.pick([0, 0, 1, 2, 5, 31, 33]));
  }
  // Not into the branch itself, which might never end.
  if (operand === 'Jb') return BigInt(chance.pick([0, 1, 127, -128, chance.below(128), -16 - chance.below(112)]));
  // Among the pages of code, or just where there are none.
  if (operand === 'Jz') {
    const beyond = CODE_END - CODE;
    return BigInt(seeksFault ? chance.pick([beyond, 6 * beyond, -2 * beyond]) : chance.below(0x1e00) - 0x800);
  }
  return edgeValue(chance);
}

/** The count of a shift. */
export function countOf(operands: readonly OperandForm[], cl: number, immediates: readonly bigint[]): number {
  if (operands.includes('CL')) return cl;
  return operands.includes('one') ? 1 : Number(BigInt.asUintN(8, immediates.at(-1) ?? 0n));
}

function prefixesOf({ chance, modifier }: Draft, segment: number): number[] {
  // Segments without a base mean nothing.
  const noise = segment === 0 && chance.once(12) ? [chance.pick([0x26, 0x2e, 0x36, 0x3e])] : [];
  const prefixes = [...(segment ? [segment] : noise), ...repeatPrefix[modifier]];
  return chance.once(2) ? prefixes.reverse() : prefixes;
}

/** A REX prefix that is not needed: with bits that mean nothing where there are no operands. */
function spareRexOf({ chance, form }: Draft): number {
  if (!chance.once(6)) return 0;
  const hasRegisters = memoryOperandOf(form) !== undefined || form.operands.some((it) => it.startsWith('Z'));
  return 0x40 | (hasRegisters || form.prefix !== 0 ? 0 : chance.below(8));
}
