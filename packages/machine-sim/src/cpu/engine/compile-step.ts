import { STATUS_FLAGS, type Step } from '../ir.js';
import type { CodeLines } from '../mmu/code-lines.js';
import type { Mmu } from '../mmu/mmu.js';
import { createBinary } from './binary.js';
import { createBitTest, createScan, swapBytes } from './bits.js';
import { executeCpuid } from './cpuid.js';
import { createDivide } from './divide.js';
import { flagUse } from './flag-use.js';
import { setStatus, statusOf } from './flags.js';
import { createMemorySteps } from './memory-steps.js';
import { createMoves } from './moves.js';
import { createMultiply } from './multiply.js';
import type { Operation, Places } from './operation.js';
import { createDoubleShift, createShift } from './shift.js';
import type { Signal } from './signal.js';
import { at, type EngineState } from './state.js';
import { createStrings } from './strings.js';
import { createUnary } from './unary.js';

/** What steps are made into operations with. */
export interface StepParts {
  readonly state: EngineState;
  readonly places: Places;
  readonly mmu: Mmu;
  readonly signal: Signal;
  readonly code: CodeLines;
  readonly readTsc: () => number;
}

/**
 * Makes an operation, or a few, of a step.
 *
 * @param isLive - somebody reads flags that it writes
 * @param index - the number of its instruction in the block
 */
export type CompileStep = (step: Step, isLive: boolean, index: number, emit: (operation: Operation) => void) => void;

/** An operation that writes all six flags, made one that writes some. */
function masked(operation: Operation | null, mask: number): Operation | null {
  if (operation === null) return null;
  return (r) => {
    const before = statusOf(r);
    operation(r);
    setStatus(r, (before & ~mask) | (statusOf(r) & mask), STATUS_FLAGS);
  };
}

/** Makes it for a CPU. */
export function createCompileStep({ state, places, mmu, signal, code, readTsc }: StepParts): CompileStep {
  const binary = createBinary(state, places);
  const unary = createUnary(state, places);
  const shift = createShift(state, places);
  const doubleShift = createDoubleShift(state, places);
  const multiply = createMultiply(state, places);
  const divide = createDivide(state, places, signal);
  const bitTest = createBitTest(state, places);
  const scan = createScan(state, places);
  const memory = createMemorySteps(state, places, mmu, signal);
  const moves = createMoves(state, places);
  const string = createStrings(state, mmu, code);

  const readCounter =
    (index: number): Operation =>
    (r) => {
      r[at.within] = index;
      const count = readTsc();
      r[at.within] = 0;
      // EDX:EAX (SDM vol. 2, RDTSC).
      r[0] = (count % 2 ** 32) | 0;
      r[1] = 0;
      r[4] = Math.floor(count / 2 ** 32) | 0;
      r[5] = 0;
    };

  /** One that writes flags; `null` where nothing is left of it. */
  const flagWriter = (step: Step, isLive: boolean): Operation | null => {
    switch (step.op) {
      case 'binary':
        return binary(step, isLive);
      case 'unary':
        return unary(step, isLive);
      case 'shift':
        return shift(step, isLive);
      case 'double-shift':
        return doubleShift(step, isLive);
      case 'multiply':
        return multiply(step, isLive);
      default:
        return null;
    }
  };
  /** Flags that it writes by itself. */
  const natural = (step: Step): number => {
    if (step.op === 'unary' && (step.what === 'inc' || step.what === 'dec')) return STATUS_FLAGS & ~1;
    if (step.op === 'shift' && step.what.startsWith('r')) return flagUse(step).writes;
    return STATUS_FLAGS;
  };

  return (step, isLive, index, emit) => {
    switch (step.op) {
      case 'binary':
      case 'unary':
      case 'shift':
      case 'double-shift':
      case 'multiply': {
        const operation = flagWriter(step, isLive);
        const { writes } = flagUse(step);
        const whole = isLive && writes !== natural(step) ? masked(operation, writes) : operation;
        if (whole !== null) emit(whole);
        return;
      }
      case 'move':
        return emit(moves.move(step));
      case 'extend':
        return emit(moves.extend(step));
      case 'lea':
        return emit(moves.lea(step));
      case 'divide':
        return emit(divide(step));
      case 'bit-test':
        return emit(bitTest(step, isLive));
      case 'scan':
        return emit(scan(step, isLive));
      case 'swap-bytes':
        return emit(swapBytes(places, step));
      case 'load':
        return memory.load(step, emit);
      case 'store':
        return memory.store(step, emit);
      case 'check-canonical':
        return emit(memory.checkCanonical(step.from.slot));
      case 'check-aligned':
        return memory.checkAligned(step.address, emit);
      case 'load-flags':
        return emit(moves.loadFlags(step));
      case 'store-flags':
        return emit(moves.storeFlags(step));
      case 'change-flag':
        return emit(moves.changeFlag(step));
      case 'set-if':
        return emit(moves.setIf(step));
      case 'move-if':
        return emit(moves.moveIf(step));
      case 'string':
        return emit(string(step));
      case 'cpuid':
        return emit(executeCpuid);
      case 'read-tsc':
        return emit(readCounter(index));
    }
  };
}
