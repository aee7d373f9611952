import type { PhysicalAddress, VirtualAddress } from '@synos/interfaces';
import type { Step } from '../ir.js';
import type { Operation } from './operation.js';

/** How a block ends, as a small integer. */
export const ending = {
  /** It goes on at {@link Block.otherwise}. */
  link: 0,
  /** At {@link Block.target} where {@link Block.test} holds, else at `otherwise`. */
  test: 1,
  /** {@link Block.jump} says where. */
  indirect: 2,
  /** {@link Block.exit} leaves the CPU. */
  exit: 3,
  /** A string instruction: anew where there is more to do. */
  repeat: 4,
  /** System flags were written: they are to be looked at. */
  flags: 5,
} as const;

/** Says which way a block goes on. */
export type Test = (r: Int32Array) => boolean;

/** Why a block leaves the CPU. */
export type ExitStep = Extract<Step, { op: 'raise' | 'interrupt' | 'syscall' }>;

/** Instructions one after another, made into operations. */
export interface Block {
  readonly rip: VirtualAddress;
  /** The halves of `rip`. */
  readonly low: number;
  readonly high: number;
  readonly operations: readonly Operation[];
  /** How many instructions. */
  readonly count: number;
  /** The number of the instruction that an operation belongs to. */
  readonly instructionOf: Uint8Array;
  /** Where instructions begin, from `rip`, and where the last one ends. */
  readonly offsets: Uint16Array;
  readonly ending: number;
  readonly test: Test;
  readonly jump: Operation;
  readonly exit: ExitStep | null;
  readonly otherwise: VirtualAddress;
  readonly target: VirtualAddress;
  /** It is not kept: one instruction, or code that lies outside of RAM. */
  readonly isAlone: boolean;
  /** Where the second page lies, of a block whose instruction crosses into one; else -1. */
  readonly secondPage: PhysicalAddress;
  // What follows, good while the generation is the same.
  otherwiseGeneration: number;
  otherwiseBlock: Block | null;
  targetGeneration: number;
  targetBlock: Block | null;
}
