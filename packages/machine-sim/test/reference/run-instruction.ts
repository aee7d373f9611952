import type { LiftedInstruction } from '../../src/cpu/ir.js';
import { createLifter } from '../../src/cpu/lift/lift.js';
import { evaluate, type Outcome, type ReferenceState } from './evaluator.js';

const lift = createLifter();

/** Bytes from hexadecimal digits, blanks between them or not. */
export const bytesOf = (digits: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(digits.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** Lifts an instruction that is whole. */
export function liftWhole(bytes: Uint8Array, rip = 0x40_0000): LiftedInstruction {
  const lifted = lift(bytes, 0, bytes.length, rip);
  if (lifted === null) throw new Error('the instruction is cut');
  return lifted;
}

/** Lifts an instruction and carries it out. */
export const runInstruction = (bytes: Uint8Array, state: ReferenceState, rip = 0x40_0000): Outcome =>
  evaluate(liftWhole(bytes, rip).steps, state);
