import { type Address, type Operand, type Register, SLOTS, type Step, slot, type Width } from '../../src/cpu/ir.js';
import type { ReferenceMemory } from './memory.js';
import * as rules from './number-rules.js';
import { cut, signed } from './number-rules.js';

// Carries out steps in the plainest way, with BigInt registers: what engines are compared with. It checks nothing that
// it does not need, and is slow.

/** A CPU in ring 3. */
export interface ReferenceState {
  /** Unsigned, by slot. */
  readonly registers: bigint[];
  /** RFLAGS. */
  flags: number;
  /** Bits of {@link flags} that the manual leaves undefined at this moment; steps keep it up to date. */
  undefinedFlags: number;
  /** A result was stored that the manual leaves undefined (SHLD and SHRD by more than the width). */
  isUndefined: boolean;
  readonly memory: ReferenceMemory;
  /** What RDTSC reads. */
  tsc: bigint;
  /** What CPUID answers for EAX and ECX: EAX, EBX, ECX, EDX. */
  readonly cpuid: (leaf: number, subleaf: number) => readonly [number, number, number, number];
}

/** What comes after the steps. */
export type Outcome =
  | { readonly kind: 'next' }
  | { readonly kind: 'jump'; readonly target: bigint }
  | {
      readonly kind: 'exception';
      readonly vector: number;
      readonly errorCode: number | null;
      readonly cr2: bigint | null;
    }
  | { readonly kind: 'interrupt'; readonly vector: number; readonly isTrap: boolean }
  | { readonly kind: 'syscall' };

type Exception = Extract<Outcome, { kind: 'exception' }>;

/** A state with registers of zero and the flags of a program that starts. */
export function createReferenceState(memory: ReferenceMemory): ReferenceState {
  return {
    registers: Array.from({ length: SLOTS }, () => 0n),
    flags: 0x202,
    undefinedFlags: 0,
    isUndefined: false,
    memory,
    tsc: 0n,
    cpuid: () => [0, 0, 0, 0],
  };
}

const exception = (vector: number, errorCode: number | null, cr2: bigint | null = null): Exception => ({
  kind: 'exception',
  vector,
  errorCode,
  cr2,
});

const isCanonical = (address: bigint): boolean => signed(address, 48) === signed(address, 64);

const halves = (value: { readonly low: number; readonly high: number }): bigint =>
  cut((BigInt(value.high) << 32n) | BigInt(value.low >>> 0), 64);

/** Reads a register or a constant in a width. */
export function readOperand(state: ReferenceState, operand: Operand, width: Width): bigint {
  if (operand.kind === 'immediate') return cut(halves(operand), width);
  const whole = state.registers[operand.slot] as bigint;
  return cut(operand.isHigh ? whole >> 8n : whole, width);
}

/** Writes a register: 32 bits clear the upper half, 8 and 16 leave the rest alone. */
export function writeRegister(state: ReferenceState, to: Register, width: Width, value: bigint): void {
  const old = state.registers[to.slot] as bigint;
  const at = to.isHigh ? 8n : 0n;
  const part = cut(value, width);
  state.registers[to.slot] = width >= 32 ? part : (old & ~(((1n << BigInt(width)) - 1n) << at)) | (part << at);
}

function effectiveAddress(state: ReferenceState, address: Address): bigint {
  const of = (number: number): bigint => (number < 0 ? 0n : (state.registers[number] as bigint));
  const sum = of(address.base) + of(address.index) * BigInt(address.scale) + halves(address);
  return cut(cut(sum, address.is32 ? 32 : 64) + of(address.segment), 64);
}

/** The fault of an access, or `null`. */
function faultOf(
  state: ReferenceState,
  at: bigint,
  bytes: number,
  isWrite: boolean,
  isStack: boolean,
): Exception | null {
  const all = Array.from({ length: bytes }, (_, number) => cut(at + BigInt(number), 64));
  if (!all.every(isCanonical)) return exception(isStack ? 12 : 13, 0);
  for (const address of all) {
    const errorCode = state.memory.pageFault(address, isWrite);
    if (errorCode !== null) return exception(14, errorCode, address);
  }
  return null;
}

function readMemory(state: ReferenceState, at: bigint, bytes: number): bigint {
  let value = 0n;
  for (let number = bytes - 1; number >= 0; number--) {
    value = (value << 8n) | BigInt(state.memory.readByte(cut(at + BigInt(number), 64)));
  }
  return value;
}

function writeMemory(state: ReferenceState, at: bigint, bytes: number, value: bigint): void {
  for (let number = 0; number < bytes; number++) {
    state.memory.writeByte(cut(at + BigInt(number), 64), Number((value >> BigInt(8 * number)) & 0xffn));
  }
}

function writeFlags(state: ReferenceState, result: rules.Result, mask: number): void {
  state.flags = (state.flags & ~mask) | (result.flags & mask);
  // What a step leaves alone that its instruction leaves undefined is undefined all the same, but only the table of
  // instructions knows that.
  state.undefinedFlags = (state.undefinedFlags & ~mask) | (result.undefinedFlags & mask);
}

type StringStep = Extract<Step, { op: 'string' }>;

/** One element of a string instruction. */
function stringElement(state: ReferenceState, step: StringStep): Exception | null {
  const { what, width } = step;
  const bytes = width / 8;
  const wide: Width = step.is32 ? 32 : 64;
  const rax = register(slot.rax);
  const rsi = register(slot.rsi);
  const rdi = register(slot.rdi);
  const base = step.segment < 0 ? 0n : (state.registers[step.segment] as bigint);
  const source = cut(readOperand(state, rsi, wide) + base, 64);
  const target = readOperand(state, rdi, wide);
  const hasSource = what === 'movs' || what === 'lods' || what === 'cmps';
  const hasTarget = what !== 'lods';
  const stores = what === 'movs' || what === 'stos';
  const fault =
    (hasSource ? faultOf(state, source, bytes, false, false) : null) ??
    (hasTarget ? faultOf(state, target, bytes, stores, false) : null);
  if (fault !== null) return fault;
  const value = hasSource ? readMemory(state, source, bytes) : readOperand(state, rax, width);
  if (stores) writeMemory(state, target, bytes, value);
  else if (what === 'lods') writeRegister(state, rax, width, value);
  else writeFlags(state, rules.binary('sub', value, readMemory(state, target, bytes), width, 0), 0x8d5);
  const step64 = BigInt((state.flags & 0x400) === 0 ? bytes : -bytes);
  if (hasSource) writeRegister(state, rsi, wide, readOperand(state, rsi, wide) + step64);
  if (hasTarget) writeRegister(state, rdi, wide, readOperand(state, rdi, wide) + step64);
  return null;
}

function string(state: ReferenceState, step: StringStep): Exception | null {
  if (step.repeat === 'none') return stringElement(state, step);
  const rcx = register(slot.rcx);
  const wide: Width = step.is32 ? 32 : 64;
  while (readOperand(state, rcx, wide) !== 0n) {
    const fault = stringElement(state, step);
    if (fault !== null) return fault;
    writeRegister(state, rcx, wide, readOperand(state, rcx, wide) - 1n);
    const isEqual = (state.flags & rules.ZF) !== 0;
    if ((step.repeat === 'repe' && !isEqual) || (step.repeat === 'repne' && isEqual)) break;
  }
  return null;
}

const register = (number: number): Register => ({ kind: 'register', slot: number, isHigh: false });

const jump = (target: bigint): Outcome => (isCanonical(cut(target, 64)) ? { kind: 'jump', target } : exception(13, 0));

/** Carries out one step. `next`: go on with the step behind it. */
function carryOut(state: ReferenceState, step: Step): Outcome {
  const next: Outcome = { kind: 'next' };
  const read = (operand: Operand, width: Width): bigint => readOperand(state, operand, width);
  const write = (to: Register, width: Width, value: bigint): void => writeRegister(state, to, width, value);
  switch (step.op) {
    case 'move':
      write(step.to, step.width, read(step.from, step.width));
      return next;
    case 'extend': {
      const from = read(step.from, step.fromWidth);
      write(step.to, step.width, step.isSigned ? signed(from, step.fromWidth) : from);
      return next;
    }
    case 'binary': {
      const { what, width } = step;
      const result = rules.binary(what, read(step.left, width), read(step.right, width), width, state.flags);
      if (step.to !== null) write(step.to, width, result.value);
      writeFlags(state, result, step.flags);
      return next;
    }
    case 'unary': {
      const result = rules.unary(step.what, read(step.from, step.width), step.width);
      write(step.to, step.width, result.value);
      writeFlags(state, result, step.flags);
      return next;
    }
    case 'shift': {
      const { what, width } = step;
      const { value, result } = rules.shift(what, read(step.from, width), read(step.count, 8), width, state.flags);
      write(step.to, width, value);
      if (result !== null) writeFlags(state, result, step.flags);
      return next;
    }
    case 'double-shift': {
      const { what, width } = step;
      const from = read(step.from, width);
      const result = rules.doubleShift(what, from, read(step.fill, width), read(step.count, 8), width);
      write(step.to, width, result?.value ?? from);
      if (result === null) return next;
      writeFlags(state, result, step.flags);
      if (!result.isDefined) state.isUndefined = true;
      return next;
    }
    case 'multiply': {
      const { width } = step;
      const result = rules.multiply(step.isSigned, read(step.left, width), read(step.right, width), width);
      write(step.low, width, result.value);
      if (step.high !== null) write(step.high, width, result.high);
      writeFlags(state, result, step.flags);
      return next;
    }
    case 'divide': {
      const { width } = step;
      const [high, low, by] = [read(step.high, width), read(step.low, width), read(step.divisor, width)];
      const result = rules.divide(step.isSigned, high, low, by, width);
      if (result === null) return exception(0, null);
      write(step.quotient, width, result.quotient);
      write(step.remainder, width, result.remainder);
      state.undefinedFlags |= 0x8d5;
      return next;
    }
    case 'bit-test': {
      const { width, what } = step;
      const from = read(step.from, width);
      const bit = 1n << (read(step.index, width) % BigInt(width));
      const changed = { bt: from, bts: from | bit, btr: from & ~bit, btc: from ^ bit }[what];
      if (step.to !== null) write(step.to, width, changed);
      writeFlags(state, { value: changed, flags: (from & bit) === 0n ? 0 : rules.CF, undefinedFlags: 0 }, step.flags);
      return next;
    }
    case 'scan': {
      const result = rules.scan(step.what, read(step.from, step.width), step.width);
      if (result.value >= 0n) write(step.to, step.width, result.value);
      writeFlags(state, result, step.flags);
      return next;
    }
    case 'swap-bytes': {
      let from = read(step.from, step.width);
      let value = 0n;
      for (let number = 0; number < step.width / 8; number++) {
        value = (value << 8n) | (from & 0xffn);
        from >>= 8n;
      }
      write(step.to, step.width, value);
      return next;
    }
    case 'lea':
      write(step.to, step.width, effectiveAddress(state, { ...step.address, segment: -1 }));
      return next;
    case 'load': {
      const at = effectiveAddress(state, step.address);
      const fault = faultOf(state, at, step.width / 8, step.forWrite, step.address.isStack);
      if (fault !== null) return fault;
      write(step.to, step.width, readMemory(state, at, step.width / 8));
      return next;
    }
    case 'store': {
      const at = effectiveAddress(state, step.address);
      const fault = faultOf(state, at, step.width / 8, true, step.address.isStack);
      if (fault !== null) return fault;
      writeMemory(state, at, step.width / 8, read(step.from, step.width));
      return next;
    }
    case 'check-canonical':
      return isCanonical(read(step.from, 64)) ? next : exception(13, 0);
    case 'check-aligned':
      return effectiveAddress(state, step.address) % 16n === 0n ? next : exception(13, 0);
    case 'load-flags':
      write(step.to, 64, BigInt(state.flags & ~0x3_0000));
      return next;
    case 'store-flags':
      state.flags = (state.flags & ~step.mask) | (Number(read(step.from, 32)) & step.mask);
      state.undefinedFlags &= ~step.mask;
      return next;
    case 'change-flag':
      if (step.to === 'complement') state.flags ^= step.flag;
      else state.flags = step.to === 'set' ? state.flags | step.flag : state.flags & ~step.flag;
      if (step.to !== 'complement') state.undefinedFlags &= ~step.flag;
      return next;
    case 'set-if':
      write(step.to, 8, rules.holds(step.condition, state.flags) ? 1n : 0n);
      return next;
    case 'move-if':
      if (rules.holds(step.condition, state.flags)) write(step.to, step.width, read(step.from, step.width));
      else if (!step.keepsUpper) write(step.to, step.width, read(step.to, step.width));
      return next;
    case 'string':
      return string(state, step) ?? next;
    case 'cpuid': {
      const answer = state.cpuid(Number(read(register(slot.rax), 32)), Number(read(register(slot.rcx), 32)));
      const order = [slot.rax, slot.rbx, slot.rcx, slot.rdx];
      answer.forEach((value, number) => {
        write(register(order[number] as number), 32, BigInt(value >>> 0));
      });
      return next;
    }
    case 'read-tsc':
      write(register(slot.rax), 32, state.tsc);
      write(register(slot.rdx), 32, state.tsc >> 32n);
      return next;
    case 'jump':
      return jump(BigInt(step.target));
    case 'jump-if':
      return jump(BigInt(rules.holds(step.condition, state.flags) ? step.target : step.next));
    case 'jump-if-zero': {
      const isZero = read(register(step.slot), step.width) === 0n;
      const also = step.condition === -1 || rules.holds(step.condition, state.flags);
      return jump(BigInt(isZero === step.isZero && also ? step.target : step.next));
    }
    case 'jump-to': {
      const target = signed(read(step.from, 64), 64);
      const outcome = jump(target);
      const rsp = register(slot.rsp);
      if (outcome.kind === 'jump') write(rsp, 64, read(rsp, 64) + BigInt(step.pops));
      return outcome;
    }
    case 'raise':
      return exception(step.vector, step.errorCode);
    case 'interrupt':
      return { kind: 'interrupt', vector: step.vector, isTrap: step.isTrap };
    case 'syscall':
      return { kind: 'syscall' };
  }
}

/**
 * Carries out the steps of one instruction. Where one faults the rest is left; what was done until then stays done, so
 * that a test can see whether anything had become visible.
 *
 * @returns what follows: `next` is the instruction behind. Targets are signed
 */
export function evaluate(steps: readonly Step[], state: ReferenceState): Outcome {
  for (const step of steps) {
    const outcome = carryOut(state, step);
    if (outcome.kind !== 'next') return outcome;
  }
  return { kind: 'next' };
}
