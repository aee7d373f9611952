import { isCanonical } from '@synos/interfaces';
import { rflag } from '@synos/trap';
import { highHalf } from '../decode/effective-address.js';
import { type Condition, type FlagMask, type Immediate, type Register, type Step, slot } from '../ir.js';
import {
  type Meaning,
  type Meanings,
  memoryOf,
  moveStack,
  onStack,
  register,
  registerOf,
  temporary,
} from './operands.js';
import { raise } from './raise.js';

const address = (value: number): Immediate => ({ kind: 'immediate', low: value | 0, high: highHalf(value) });

/** Where an indirect branch goes: the register, or what memory holds. */
function targetOf(instruction: Parameters<Meaning>[0], steps: Step[]): Register {
  const found = registerOf(instruction, 0);
  if (found !== null) return found;
  steps.push({ op: 'load', width: 64, to: temporary(0), address: memoryOf(instruction), forWrite: false });
  return temporary(0);
}

const isRelative = (instruction: Parameters<Meaning>[0]): boolean => instruction.form.operands[0] !== 'Ev';

const jump: Meaning = (instruction, steps) => {
  if (isRelative(instruction)) steps.push({ op: 'jump', target: instruction.target });
  else steps.push({ op: 'jump-to', from: targetOf(instruction, steps), pops: 0 });
};

const call: Meaning = (instruction, steps) => {
  const { next, target } = instruction;
  const save: Step = { op: 'store', width: 64, address: onStack(-8), from: address(next) };
  if (!isRelative(instruction)) {
    const from = targetOf(instruction, steps);
    steps.push({ op: 'check-canonical', from }, save, { op: 'jump-to', from, pops: -8 });
  } else if (isCanonical(target)) steps.push(save, moveStack(-8), { op: 'jump', target });
  else steps.push(raise.generalProtection);
};

const ret: Meaning = ({ low: bytes }, steps) => {
  steps.push({ op: 'load', width: 64, to: temporary(0), address: onStack(0), forWrite: false });
  steps.push({ op: 'jump-to', from: temporary(0), pops: 8 + bytes });
};

const jumpIf: Meaning = ({ condition, target, next }, steps) => {
  steps.push({ op: 'jump-if', condition, target, next });
};

const rcx = register(slot.rcx);

const loop =
  (condition: Condition | -1): Meaning =>
  ({ hasAddressSize, target, next }, steps) => {
    const width = hasAddressSize ? 32 : 64;
    const right: Immediate = { kind: 'immediate', low: 1, high: 0 };
    steps.push(
      { op: 'binary', what: 'sub', width, to: rcx, left: rcx, right, flags: 0 },
      { op: 'jump-if-zero', slot: slot.rcx, width, isZero: false, condition, target, next },
    );
  };

const jumpIfCountIsZero: Meaning = ({ hasAddressSize, target, next }, steps) => {
  const width = hasAddressSize ? 32 : 64;
  steps.push({ op: 'jump-if-zero', slot: slot.rcx, width, isZero: true, condition: -1, target, next });
};

const changeFlag =
  (flag: FlagMask, to: 'clear' | 'set' | 'complement'): Meaning =>
  (_, steps) => {
    steps.push({ op: 'change-flag', flag, to });
  };

const one =
  (step: Step): Meaning =>
  (_, steps) => {
    steps.push(step);
  };

/** A load of one byte, for the faults that it has: CLFLUSH (SDM vol. 2). */
const touch: Meaning = (instruction, steps) => {
  steps.push({ op: 'load', width: 8, to: temporary(0), address: memoryOf(instruction), forWrite: false });
};

/** Hints are not taken. */
const nothing: Meaning = () => {};

/** Memory is in order as it is. With prefixes these are other instructions, which are not there. */
const fence: Meaning = ({ repeat, hasOperandSize }, steps) => {
  if (repeat !== 0 || hasOperandSize) steps.push(raise.invalidOpcode);
};

/** ModRM.rm belongs to the opcode: what is behind SWAPGS (RDTSCP and others) is not there. */
const swapgs: Meaning = ({ rm }, steps) => {
  steps.push((rm & 7) === 0 ? raise.generalProtection : raise.invalidOpcode);
};

/** Branches, single flags, traps, and what does nothing (SDM vol. 1, 7.3.8, 7.3.13). */
export const control: Meanings = {
  jmp: jump,
  j: jumpIf,
  call,
  ret,
  loop: loop(-1),
  loope: loop(4),
  loopne: loop(5),
  jrcxz: jumpIfCountIsZero,
  clc: changeFlag(rflag.carry, 'clear'),
  stc: changeFlag(rflag.carry, 'set'),
  cmc: changeFlag(rflag.carry, 'complement'),
  cld: changeFlag(rflag.direction, 'clear'),
  std: changeFlag(rflag.direction, 'set'),
  int: ({ low: vector }, steps) => steps.push({ op: 'interrupt', vector, isTrap: false }),
  int3: one({ op: 'interrupt', vector: 3, isTrap: false }),
  int1: one({ op: 'interrupt', vector: 1, isTrap: true }),
  ud0: one(raise.invalidOpcode),
  ud1: one(raise.invalidOpcode),
  ud2: one(raise.invalidOpcode),
  syscall: one({ op: 'syscall' }),
  cpuid: one({ op: 'cpuid' }),
  rdtsc: one({ op: 'read-tsc' }),
  clflush: touch,
  nop: nothing,
  prefetchw: nothing,
  lfence: fence,
  mfence: fence,
  sfence: fence,
  swapgs,
};
