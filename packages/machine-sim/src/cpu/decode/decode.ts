import type { InstructionForm, OperandForm } from '../instruction-form.js';
import type { Address, Width } from '../ir.js';
import { ByteCursor, MAX_INSTRUCTION_BYTES } from './byte-cursor.js';
import { readAddress, readOffset, relativeTo } from './effective-address.js';
import { createOpcodeTable } from './opcode-table.js';
import { type Prefixes, readPrefixes } from './prefixes.js';

/** An instruction taken apart. */
export interface Instruction extends Prefixes {
  readonly kind: 'instruction';
  readonly form: InstructionForm;
  /** Of operands with the letters v and z. */
  readonly width: Width;
  /** Register numbers, with the bits of REX: of ModRM.reg, of ModRM.rm, and of the opcode. 0 where there is none. */
  readonly reg: number;
  readonly rm: number;
  readonly inOpcode: number;
  /** The low four bits of the opcode where they are a condition. */
  readonly condition: number;
  /** The memory operand, or `null`. */
  readonly address: Address | null;
  /** The immediate in int32 halves; of a branch its target. */
  readonly low: number;
  readonly high: number;
  /** The second immediate of ENTER. */
  readonly second: number;
  /** Where a relative branch goes. */
  readonly target: number;
  /** The address behind the instruction. */
  readonly next: number;
  readonly byteLength: number;
}

/** Bytes that are no instruction. */
export interface NoInstruction {
  /** `cut`: it goes on at `end`. `too-long`: #GP(0). `undefined`: #UD. */
  readonly kind: 'cut' | 'too-long' | 'undefined';
  readonly byteLength: number;
}

/** Takes apart the instruction at `at`; its parameters are those of `Lift`. */
export type Decode = (code: Uint8Array, at: number, end: number, rip: number) => Instruction | NoInstruction;

function widthOf(form: InstructionForm, prefixes: Prefixes): Width {
  const { widths } = form;
  if (widths.length === 1) return widths[0] as Width;
  if ((prefixes.rex & 8) !== 0) return 64;
  if (prefixes.hasOperandSize && widths[0] === 16) return 16;
  return widths.includes(32) ? 32 : 64;
}

/** An immediate in halves. */
interface Halves {
  low: number;
  high: number;
}

function readImmediate(cursor: ByteCursor, operand: OperandForm, width: Width, into: Halves): void {
  switch (operand) {
    case 'Ib':
      into.low = cursor.unsigned8();
      break;
    case 'Iw':
      into.low = cursor.unsigned16();
      break;
    case 'IbSigned':
    case 'Jb':
      into.low = cursor.signed8();
      into.high = into.low >> 31;
      break;
    case 'Jz':
      into.low = cursor.signed32();
      into.high = into.low >> 31;
      break;
    case 'Iz':
    case 'Iv':
      into.low = width === 16 ? (cursor.unsigned16() << 16) >> 16 : cursor.signed32();
      into.high = operand === 'Iv' && width === 64 ? cursor.signed32() : into.low >> 31;
      break;
  }
}

/** Makes a decoder from rows. */
export function createDecoder(forms: readonly InstructionForm[]): Decode {
  const table = createOpcodeTable(forms);

  return (code, at, end, rip) => {
    const cursor = new ByteCursor(code, at, Math.min(end, at + MAX_INSTRUCTION_BYTES));
    const no = (kind: NoInstruction['kind']): NoInstruction => ({ kind, byteLength: cursor.at - at });
    const short = (): NoInstruction => no(end - at < MAX_INSTRUCTION_BYTES ? 'cut' : 'too-long');

    const prefixes: Prefixes = {
      hasOperandSize: false,
      hasAddressSize: false,
      hasLock: false,
      repeat: 0,
      segment: -1,
      rex: 0,
    };
    let opcode = readPrefixes(cursor, prefixes);
    if (opcode === 0x0f) opcode = 0x100 | cursor.unsigned8();
    const hasModRm = table.hasModRm(opcode);
    const modRm = hasModRm ? cursor.unsigned8() : 0;
    if (cursor.isShort) return short();
    const form = table.find(opcode, modRm, prefixes);
    if (form === null) return no('undefined');

    const { rex } = prefixes;
    let address: Address | null = null;
    let isRelative = false;
    if (hasModRm && modRm < 0xc0 && form.operands[0] !== 'Rq')
      ({ address, isRelative } = readAddress(cursor, modRm, prefixes));
    const width = widthOf(form, prefixes);
    const immediate: Halves = { low: 0, high: 0 };
    let second = 0;
    for (const operand of form.operands) {
      if (operand === 'Ob' || operand === 'Ov') address = readOffset(cursor, prefixes);
      // ENTER alone has two.
      else if (operand === 'Ib' && form.operands[0] === 'Iw') second = cursor.unsigned8();
      else readImmediate(cursor, operand, width, immediate);
    }
    if (cursor.isShort) return short();
    if (prefixes.hasLock && !(form.canLock && address !== null)) return no('undefined');

    const byteLength = cursor.at - at;
    const next = rip + byteLength;
    // Field by field: spreading one object into another of so many fields takes a hundred times as long.
    return {
      kind: 'instruction',
      hasOperandSize: prefixes.hasOperandSize,
      hasAddressSize: prefixes.hasAddressSize,
      hasLock: prefixes.hasLock,
      repeat: prefixes.repeat,
      segment: prefixes.segment,
      rex,
      form,
      width,
      reg: ((modRm >> 3) & 7) | ((rex & 4) << 1),
      rm: (modRm & 7) | ((rex & 1) << 3),
      inOpcode: (opcode & 7) | ((rex & 1) << 3),
      condition: opcode & 15,
      address: address !== null && isRelative ? relativeTo(next, address) : address,
      low: immediate.low,
      high: immediate.high,
      second,
      target: next + immediate.low,
      next,
      byteLength,
    };
  };
}
