import type { InstructionForm, OperandForm } from '@synos/machine-sim/testing';
import { instructionForms } from '@synos/machine-sim/testing';
import fc from 'fast-check';

/** How long an immediate is, where an operand is one (SDM vol. 2, appendix A.2). */
function immediateBytes(operand: OperandForm, width: number): number {
  switch (operand) {
    case 'Ib':
    case 'IbSigned':
    case 'Jb':
      return 1;
    case 'Iw':
      return 2;
    case 'Iz':
      return width === 16 ? 2 : 4;
    case 'Iv':
      return width / 8;
    case 'Jz':
      return 4;
    case 'Ob':
    case 'Ov':
      return 8;
    default:
      return 0;
  }
}

/** What the bytes of a form leave open. */
interface Choice {
  readonly width: number;
  readonly register: number;
  readonly rm: number;
  readonly isMemory: boolean;
  readonly isLocked: boolean;
  readonly condition: number;
  readonly displacement: number;
  readonly constant: readonly number[];
}

function encoded(form: InstructionForm, choice: Choice): number[] {
  const { width, register, rm, isMemory, isLocked, condition, displacement, constant } = choice;
  const bytes: number[] = [];
  if (isLocked && isMemory && form.canLock) bytes.push(0xf0);
  if (width === 16 && form.widths.length > 1) bytes.push(0x66);
  if (form.prefix !== 0) bytes.push(form.prefix);
  const hasModRm = form.extension >= 0 || form.operands.some((operand) => /^[EMRGS]/.test(operand));
  let rex = width === 64 && form.widths.length > 1 ? 0x48 : 0;
  if (register > 7) rex |= hasModRm ? 0x44 : 0x41;
  if (rm > 7 && hasModRm) rex |= 0x41;
  if (rex !== 0) bytes.push(rex);
  let opcode = form.hasCondition ? form.opcode | condition : form.opcode;
  if (form.operands.some((operand) => operand.startsWith('Z'))) opcode |= register & 7;
  bytes.push(...(form.map === 0 ? [opcode] : form.map === 0x0f ? [0x0f, opcode] : [0x0f, 0x38, opcode]));
  if (hasModRm) {
    const field = form.extension >= 0 ? form.extension : register & 7;
    bytes.push((isMemory ? 0x80 : 0xc0) | (field << 3) | (rm & 7));
    // R/M 4 with memory means that an SIB byte follows; this one has no index.
    if (isMemory && (rm & 7) === 4) bytes.push(0x24);
    if (isMemory) bytes.push(displacement & 0xff, (displacement >> 8) & 0xff, 0, 0);
  }
  const count = form.operands.reduce((sum, operand) => sum + immediateBytes(operand, width), 0);
  bytes.push(...constant.slice(0, count));
  return bytes;
}

/** One instruction of any kind that the CPU knows, privileged ones and traps among them. */
export const instructions: fc.Arbitrary<number[]> = fc
  .record({
    form: fc.nat(instructionForms.length - 1).map((index) => instructionForms[index] as InstructionForm),
    widthIndex: fc.nat(3),
    register: fc.nat(15),
    rm: fc.nat(15),
    isMemory: fc.boolean(),
    isLocked: fc.boolean(),
    condition: fc.nat(15),
    displacement: fc.nat(0xfff),
    // Mostly short ways: jumps that stay within the soup.
    constant: fc.oneof(
      fc.nat(40).map((value) => [value, 0, 0, 0, 0, 0, 0, 0]),
      fc.array(fc.nat(255), { minLength: 8, maxLength: 8 }),
    ),
  })
  .map(({ form, widthIndex, ...choice }) => {
    const width = form.widths[widthIndex % form.widths.length] as number;
    return encoded(form, { ...choice, width });
  });
