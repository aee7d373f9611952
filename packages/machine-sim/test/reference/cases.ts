import { instructionForms } from '../../src/cpu/decode/instruction-forms.js';
import type { InstructionForm } from '../../src/cpu/instruction-form.js';
import { type EncodingChoice, encode, type MemoryChoice } from '../../src/testing/encode.js';

/** One encoding of one row. */
export interface Case {
  readonly form: InstructionForm;
  readonly choice: EncodingChoice;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Every shape that ModRM and SIB have, with the registers that are exceptions: RSP, RBP, R12, R13. */
export const memoryShapes: readonly MemoryChoice[] = [
  { base: 3, scale: 1, displacement: 0 },
  { base: 4, scale: 1, displacement: 0 },
  { base: 5, scale: 1, displacement: 0 },
  { base: 12, scale: 1, displacement: -8 },
  { base: 13, scale: 1, displacement: 0 },
  { base: 9, scale: 1, displacement: 0x7f },
  { base: 6, scale: 1, displacement: 0x1234 },
  { base: 7, scale: 1, displacement: 4, wideDisplacement: true },
  { base: 0, index: 1, scale: 1, displacement: 0 },
  { base: 5, index: 2, scale: 2, displacement: 0 },
  { base: 13, index: 12, scale: 4, displacement: -128 },
  { base: 4, index: 5, scale: 8, displacement: -129 },
  { base: 15, index: 13, scale: 8, displacement: -0x8000_0000 },
  { index: 8, scale: 4, displacement: 0x7fff_ffff },
  { index: 3, scale: 1, displacement: -4 },
  { scale: 1, displacement: 0x40_0000 },
  { scale: 1, displacement: -16 },
  { scale: 1, displacement: 0x100, ripRelative: true },
  { scale: 1, displacement: -0x100, ripRelative: true },
];

const registerShapes: readonly (readonly number[])[] = [
  [0, 3],
  [3, 0],
  [1, 1],
  [4, 5],
  [6, 7],
  [8, 2],
  [2, 15],
  [13, 12],
  [16, 19],
  [17, 1],
  [7, 18],
];

const immediates: readonly bigint[] = [0x7ben, -2n, 0x1122_3344_5566_7788n];

function* choicesOf(form: InstructionForm): Generator<EncodingChoice> {
  for (const width of form.widths) {
    for (const condition of form.hasCondition ? Array(16).keys() : [0]) {
      for (const immediate of form.operands.some((operand) => /^[IJ]/.test(operand)) ? immediates : [0n]) {
        const common = { width, condition, immediate, secondImmediate: immediate & 3n };
        // All shapes of registers and memory once are enough for sixteen conditions.
        const few = condition > 0 || (immediate !== immediates[0] && immediate !== 0n);
        for (const registers of few ? registerShapes.slice(0, 3) : registerShapes) yield { ...common, registers };
        for (const memory of few ? memoryShapes.slice(0, 3) : memoryShapes) {
          yield { ...common, registers: [1], memory };
          if (few) continue;
          yield { ...common, registers: [14], memory, address32: true };
          yield { ...common, registers: [7], memory, segment: 'fs' };
          yield { ...common, registers: [16], memory, segment: 'gs', lock: true };
        }
        if (form.repeats === 'none') continue;
        yield { ...common, registers: [], repeat: 0xf3 };
        yield { ...common, registers: [], repeat: 0xf2, address32: true };
      }
    }
  }
}

/** Every row in every width, with every shape of operands: each encoding once. */
export function allCases(): readonly Case[] {
  const cases: Case[] = [];
  const seen = new Set<string>();
  for (const form of instructionForms) {
    for (const choice of choicesOf(form)) {
      const bytes = encode(form, choice);
      if (bytes === null || seen.has(bytes.join())) continue;
      seen.add(bytes.join());
      cases.push({ form, choice, bytes });
    }
  }
  return cases;
}

/** Bytes as one reads them. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
