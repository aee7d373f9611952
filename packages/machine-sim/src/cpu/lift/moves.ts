import { selectors } from '@synos/interfaces';
import type { Instruction } from '../decode/decode.js';
import { flag, flagSet } from '../decode/flag-names.js';
import { type Address, type Register, type Step, slot, type Width } from '../ir.js';
import {
  behind,
  certainRegister,
  highRegister,
  immediate,
  type Meaning,
  type Meanings,
  memoryOf,
  operandForm,
  operandWidth,
  read,
  register,
  registerOf,
  temporary,
  write,
} from './operands.js';
import { raise } from './raise.js';

const rax = register(slot.rax);
const rbx = register(slot.rbx);
const rcx = register(slot.rcx);
const rdx = register(slot.rdx);

/** Of a condition: equal. Its lowest bit turned over is the opposite. */
const EQUAL = 4;
const NOT_EQUAL = 5;

/** ES, CS, SS, DS, FS, GS: what they hold in ring 3. The data segments other than SS are never loaded. */
const segmentSelectors = [0, selectors.userCode, selectors.userData, 0, 0, 0];

const move: Meaning = (instruction, steps) => {
  if (operandForm(instruction, 1) === 'Sw') {
    const selector = segmentSelectors[instruction.reg & 7];
    if (selector === undefined) steps.push(raise.invalidOpcode);
    // To memory 16 bits go, whatever the width.
    else if (registerOf(instruction, 0) !== null) write(instruction, 0, steps, immediate(selector));
    else steps.push({ op: 'store', width: 16, address: memoryOf(instruction), from: immediate(selector) });
    return;
  }
  if (operandForm(instruction, 0) === 'Sw') {
    const isThere = (instruction.reg & 7) < 6 && (instruction.reg & 7) !== 1;
    if (isThere) read(instruction, 1, steps, temporary(0));
    steps.push(isThere ? raise.generalProtection : raise.invalidOpcode);
    return;
  }
  const to = registerOf(instruction, 0);
  if (to === null) {
    write(instruction, 0, steps, read(instruction, 1, steps, temporary(0)));
    return;
  }
  const from = read(instruction, 1, steps, to);
  // From memory it is there now.
  if (from !== to || registerOf(instruction, 1) !== null) write(instruction, 0, steps, from);
};

const extension =
  (isSigned: boolean): Meaning =>
  (instruction, steps) => {
    const { width } = instruction;
    const to = certainRegister(instruction, 0);
    // MOVSXD to 16 bits reads no more than those.
    const fromWidth = Math.min(operandWidth(instruction, 1), width) as Width;
    let from = registerOf(instruction, 1);
    if (from === null) {
      from = fromWidth === width ? to : temporary(0);
      steps.push({ op: 'load', width: fromWidth, to: from, address: memoryOf(instruction), forWrite: false });
      if (fromWidth === width) return;
    }
    if (fromWidth === width) steps.push({ op: 'move', width, to, from });
    else steps.push({ op: 'extend', isSigned, fromWidth, width, to, from });
  };

const exchange: Meaning = (instruction, steps) => {
  const width = operandWidth(instruction, 0);
  const place = registerOf(instruction, 0);
  const other = certainRegister(instruction, 1);
  const old = temporary(0);
  if (place === null) {
    const address = memoryOf(instruction);
    steps.push({ op: 'load', width, to: old, address, forWrite: true });
    steps.push({ op: 'store', width, address, from: other });
    steps.push({ op: 'move', width, to: other, from: old });
    return;
  }
  // Opcode 90 is NOP: it does not even clear the upper half of RAX.
  if (operandForm(instruction, 0) === 'Zv' && instruction.inOpcode === slot.rax) return;
  steps.push({ op: 'move', width, to: old, from: place });
  steps.push({ op: 'move', width, to: place, from: other });
  steps.push({ op: 'move', width, to: other, from: old });
};

const conditional: Meaning = (instruction, steps) => {
  const { condition, width } = instruction;
  const from = read(instruction, 1, steps, temporary(0));
  steps.push({ op: 'move-if', condition, width, to: certainRegister(instruction, 0), from, keepsUpper: false });
};

const set: Meaning = (instruction, steps) => {
  const to = registerOf(instruction, 0);
  steps.push({ op: 'set-if', condition: instruction.condition, to: to ?? temporary(0) });
  if (to === null) write(instruction, 0, steps, temporary(0));
};

/** Memory is written back where the comparison failed as well; a register that is not written keeps its upper half. */
const compareAndExchange: Meaning = (instruction, steps) => {
  const width = operandWidth(instruction, 0);
  const other = certainRegister(instruction, 1);
  const place = registerOf(instruction, 0);
  const old = place ?? temporary(0);
  const address = instruction.address;
  if (address !== null) steps.push({ op: 'load', width, to: old, address, forWrite: true });
  steps.push({ op: 'binary', what: 'sub', width, to: null, left: rax, right: old, flags: flagSet.all });
  // The accumulator first: it may be the place itself.
  const keep: Step = { op: 'move-if', condition: NOT_EQUAL, width, to: rax, from: old, keepsUpper: true };
  const replace = (to: Register): Step => ({
    op: 'move-if',
    condition: EQUAL,
    width,
    to,
    from: other,
    keepsUpper: true,
  });
  if (address === null) {
    steps.push(keep, replace(old));
    return;
  }
  const stored = temporary(1);
  steps.push(
    { op: 'move', width, to: stored, from: old },
    replace(stored),
    { op: 'store', width, address, from: stored },
    keep,
  );
};

/** CMPXCHG8B and CMPXCHG16B: two halves of the width, lower one first. ZF alone is written. */
const compareAndExchangePair: Meaning = (instruction, steps) => {
  const width = instruction.width === 64 ? 64 : 32;
  const low = memoryOf(instruction);
  const high = behind(low, width / 8);
  const [oldLow, oldHigh, scratch, stored] = [temporary(0), temporary(1), temporary(2), temporary(3)];
  const condition = EQUAL;
  // One access for the checks: aligned, or of eight bytes whose halves may lie in two pages, or beyond what is canonical.
  if (width === 64) steps.push({ op: 'check-aligned', address: low });
  else steps.push({ op: 'load', width: 64, to: scratch, address: low, forWrite: true });
  steps.push(
    { op: 'load', width, to: oldLow, address: low, forWrite: true },
    { op: 'load', width, to: oldHigh, address: high, forWrite: true },
    { op: 'binary', what: 'xor', width, to: scratch, left: oldLow, right: rax, flags: 0 },
    { op: 'binary', what: 'xor', width, to: stored, left: oldHigh, right: rdx, flags: 0 },
    { op: 'binary', what: 'or', width, to: scratch, left: scratch, right: stored, flags: flag.z },
    { op: 'move', width, to: stored, from: oldLow },
    { op: 'move-if', condition, width, to: stored, from: rbx, keepsUpper: true },
    { op: 'store', width, address: low, from: stored },
    { op: 'move', width, to: stored, from: oldHigh },
    { op: 'move-if', condition, width, to: stored, from: rcx, keepsUpper: true },
    { op: 'store', width, address: high, from: stored },
    { op: 'move-if', condition: NOT_EQUAL, width, to: rax, from: oldLow, keepsUpper: true },
    { op: 'move-if', condition: NOT_EQUAL, width, to: rdx, from: oldHigh, keepsUpper: true },
  );
};

const loadAddress: Meaning = (instruction, steps) => {
  const address: Address = { ...memoryOf(instruction), segment: -1 };
  steps.push({ op: 'lea', width: instruction.width, to: certainRegister(instruction, 0), address });
};

/** CBW, CWDE, CDQE. */
const extendAccumulator: Meaning = ({ width }, steps) => {
  const fromWidth = (width / 2) as Width;
  steps.push({ op: 'extend', isSigned: true, fromWidth, width, to: rax, from: rax });
};

/** CWD, CDQ, CQO: the sign of the accumulator in every bit of RDX. */
const spreadSign: Meaning = ({ width }, steps) => {
  steps.push({ op: 'shift', what: 'sar', width, to: rdx, from: rax, count: immediate(width - 1), flags: 0 });
};

const translate: Meaning = (instruction, steps) => {
  const index = temporary(0);
  steps.push({ op: 'extend', isSigned: false, fromWidth: 8, width: 64, to: index, from: rax });
  steps.push({ op: 'load', width: 8, to: rax, address: inTable(instruction, index), forWrite: false });
};

const inTable = (instruction: Instruction, index: Register): Address => ({
  base: slot.rbx,
  index: index.slot,
  scale: 1,
  low: 0,
  high: 0,
  segment: instruction.segment,
  is32: instruction.hasAddressSize,
  isStack: false,
});

const storeFlags: Meaning = (_, steps) => {
  const mask = flag.s | flag.z | flag.a | flag.p | flag.c;
  steps.push({
    op: 'extend',
    isSigned: false,
    fromWidth: 8,
    width: 32,
    to: temporary(0),
    from: highRegister(slot.rax),
  });
  steps.push({ op: 'store-flags', from: temporary(0), mask });
};

const loadFlags: Meaning = (_, steps) => {
  steps.push({ op: 'load-flags', to: temporary(0) });
  steps.push({ op: 'move', width: 8, to: highRegister(slot.rax), from: temporary(0) });
};

/** What moves, exchanges and extends (SDM vol. 1, 7.3.1). */
export const moves: Meanings = {
  mov: move,
  movzx: extension(false),
  movsx: extension(true),
  movsxd: extension(true),
  xchg: exchange,
  cmov: conditional,
  set,
  cmpxchg: compareAndExchange,
  cmpxchg8b: compareAndExchangePair,
  lea: loadAddress,
  cbw: extendAccumulator,
  cwd: spreadSign,
  xlat: translate,
  sahf: storeFlags,
  lahf: loadFlags,
};
