import type { Operand, Register, Width } from '../ir.js';
import { at, type EngineState } from './state.js';

/** One step, made into a closure. It is given the words of the state: a parameter is nearer than a captured variable. */
export type Operation = (r: Int32Array) => void;

/** Where operands lie. */
export interface Places {
  /** The index of its low word: for 32 and 64 bits. */
  word(operand: Operand): number;
  /** The index in the view of its width: bytes, 16-bit words, words. `null` is a place that nobody reads. */
  of(operand: Operand | null, width: Width): number;
}

/** Makes it for a state. */
export function createPlaces(state: EngineState): Places {
  const word = (operand: Operand): number =>
    operand.kind === 'register' ? operand.slot * 2 : state.constants.indexOf(operand.low, operand.high);
  return {
    word,
    of(operand, width) {
      const index = operand === null ? at.nowhere : word(operand);
      if (width === 8) return index * 4 + (operand !== null && isHigh(operand) ? 1 : 0);
      return width === 16 ? index * 2 : index;
    },
  };
}

function isHigh(operand: Operand): boolean {
  return operand.kind === 'register' && operand.isHigh;
}

/** A register as an operand, whole. */
export function registerOf(slot: number): Register {
  return { kind: 'register', slot, isHigh: false };
}
