import type { InstructionForm, OperandForm } from '../instruction-form.js';
import type { Prefixes } from './prefixes.js';

/** Finds the row that bytes mean, by arrays that were filled from the rows once. */
export interface OpcodeTable {
  /** Whether a ModRM byte follows the opcode. `opcode` has 0x100 added where 0F stands before. */
  hasModRm(opcode: number): boolean;
  /**
   * The row, or `null`: #UD.
   *
   * @param modRm - the ModRM byte; anything where there is none
   */
  find(opcode: number, modRm: number, prefixes: Prefixes): InstructionForm | null;
}

const OPCODES = 0x200;
/** Per opcode: memory or register, ModRM.reg, and four cases of prefix. */
const PLACES = 2 * 8 * 4;
/** Cases of prefix as they are numbered here. */
const prefixCase = { 0: 0, 102: 1, 242: 2, 243: 3 } as const;
const prefixCases = [0, 1, 2, 3];
const bothModes = [0, 1];
const allExtensions = [0, 1, 2, 3, 4, 5, 6, 7];

const usesModRm = (operand: OperandForm): boolean => 'EMRGS'.includes(operand.charAt(0));

/** Where ModRM is there for the opcode's sake alone, it names a register; M is memory; E is both. */
function modesOf(form: InstructionForm): readonly number[] {
  if (form.operands.some((operand) => operand.startsWith('M'))) return [0];
  return form.extension >= 0 && form.operands.length === 0 ? [1] : bothModes;
}

function opcodesOf(form: InstructionForm): readonly number[] {
  const first = form.opcode | (form.map === 0 ? 0 : 0x100);
  const hasRegister = form.operands.some((operand) => operand.startsWith('Z'));
  const count = form.hasCondition ? 16 : hasRegister ? 8 : 1;
  return Array.from({ length: count }, (_, number) => first + number);
}

/** Fills the arrays. Rows with a prefix of their own go before those without; else the later row wins. */
export function createOpcodeTable(forms: readonly InstructionForm[]): OpcodeTable {
  const places = new Uint16Array(OPCODES * PLACES);
  const withModRm = new Uint8Array(OPCODES);
  const fill = (form: InstructionForm, number: number): void => {
    for (const opcode of opcodesOf(form)) {
      if (form.extension >= 0 || form.operands.some(usesModRm)) withModRm[opcode] = 1;
      for (const mode of modesOf(form)) {
        for (const extension of form.extension < 0 ? allExtensions : [form.extension]) {
          for (const prefix of form.prefix === 0 ? prefixCases : [prefixCase[form.prefix]]) {
            places[opcode * PLACES + mode * 32 + extension * 4 + prefix] = number + 1;
          }
        }
      }
    }
  };
  forms.forEach((form, number) => {
    if (form.prefix === 0) fill(form, number);
  });
  forms.forEach((form, number) => {
    if (form.prefix !== 0) fill(form, number);
  });

  return {
    hasModRm: (opcode) => withModRm[opcode] === 1,
    find: (opcode, modRm, prefixes) => {
      const mode = withModRm[opcode] === 1 && modRm >= 0xc0 ? 32 : 0;
      const prefix = prefixes.repeat !== 0 ? prefixCase[prefixes.repeat] : prefixes.hasOperandSize ? 1 : 0;
      const number = places[opcode * PLACES + mode + ((modRm >> 3) & 7) * 4 + prefix] as number;
      return number === 0 ? null : (forms[number - 1] as InstructionForm);
    },
  };
}
