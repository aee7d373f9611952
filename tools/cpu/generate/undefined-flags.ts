import type { InstructionForm, Width } from '@synos/machine-sim/testing';

/** Bits of RFLAGS (SDM vol. 1, 3.4.3). */
export const carry = 0x001;
export const adjust = 0x010;
export const overflow = 0x800;
export const statusFlags = 0x8d5;

const rotates = new Set(['rol', 'ror', 'rcl', 'rcr']);
const shifts = new Set(['shl', 'shr', 'sar']);
const doubleShifts = new Set(['shld', 'shrd']);

export const hasCount = (mnemonic: string): boolean =>
  rotates.has(mnemonic) || shifts.has(mnemonic) || doubleShifts.has(mnemonic);

/** A count as the CPU cuts it (SDM vol. 2, SHL). */
export const maskedCount = (count: number, width: Width): number => count & (width === 64 ? 63 : 31);

/** Flags that the manual leaves undefined, by count where it depends on one. */
export function undefinedFlagsOf(form: InstructionForm, width: Width, count: number): number {
  const { mnemonic } = form;
  if (!hasCount(mnemonic)) return form.undefinedFlags;
  const masked = maskedCount(count, width);
  if (masked === 0) return 0;
  const ofOverflow = masked === 1 ? 0 : overflow;
  if (rotates.has(mnemonic)) return ofOverflow;
  if (doubleShifts.has(mnemonic)) return masked > width ? statusFlags : adjust | ofOverflow;
  return adjust | ofOverflow | (mnemonic !== 'sar' && masked >= width ? carry : 0);
}

/** SHLD and SHRD of 16 bits by more than that: the result is undefined too. */
export function hasUndefinedResult(mnemonic: string, width: Width, count: number): boolean {
  return doubleShifts.has(mnemonic) && maskedCount(count, width) > width;
}
