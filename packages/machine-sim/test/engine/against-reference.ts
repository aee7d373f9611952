import { cpuid } from '../../src/cpu/engine/cpuid.js';
import { flagUse } from '../../src/cpu/engine/flag-use.js';
import { type Lift, STATUS_FLAGS, type Step, slot } from '../../src/cpu/ir.js';
import { createLifter } from '../../src/cpu/lift/lift.js';
import { createReferenceState, evaluate, type Outcome, type ReferenceState } from '../reference/evaluator.js';
import { createReferenceMemory, type ReferenceMemory } from '../reference/memory.js';
import { bigRegisterOf, bit, createTestMachine, setBigRegister, type TestMachine, USER_PAGE } from './test-machine.js';

// A CPU and the reference side by side, over the same bytes.

const PAGE = 4096;
/** Elements of a string instruction that the engine does at a time. */
const STRING_LIMIT = 4096n;
const TSC = 0x1234_5678_9abc;

/** Pages of both, by where they begin: what programs are given to work on. */
export const regions = {
  /** Code, which may write itself. */
  code: { address: 0x40_0000, pages: 2, isWritable: true },
  data: { address: 0x1000_0000, pages: 2, isWritable: true },
  readOnly: { address: 0x1000_2000, pages: 1, isWritable: false },
  /** The last page that 32 bits reach. */
  low: { address: 0xffff_f000, pages: 1, isWritable: true },
  /** The last page below the hole of addresses that are not canonical. */
  last: { address: 0x7fff_ffff_f000, pages: 1, isWritable: true },
  zero: { address: 0, pages: 1, isWritable: true },
} as const;

/** What is put in before it runs. */
export interface Start {
  /** Unsigned, sixteen registers and the two bases. */
  readonly registers: readonly bigint[];
  readonly flags: number;
  readonly code: Uint8Array;
  readonly codeAt: number;
  /** What data pages are filled with. */
  readonly seed: number;
}

/** How it went: what differs, or `null`; or that the manual leaves open what would happen. */
export type Verdict = { readonly kind: 'same' } | { readonly kind: 'undefined' } | { kind: 'different'; what: string };

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Which flags a condition looks at. */
function flagsOf(condition: number): number {
  return [0x800, 0x1, 0x40, 0x41, 0x80, 0x4, 0x880, 0x8c0][condition >> 1]!;
}

/** Status flags that a step looks at. */
function readsOf(step: Step): number {
  switch (step.op) {
    case 'set-if':
    case 'move-if':
    case 'jump-if':
      return flagsOf(step.condition);
    case 'jump-if-zero':
      return step.condition < 0 ? 0 : flagsOf(step.condition);
    case 'load-flags':
      return STATUS_FLAGS;
    case 'binary':
    case 'shift':
    case 'change-flag':
      return flagUse(step).reads;
    default:
      return 0;
  }
}

/** Makes the two. One pair serves for many programs. */
export function createPair(lift: Lift = createLifter()) {
  const machine: TestMachine = createTestMachine({ lift, readTsc: () => TSC });
  const { cpu, ram } = machine;
  const places = new Map<number, number>();
  for (const { address, pages, isWritable } of Object.values(regions)) {
    const place = machine.mapNew(address, pages, isWritable ? USER_PAGE : bit.present | bit.user);
    for (let page = 0; page < pages; page += 1) places.set(address + page * PAGE, place + page * PAGE);
  }
  // One byte that is no instruction.
  const noCode = new Uint8Array(PAGE).fill(0x06);

  let random = 1;
  const noise = Uint8Array.from({ length: PAGE * 2 }, () => {
    random = Math.imul(random, 0x1936_60d) + 0x3c6e_f35f;
    return random >>> 24;
  });

  const fill = (start: Start, memory: ReferenceMemory): void => {
    const pages = memory.pages();
    for (const [address, place] of places) {
      const isCode = address >= regions.code.address && address < regions.code.address + regions.code.pages * PAGE;
      const from = (start.seed ^ (address / PAGE)) & (PAGE - 1);
      const page = isCode ? noCode : noise.subarray(from, from + PAGE);
      machine.store(place, page);
      pages.get(BigInt(address))!.set(page);
    }
    for (const [index, byte] of start.code.entries()) {
      const address = start.codeAt + index;
      const place = places.get(address - (address % PAGE))! + (address % PAGE);
      machine.store(place, [byte]);
      memory.writeByte(BigInt(address), byte);
    }
  };

  /** The instruction at an address as the reference sees it. */
  const fetch = (memory: ReferenceMemory, rip: bigint): { steps: readonly Step[]; byteLength: number } | Outcome => {
    const bytes = new Uint8Array(15);
    const canonical = BigInt.asIntN(48, rip) === rip;
    if (!canonical) return { kind: 'exception', vector: 13, errorCode: 0, cr2: null };
    for (let index = 0; index < 15; index += 1) {
      const address = BigInt.asUintN(64, rip + BigInt(index));
      const there = memory.pageFault(address, false) === null;
      const isFirst = index === 0;
      if (!isFirst && address % BigInt(PAGE) !== 0n) {
        if (there) bytes[index] = memory.readByte(address);
        continue;
      }
      // At the begin and where a page begins.
      const cut = isFirst ? null : lift(bytes, 0, index, Number(rip));
      if (cut !== null) return cut;
      if (BigInt.asIntN(48, rip + BigInt(index)) !== rip + BigInt(index)) {
        return { kind: 'exception', vector: 13, errorCode: 0, cr2: null };
      }
      if (!there) return { kind: 'exception', vector: 14, errorCode: 0x14, cr2: address };
      bytes[index] = memory.readByte(address);
    }
    return lift(bytes, 0, 15, Number(rip))!;
  };

  /** A repeated string instruction, no more elements than the engine does: whether it stays where it is. */
  const evaluateInParts = (steps: readonly Step[], state: ReferenceState): { outcome: Outcome; isAgain: boolean } => {
    const [step] = steps;
    if (step?.op !== 'string' || step.repeat === 'none') return { outcome: evaluate(steps, state), isAgain: false };
    const mask = step.is32 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
    const before = state.registers[slot.rcx]!;
    if ((before & mask) <= STRING_LIMIT) return { outcome: evaluate(steps, state), isAgain: false };
    state.registers[slot.rcx] = STRING_LIMIT;
    const outcome = evaluate(steps, state);
    const left = state.registers[slot.rcx]!;
    // A first element that faults leaves RCX alone, its upper half too.
    state.registers[slot.rcx] = left === STRING_LIMIT ? before : ((before & mask) - STRING_LIMIT + left) & mask;
    const isEqual = (state.flags & 0x40) !== 0;
    const isBroken = (step.repeat === 'repe' && !isEqual) || (step.repeat === 'repne' && isEqual);
    return { outcome, isAgain: left === 0n && !isBroken && outcome.kind === 'next' };
  };

  /** Runs both for some instructions or until they leave. */
  const run = (start: Start, instructions: number, budget = 1): Verdict => {
    const memory = createReferenceMemory();
    for (const { address, pages, isWritable } of Object.values(regions))
      memory.map(BigInt(address), pages * PAGE, isWritable);
    fill(start, memory);
    const state = createReferenceState(memory);
    state.tsc = BigInt(TSC);
    Object.assign(state, {
      cpuid: (leaf: number) => {
        const answer = cpuid(leaf);
        return [answer.eax, answer.ebx, answer.ecx, answer.edx];
      },
    });
    for (const [index, value] of start.registers.entries()) {
      const to = index < 16 ? index : slot.fsBase + index - 16;
      state.registers[to] = value;
      setBigRegister(cpu, to, value);
    }
    state.flags = start.flags;
    cpu.rflags = start.flags;
    cpu.rip = start.codeAt;
    cpu.flushAll();

    const before = cpu.instructions;
    let exit = cpu.execute(budget);
    while (exit.kind === 'budget' && cpu.instructions - before < instructions) exit = cpu.execute(budget);
    const done = cpu.instructions - before;

    let rip = BigInt(start.codeAt);
    let left: Outcome = { kind: 'next' };
    for (let count = 0; ; ) {
      if (count === done && exit.kind === 'budget') break;
      const instruction = fetch(memory, rip);
      if ('kind' in instruction) {
        left = instruction;
        if (count !== done) return { kind: 'different', what: `fetch of the ${count}th fails, done ${done}` };
        break;
      }
      if (instruction.steps.some((step) => (readsOf(step) & state.undefinedFlags) !== 0)) return { kind: 'undefined' };
      for (const step of instruction.steps) {
        if (step.op !== 'binary' && step.op !== 'multiply' && step.op !== 'shift' && step.op !== 'double-shift')
          continue;
        state.undefinedFlags |= flagUse(step).writes & ~step.flags;
      }
      const { outcome, isAgain } = evaluateInParts(instruction.steps, state);
      if (state.isUndefined) return { kind: 'undefined' };
      const completes = outcome.kind !== 'exception';
      if (completes) count += 1;
      if (count > done)
        return { kind: 'different', what: `the engine stopped after ${done} at ${cpu.rip.toString(16)}` };
      if (outcome.kind === 'next') rip = isAgain ? rip : rip + BigInt(instruction.byteLength);
      else if (outcome.kind === 'jump') rip = outcome.target;
      else {
        left = outcome;
        if (count !== done)
          return { kind: 'different', what: `${outcome.kind} after ${count}, the engine did ${done}` };
        const isBehind = outcome.kind === 'syscall' || (outcome.kind === 'interrupt' && outcome.isTrap);
        if (isBehind) rip += BigInt(instruction.byteLength);
        break;
      }
      // A single step is another test's.
      if ((state.flags & 0x100) !== 0) return { kind: 'undefined' };
    }
    const different = (what: string): Verdict => ({ kind: 'different', what: `${what} after ${done} instructions` });

    if (BigInt(cpu.rip) !== rip) return different(`rip ${cpu.rip.toString(16)}, not ${rip.toString(16)}`);
    const kind = left.kind === 'next' ? 'budget' : left.kind === 'interrupt' && !left.isTrap ? 'software' : left.kind;
    const expectedKind = kind === 'interrupt' ? 'exception' : kind;
    if (exit.kind !== expectedKind) return different(`exit ${exit.kind} ${exit.vector}, not ${expectedKind}`);
    if (left.kind === 'exception') {
      if (exit.vector !== left.vector) return different(`vector ${exit.vector}, not ${left.vector}`);
      if (exit.errorCode !== (left.errorCode ?? -1)) return different(`error ${exit.errorCode}, not ${left.errorCode}`);
      if (left.cr2 !== null && BigInt.asUintN(64, BigInt(exit.cr2)) !== left.cr2) {
        return different(`cr2 ${exit.cr2.toString(16)}, not ${left.cr2.toString(16)}`);
      }
    }
    for (let register = 0; register < 16; register += 1) {
      const got = bigRegisterOf(cpu, register);
      const wanted = state.registers[register]!;
      if (got !== wanted) return different(`register ${register} ${got.toString(16)}, not ${wanted.toString(16)}`);
    }
    const flags = (cpu.rflags ^ state.flags) & ~state.undefinedFlags;
    if (flags !== 0) return different(`flags ${cpu.rflags.toString(16)}, not ${state.flags.toString(16)}`);
    for (const [address, page] of memory.pages()) {
      const place = places.get(Number(address))!;
      let index = 0;
      while (index < PAGE && ram[place + index] === page[index]) index += 1;
      if (index === PAGE) continue;
      const where = (address + BigInt(index)).toString(16);
      return different(`byte ${where} ${ram[place + index]}, not ${page[index]}`);
    }
    return { kind: 'same' };
  };

  return { machine, run, signed };
}
