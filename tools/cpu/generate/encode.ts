import type { InstructionForm, OperandForm, Width } from '@synos/machine-sim/testing';
import { bytesOf } from './values.js';

/** A memory operand as ModRM and SIB have it (SDM vol. 2, 2.1.5). */
export interface MemoryOperand {
  /** A register, -1 for none, `ip` for the address behind the instruction. */
  readonly base: number | 'ip';
  /** A register but 4, or -1. */
  readonly index: number;
  /** The exponent. */
  readonly scale: number;
  readonly displacement: number;
  /** With `ip`, and without a base, always 4. */
  readonly displacementBytes: 0 | 1 | 4;
}

/** What the encoding of a form leaves open. */
export interface Choices {
  readonly width: Width;
  readonly condition: number;
  /** G or Z. */
  readonly register: number;
  /** E or M. */
  readonly rm: number | MemoryOperand;
  readonly immediates: readonly bigint[];
  /** The address of O. */
  readonly offset: bigint;
  /** Addresses of 32 bits: prefix 67. */
  readonly is32: boolean;
  /** LOCK, REP, segment overrides, and others that mean nothing here, in any order. */
  readonly prefixes: readonly number[];
  /** Bits of a REX prefix that are not needed: 40 alone makes bytes of SPL to DIL, others where they mean nothing. */
  readonly spareRex: number;
}

/** The bytes of an instruction, and where its displacement lies (-1: there is none), which with `ip` needs its length. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly displacementAt: number;
}

/** Operands of 64 bits without REX.W (SDM vol. 1, 6.2.2 and 6.3.7). */
const goesWithout = (form: InstructionForm): boolean => form.kind === 'stack' || form.kind === 'control';

/** Whether forms of this width are told apart by prefixes: of those with one width only it is that of the opcode. */
const hasWord = (form: InstructionForm): boolean =>
  form.widths.length > 1 || form.operands.some((operand) => operand.endsWith('v') || operand === 'rAX');

export const immediateBytes = (operand: OperandForm, width: Width): number => {
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
    default:
      return 0;
  }
};

export const memoryOperandOf = (form: InstructionForm): OperandForm | undefined =>
  form.operands.find((operand) => ['E', 'M', 'R'].includes(operand.charAt(0)));

/** Encodes one instruction of a form. */
export function encode(form: InstructionForm, choices: Choices): Encoded {
  const { width, register, rm } = choices;
  const prefixes = [...choices.prefixes];
  let rex = choices.spareRex;
  if (width === 16 && hasWord(form)) prefixes.push(0x66);
  if (width === 64 && hasWord(form) && !goesWithout(form)) rex |= 0x48;
  if (choices.is32) prefixes.push(0x67);
  if (form.prefix !== 0) prefixes.push(form.prefix);

  let opcode = form.hasCondition ? form.opcode | choices.condition : form.opcode;
  if (form.operands.some((operand) => operand.startsWith('Z'))) {
    opcode |= register & 7;
    if (register > 7) rex |= 0x41;
  }
  const code = form.map === 0 ? [opcode] : form.map === 0x0f ? [0x0f, opcode] : [0x0f, 0x38, opcode];

  let displacementAt = -1;
  if (memoryOperandOf(form) !== undefined || form.extension >= 0) {
    const reg = form.extension >= 0 ? form.extension : register;
    if (reg > 7) rex |= 0x44;
    const field = (reg & 7) << 3;
    if (typeof rm === 'number') {
      if (rm > 7) rex |= 0x41;
      code.push(0xc0 | field | (rm & 7));
    } else {
      const at = modRmOfMemory(rm, field);
      rex |= at.rex;
      displacementAt = at.displacementBytes > 0 ? code.length + at.bytes.length - at.displacementBytes : -1;
      code.push(...at.bytes);
    }
  }
  form.operands
    .filter((operand) => immediateBytes(operand, width) > 0)
    .forEach((operand, i) => {
      code.push(...bytesOf(choices.immediates[i] ?? 0n, immediateBytes(operand, width)));
    });
  if (form.operands.some((operand) => operand.startsWith('O'))) {
    code.push(...bytesOf(choices.offset, choices.is32 ? 4 : 8));
  }
  const before = rex === 0 ? prefixes : [...prefixes, rex | 0x40];
  return {
    bytes: Uint8Array.from([...before, ...code]),
    displacementAt: displacementAt < 0 ? -1 : displacementAt + before.length,
  };
}

function modRmOfMemory(
  operand: MemoryOperand,
  field: number,
): { bytes: number[]; rex: number; displacementBytes: number } {
  const { base, index, scale, displacement } = operand;
  const displacementBytes = base === 'ip' || base === -1 ? 4 : operand.displacementBytes;
  const tail = Array.from(bytesOf(BigInt(displacement), displacementBytes));
  if (base === 'ip') return { bytes: [field | 5, ...tail], rex: 0, displacementBytes };
  let rex = index > 7 ? 0x42 : 0;
  if (base > 7) rex |= 0x41;
  const mod = base === -1 || displacementBytes === 0 ? 0 : displacementBytes === 1 ? 0x40 : 0x80;
  if (index === -1 && base !== -1 && (base & 7) !== 4) {
    return { bytes: [mod | field | (base & 7), ...tail], rex, displacementBytes };
  }
  const sib = (scale << 6) | ((index === -1 ? 4 : index & 7) << 3) | (base === -1 ? 5 : base & 7);
  return { bytes: [mod | field | 4, sib, ...tail], rex, displacementBytes };
}
