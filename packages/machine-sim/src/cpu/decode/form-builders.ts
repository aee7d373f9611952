import type { InstructionForm, OperandForm } from '../instruction-form.js';
import type { Width } from '../ir.js';

/** The common widths of a row. */
export const widths = {
  byte: [8],
  word: [16, 32, 64],
  /** What goes by the stack has no 32 bits in 64-bit mode (SDM vol. 1, 6.2.2). */
  stack: [16, 64],
  /** Near branches: prefix 66 does nothing on Intel's CPUs (SDM vol. 1, 6.3.7). */
  long: [64],
  wordNot16: [32, 64],
} as const satisfies Record<string, readonly Width[]>;

const plain: InstructionForm = {
  mnemonic: '',
  map: 0,
  opcode: 0,
  extension: -1,
  prefix: 0,
  operands: [],
  widths: widths.word,
  hasCondition: false,
  canLock: false,
  isPrivileged: false,
  repeats: 'none',
  undefinedFlags: 0,
  kind: 'plain',
};

/** What a row has beside opcode, name and operands. */
export type Particulars = Partial<Omit<InstructionForm, 'mnemonic' | 'map' | 'opcode' | 'operands'>>;

/** A row whose opcode is one byte, or two with 0F before (as in `0x0fa2`). Widths are 16, 32 and 64 unless told. */
export function form(
  opcode: number,
  mnemonic: string,
  operands: readonly OperandForm[],
  particulars: Particulars = {},
): InstructionForm {
  return {
    ...plain,
    ...particulars,
    mnemonic,
    operands,
    map: opcode >= 0x0f00 ? 0x0f : 0,
    opcode: opcode & 0xff,
  };
}

/** Two rows, as most opcodes come: with bytes, and behind it with 16, 32 and 64 bits. */
export function pair(
  opcode: number,
  mnemonic: string,
  ofBytes: readonly OperandForm[],
  ofWords: readonly OperandForm[],
  particulars: Particulars = {},
): readonly InstructionForm[] {
  return [
    form(opcode, mnemonic, ofBytes, { ...particulars, widths: widths.byte }),
    form(opcode + 1, mnemonic, ofWords, particulars),
  ];
}

/** A row of what ring 3 may not do. */
export function privileged(
  opcode: number,
  mnemonic: string,
  operands: readonly OperandForm[] = [],
  particulars: Particulars = {},
): InstructionForm {
  return form(opcode, mnemonic, operands, { widths: [32], ...particulars, kind: 'trap', isPrivileged: true });
}
