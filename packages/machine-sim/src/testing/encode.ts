import type { InstructionForm, OperandForm } from '../cpu/instruction-form.js';
import type { Width } from '../cpu/ir.js';

// An assembler for rows of the table: written from the manual (SDM vol. 2, 2.1 and 2.2), not from the decoder.

/** A memory operand. */
export interface MemoryChoice {
  /** Register numbers 0 to 15; none where not given. */
  readonly base?: number;
  /** Not 4: RSP is no index. */
  readonly index?: number;
  readonly scale: 1 | 2 | 4 | 8;
  /** 32 bits with sign; 64 bits for operands of the letter O. From the end of the instruction where {@link ripRelative}. */
  readonly displacement: number;
  readonly ripRelative?: boolean;
  /** 32 bits of displacement where 8 or none would do. */
  readonly wideDisplacement?: boolean;
}

/** How the operands of a row are to be. */
export interface EncodingChoice {
  readonly width: Width;
  /** For rows with a condition. */
  readonly condition?: number;
  /**
   * One number for each operand of the letters E (without memory), R, G, Z and S, in their order. Of 8 bits 4 to 7 are SPL,
   * BPL, SIL and DIL; 16 to 19 are AH, CH, DH and BH.
   */
  readonly registers: readonly number[];
  readonly memory?: MemoryChoice;
  /** Cut to the size that the row has. */
  readonly immediate?: bigint;
  /** The second one of ENTER. */
  readonly secondImmediate?: bigint;
  readonly lock?: boolean;
  readonly repeat?: 0xf2 | 0xf3;
  readonly segment?: 'fs' | 'gs';
  /** Prefix 67. */
  readonly address32?: boolean;
}

const littleEndian = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, number) => Number(BigInt.asUintN(8, value >> BigInt(8 * number))));

const immediateBytes = (operand: OperandForm, width: Width): number => {
  switch (operand) {
    case 'Ib':
    case 'IbSigned':
    case 'Jb':
      return 1;
    case 'Iw':
      return 2;
    case 'Jz':
      return 4;
    case 'Iz':
      return width === 16 ? 2 : 4;
    case 'Iv':
      return width / 8;
    default:
      return 0;
  }
};

/** Whether an operand has 8 bits. */
const isByte = (operand: OperandForm): boolean => operand.length === 2 && operand.endsWith('b');

/** ModRM (its `reg` zero), SIB and displacement of memory, with the bits that REX adds. */
function encodeMemory(memory: MemoryChoice): { readonly bytes: number[]; readonly rex: number } {
  const { base, index, displacement } = memory;
  const four = littleEndian(BigInt(displacement), 4);
  if (memory.ripRelative === true) return { bytes: [0x05, ...four], rex: 0 };
  const scale = Math.log2(memory.scale) << 6;
  const rex = ((base ?? 0) >> 3) | (((index ?? 0) >> 3) << 1);
  const indexBits = ((index ?? 4) & 7) << 3;
  if (base === undefined) return { bytes: [0x04, scale | indexBits | 5, ...four], rex };
  const needsSib = index !== undefined || (base & 7) === 4;
  const sib = needsSib ? [scale | indexBits | (base & 7)] : [];
  const rm = needsSib ? 4 : base & 7;
  if (displacement === 0 && (base & 7) !== 5 && memory.wideDisplacement !== true) return { bytes: [rm, ...sib], rex };
  if (displacement >= -128 && displacement <= 127 && memory.wideDisplacement !== true) {
    return { bytes: [0x40 | rm, ...sib, displacement & 0xff], rex };
  }
  return { bytes: [0x80 | rm, ...sib, ...four], rex };
}

/**
 * The bytes of an instruction.
 *
 * @param form - a row of `instructionForms`
 * @param choice - what the row leaves open
 * @returns a new array, or `null` where the row has no such encoding
 * @example
 * ```ts
 * import { encode, instructionForms } from '@synos/machine-sim/testing';
 *
 * const add = instructionForms.find(({ mnemonic, opcode }) => mnemonic === 'add' && opcode === 1);
 * if (add) encode(add, { width: 64, registers: [0, 3] }); // 48 01 d8: add rax, rbx
 * ```
 */
export function encode(form: InstructionForm, choice: EncodingChoice): Uint8Array<ArrayBuffer> | null {
  const { width, memory } = choice;
  if (!form.widths.includes(width)) return null;
  if (memory?.index === 4) return null;
  if (choice.lock === true && !(form.canLock && memory !== undefined)) return null;

  let rex = 0;
  let needsRex = false;
  let forbidsRex = false;
  let modRm = form.extension >= 0 ? form.extension << 3 : 0;
  let hasModRm = form.extension >= 0;
  let opcode = form.opcode + (form.hasCondition ? (choice.condition ?? 0) : 0);
  let place: number[] = [0xc0];
  const tail: number[] = [];
  let hasPlace = form.extension >= 0 && form.operands.length === 0;
  let used = 0;
  const nextRegister = (operand: OperandForm): number => {
    const number = choice.registers[used++] ?? 0;
    if (!isByte(operand)) return number & 15;
    if (number >= 16) {
      forbidsRex = true;
      return number - 16 + 4;
    }
    if (number >= 4 && number <= 7) needsRex = true;
    return number;
  };

  for (const operand of form.operands) {
    const letter = operand.charAt(0);
    if (letter === 'E' || letter === 'M' || letter === 'R') {
      hasModRm = true;
      hasPlace = letter !== 'R';
      if (memory !== undefined && letter !== 'R') {
        const encoded = encodeMemory(memory);
        place = encoded.bytes;
        rex |= encoded.rex;
      } else if (letter === 'M') return null;
      else {
        const number = nextRegister(operand);
        place = [0xc0 | (number & 7)];
        rex |= number >> 3;
      }
    } else if (letter === 'G' || letter === 'S') {
      hasModRm = true;
      const number = nextRegister(operand);
      if (letter === 'S' && number > 5) return null;
      modRm |= (number & 7) << 3;
      rex |= (number >> 3) << 2;
    } else if (letter === 'Z') {
      const number = nextRegister(operand);
      opcode |= number & 7;
      rex |= number >> 3;
    } else if (letter === 'O') {
      if (memory === undefined) return null;
      hasPlace = true;
      tail.push(...littleEndian(BigInt(memory.displacement), choice.address32 === true ? 4 : 8));
    } else {
      const isSecond = form.operands[0] === 'Iw' && operand === 'Ib';
      const value = (isSecond ? choice.secondImmediate : choice.immediate) ?? 0n;
      tail.push(...littleEndian(value, immediateBytes(operand, width)));
    }
  }
  // Memory was asked for, and the row has none.
  if (memory !== undefined && !hasPlace) return null;

  const widthIsDefault = form.widths.length === 1 || width === 32 || (width === 64 && !form.widths.includes(32));
  if (width === 64 && !widthIsDefault) rex |= 8;
  if (rex !== 0) needsRex = true;
  if (needsRex && forbidsRex) return null;
  const bytes: number[] = [];
  if (choice.segment !== undefined) bytes.push(choice.segment === 'fs' ? 0x64 : 0x65);
  if (choice.address32 === true) bytes.push(0x67);
  if (width === 16 && !widthIsDefault) bytes.push(0x66);
  if (choice.lock === true) bytes.push(0xf0);
  if (choice.repeat !== undefined) bytes.push(choice.repeat);
  if (form.prefix !== 0) bytes.push(form.prefix);
  if (needsRex) bytes.push(0x40 | rex);
  if (form.map !== 0) bytes.push(0x0f);
  bytes.push(opcode);
  if (hasModRm) {
    place[0] = (place[0] as number) | modRm;
    bytes.push(...place);
  }
  bytes.push(...tail);
  return Uint8Array.from(bytes);
}
