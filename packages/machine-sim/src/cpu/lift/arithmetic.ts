import { flag, flagSet } from '../decode/flag-names.js';
import { type FlagMask, type Step, slot } from '../ir.js';
import {
  certainRegister,
  highRegister,
  type Meaning,
  type Meanings,
  memoryOf,
  modify,
  operandWidth,
  read,
  register,
  registerOf,
  temporary,
} from './operands.js';

type Binary = Extract<Step, { op: 'binary' }>['what'];
type Unary = Extract<Step, { op: 'unary' }>['what'];
type Shift = Extract<Step, { op: 'shift' }>['what'];

const rax = register(slot.rax);
const rdx = register(slot.rdx);

const binary =
  (what: Binary): Meaning =>
  (instruction, steps) => {
    const right = read(instruction, 1, steps, temporary(1));
    const width = operandWidth(instruction, 0);
    modify(instruction, 0, steps, (to) => ({ op: 'binary', what, width, to, left: to, right, flags: flagSet.all }));
  };

/** CMP and TEST: the result goes nowhere. */
const comparison =
  (what: Binary): Meaning =>
  (instruction, steps) => {
    const left = read(instruction, 0, steps, temporary(0));
    const right = read(instruction, 1, steps, temporary(1));
    const width = operandWidth(instruction, 0);
    steps.push({ op: 'binary', what, width, to: null, left, right, flags: flagSet.all });
  };

const unary =
  (what: Unary, flags: FlagMask): Meaning =>
  (instruction, steps) => {
    const width = operandWidth(instruction, 0);
    modify(instruction, 0, steps, (to) => ({ op: 'unary', what, width, to, from: to, flags }));
  };

const shift =
  (what: Shift, flags: FlagMask): Meaning =>
  (instruction, steps) => {
    const width = operandWidth(instruction, 0);
    const count = read(instruction, 1, steps, temporary(1));
    modify(instruction, 0, steps, (to) => ({ op: 'shift', what, width, to, from: to, count, flags }));
  };

const doubleShift =
  (what: 'shld' | 'shrd'): Meaning =>
  (instruction, steps) => {
    const { width } = instruction;
    const fill = certainRegister(instruction, 1);
    const count = read(instruction, 2, steps, temporary(1));
    const flags = flagSet.allButAdjust;
    modify(instruction, 0, steps, (to) => ({ op: 'double-shift', what, width, to, from: to, fill, count, flags }));
  };

/** The accumulator times something, into twice the width: AX, or RDX and RAX. */
const wideMultiplication =
  (isSigned: boolean): Meaning =>
  (instruction, steps) => {
    const width = operandWidth(instruction, 0);
    const right = read(instruction, 0, steps, temporary(0));
    const high = width === 8 ? highRegister(slot.rax) : rdx;
    const flags = flagSet.carryAndOverflow;
    steps.push({ op: 'multiply', isSigned, width, low: rax, high, left: rax, right, flags });
  };

const signedMultiplication: Meaning = (instruction, steps) => {
  if (instruction.form.operands.length === 1) {
    wideMultiplication(true)(instruction, steps);
    return;
  }
  const { width } = instruction;
  const low = certainRegister(instruction, 0);
  const factor = read(instruction, 1, steps, temporary(0));
  const hasThree = instruction.form.operands.length === 3;
  const left = hasThree ? factor : low;
  const right = hasThree ? read(instruction, 2, steps, temporary(1)) : factor;
  const flags = flagSet.carryAndOverflow;
  steps.push({ op: 'multiply', isSigned: true, width, low, high: null, left, right, flags });
};

const division =
  (isSigned: boolean): Meaning =>
  (instruction, steps) => {
    const width = operandWidth(instruction, 0);
    const divisor = read(instruction, 0, steps, temporary(0));
    const high = width === 8 ? highRegister(slot.rax) : rdx;
    steps.push({ op: 'divide', isSigned, width, quotient: rax, remainder: high, high, low: rax, divisor });
  };

const exchangeAndAdd: Meaning = (instruction, steps) => {
  const width = operandWidth(instruction, 0);
  const other = certainRegister(instruction, 1);
  const sum = temporary(1);
  const place = registerOf(instruction, 0);
  if (place !== null) {
    steps.push(
      { op: 'binary', what: 'add', width, to: sum, left: place, right: other, flags: flagSet.all },
      { op: 'move', width, to: other, from: place },
      { op: 'move', width, to: place, from: sum },
    );
    return;
  }
  const old = temporary(0);
  steps.push(
    { op: 'load', width, to: old, address: memoryOf(instruction), forWrite: true },
    { op: 'binary', what: 'add', width, to: sum, left: old, right: other, flags: flagSet.all },
    { op: 'store', width, address: memoryOf(instruction), from: sum },
    { op: 'move', width, to: other, from: old },
  );
};

/** What computes (SDM vol. 1, 7.3.2, 7.3.5, 7.3.6). */
export const arithmetic: Meanings = {
  add: binary('add'),
  sub: binary('sub'),
  adc: binary('adc'),
  sbb: binary('sbb'),
  and: binary('and'),
  or: binary('or'),
  xor: binary('xor'),
  cmp: comparison('sub'),
  test: comparison('and'),
  inc: unary('inc', flagSet.allButCarry),
  dec: unary('dec', flagSet.allButCarry),
  neg: unary('neg', flagSet.all),
  not: unary('not', 0),
  shl: shift('shl', flagSet.allButAdjust),
  shr: shift('shr', flagSet.allButAdjust),
  sar: shift('sar', flagSet.allButAdjust),
  rol: shift('rol', flag.c | flag.o),
  ror: shift('ror', flag.c | flag.o),
  rcl: shift('rcl', flag.c | flag.o),
  rcr: shift('rcr', flag.c | flag.o),
  shld: doubleShift('shld'),
  shrd: doubleShift('shrd'),
  mul: wideMultiplication(false),
  imul: signedMultiplication,
  div: division(false),
  idiv: division(true),
  xadd: exchangeAndAdd,
};
