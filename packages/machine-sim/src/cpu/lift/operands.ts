import { assert } from '@synos/interfaces';
import type { Instruction } from '../decode/decode.js';
import type { OperandForm } from '../instruction-form.js';
import {
  type Address,
  type Immediate,
  type Operand,
  type Register,
  SLOTS,
  type Step,
  slot,
  type Width,
} from '../ir.js';

/** What an instruction does, as steps that are added to a list. */
export type Meaning = (instruction: Instruction, steps: Step[]) => void;

/** Meanings by mnemonic. */
export type Meanings = Readonly<Record<string, Meaning>>;

const wholeRegisters: readonly Register[] = /* @__PURE__ */ Array.from({ length: SLOTS }, (_, number) => ({
  kind: 'register' as const,
  slot: number,
  isHigh: false,
}));
const highRegisters: readonly Register[] = /* @__PURE__ */ Array.from({ length: 4 }, (_, number) => ({
  kind: 'register' as const,
  slot: number,
  isHigh: true,
}));

/** The register of a slot. */
export const register = (number: number): Register => wholeRegisters[number] as Register;

/** AH, CH, DH or BH, of the slot that it is part of. */
export const highRegister = (number: number): Register => highRegisters[number] as Register;

/** The registers that hold nothing between instructions, by number. */
export const temporary = (number: number): Register => register(slot.t0 + number);

/** A constant between -2^31 and 2^31 - 1. */
export const immediate = (low: number): Immediate => ({ kind: 'immediate', low, high: low >> 31 });

/** A place on the stack, `offset` bytes from where RSP points. */
export const onStack = (offset: number, base: number = slot.rsp): Address => ({
  base,
  index: -1,
  scale: 1,
  low: offset,
  high: offset >> 31,
  segment: -1,
  is32: false,
  isStack: true,
});

/** The place `bytes` behind another. */
export function behind(address: Address, bytes: number): Address {
  const low = (address.low >>> 0) + bytes;
  return { ...address, low: low | 0, high: (address.high + (low > 0xffff_ffff ? 1 : 0)) | 0 };
}

/** Adds to RSP and no flag. */
export const moveStack = (by: number): Step => ({
  op: 'binary',
  what: 'add',
  width: 64,
  to: register(slot.rsp),
  left: register(slot.rsp),
  right: immediate(by),
  flags: 0,
});

/** The form of an operand that is there. */
export function operandForm(instruction: Instruction, number: number): OperandForm {
  const form = instruction.form.operands[number];
  assert(form !== undefined, 'an operand that the row has not');
  return form;
}

/** How wide an operand is. */
export function operandWidth(instruction: Instruction, number: number): Width {
  switch (operandForm(instruction, number).slice(1)) {
    case 'b':
    case 'L':
      return 8;
    case 'w':
      return 16;
    case 'd':
      return 32;
    case 'q':
      return 64;
    default:
      return instruction.width;
  }
}

/** Register 4 to 7 of 8 bits without REX is AH, CH, DH, BH; with any REX it is SPL, BPL, SIL, DIL. */
function numbered(instruction: Instruction, number: number, width: Width): Register {
  return width === 8 && instruction.rex === 0 && number >= 4 ? highRegister(number - 4) : register(number);
}

/** The register that an operand is, or `null` where it is memory or a constant. */
export function registerOf(instruction: Instruction, number: number): Register | null {
  const form = operandForm(instruction, number);
  const width = operandWidth(instruction, number);
  switch (form.charAt(0)) {
    case 'G':
      return numbered(instruction, instruction.reg, width);
    case 'Z':
      return numbered(instruction, instruction.inOpcode, width);
    case 'E':
      return instruction.address === null ? numbered(instruction, instruction.rm, width) : null;
    case 'A':
    case 'r':
      return register(slot.rax);
    case 'C':
      return register(slot.rcx);
    default:
      return null;
  }
}

/** The register that an operand always is. */
export function certainRegister(instruction: Instruction, number: number): Register {
  const found = registerOf(instruction, number);
  assert(found !== null, 'the operand is a register');
  return found;
}

/** The memory that the instruction has. */
export function memoryOf(instruction: Instruction): Address {
  assert(instruction.address !== null, 'the instruction has memory');
  return instruction.address;
}

/** What an operand holds: memory is loaded into `scratch` first. */
export function read(instruction: Instruction, number: number, steps: Step[], scratch: Register): Operand {
  const form = operandForm(instruction, number);
  if (form === 'one') return immediate(1);
  if (form.startsWith('I')) return { kind: 'immediate', low: instruction.low, high: instruction.high };
  const found = registerOf(instruction, number);
  if (found !== null) return found;
  steps.push({
    op: 'load',
    width: operandWidth(instruction, number),
    to: scratch,
    address: memoryOf(instruction),
    forWrite: false,
  });
  return scratch;
}

/** Puts something into an operand. */
export function write(instruction: Instruction, number: number, steps: Step[], from: Operand): void {
  const width = operandWidth(instruction, number);
  const to = registerOf(instruction, number);
  if (to !== null) steps.push({ op: 'move', width, to, from });
  else steps.push({ op: 'store', width, address: memoryOf(instruction), from });
}

/** Reads an operand, lets `change` compute from it, and writes it back. Of memory, `t0` is what it is changed in. */
export function modify(
  instruction: Instruction,
  number: number,
  steps: Step[],
  change: (place: Register) => Step,
): void {
  modifyAt(registerOf(instruction, number) ?? memoryOf(instruction), operandWidth(instruction, number), steps, change);
}

/** The same with a place that is known already. */
export function modifyAt(
  place: Register | Address,
  width: Width,
  steps: Step[],
  change: (place: Register) => Step,
): void {
  if ('kind' in place) {
    steps.push(change(place));
    return;
  }
  const scratch = temporary(0);
  steps.push({ op: 'load', width, to: scratch, address: place, forWrite: true });
  steps.push(change(scratch));
  steps.push({ op: 'store', width, address: place, from: scratch });
}
