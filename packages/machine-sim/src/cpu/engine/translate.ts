import { assert, FRAME_BYTES, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import { rflag } from '@synos/trap';
import { type End, endsBlock, type Lift, type LiftedInstruction, STATUS_FLAGS, type Step } from '../ir.js';
import { type Block, ending } from './block.js';
import { type BlockEnd, createBlockEnds } from './block-end.js';
import { createCompileStep, type StepParts } from './compile-step.js';
import { flagUse } from './flag-use.js';
import type { Operation } from './operation.js';

/** Instructions of a block at most. */
const MAX_INSTRUCTIONS = 64;
/** Bytes of an instruction at most (SDM vol. 2, 2.3.11). */
const MAX_BYTES = 15;
/** System flags that change how the next instruction is executed. */
const WATCHED_FLAGS = rflag.trap;

/** A block, and the bytes it was made of. */
export interface Translation {
  readonly block: Block;
  /** How many of its bytes lie in its first page, and in its second. */
  readonly firstBytes: number;
  readonly secondBytes: number;
}

/** Instructions with what they were made of. */
interface Decoded {
  readonly instructions: LiftedInstruction[];
  readonly byteLength: number;
  readonly firstBytes: number;
  readonly secondPage: PhysicalAddress;
}

interface NumberedStep {
  readonly step: Step;
  readonly instruction: number;
}

/**
 * Makes blocks.
 *
 * @returns a function of the address, the physical one, and how many instructions at most. It throws the signal where
 *   the second page of an instruction faults
 */
export function createTranslate(parts: StepParts, lift: Lift) {
  const { state, places, mmu, signal } = parts;
  const { ram8 } = state;
  const compileStep = createCompileStep(parts);
  const blockEnd = createBlockEnds(state, places, signal);

  /** One instruction whose bytes do not lie in one page of RAM. */
  const decodeApart = (rip: VirtualAddress, place: PhysicalAddress): Decoded => {
    const bytes = new Uint8Array(MAX_BYTES);
    const inPage = Math.min(MAX_BYTES, FRAME_BYTES - (place % FRAME_BYTES));
    const fill = (from: number, to: number, address: PhysicalAddress): void => {
      for (let index = from; index < to; index += 1) bytes[index] = ram8[address + index - from] ?? 0xff;
    };
    fill(0, inPage, place);
    let secondPage = -1;
    let instruction = lift(bytes, 0, inPage, rip);
    if (instruction === null) {
      secondPage = mmu.fetch(rip + inPage);
      fill(inPage, MAX_BYTES, secondPage);
      instruction = lift(bytes, 0, MAX_BYTES, rip);
    }
    assert(instruction !== null, 'fifteen bytes are an instruction or none');
    const { byteLength } = instruction;
    return { instructions: [instruction], byteLength, firstBytes: Math.min(byteLength, inPage), secondPage };
  };

  const decode = (rip: VirtualAddress, place: PhysicalAddress, limit: number): Decoded => {
    const end = place - (place % FRAME_BYTES) + FRAME_BYTES;
    const instructions: LiftedInstruction[] = [];
    let byteLength = 0;
    if (end <= ram8.length) {
      while (instructions.length < limit && place + byteLength < end) {
        const instruction = lift(ram8, place + byteLength, end, rip + byteLength);
        if (instruction === null) break;
        instructions.push(instruction);
        byteLength += instruction.byteLength;
        if (isLast(instruction)) break;
      }
    }
    if (instructions.length === 0) return decodeApart(rip, place);
    return { instructions, byteLength, firstBytes: byteLength, secondPage: -1 };
  };

  return (rip: VirtualAddress, place: PhysicalAddress, limit: number): Translation => {
    const { instructions, byteLength, firstBytes, secondPage } = decode(rip, place, Math.min(limit, MAX_INSTRUCTIONS));
    const offsets = new Uint16Array(instructions.length + 1);
    const steps: NumberedStep[] = [];
    let end: End | null = null;
    for (const [number, instruction] of instructions.entries()) {
      offsets[number + 1] = offsets[number]! + instruction.byteLength;
      for (const step of instruction.steps) {
        if (isEnd(step)) end = step;
        else steps.push({ step, instruction: number });
      }
    }
    const last = steps.at(-1)?.step ?? null;
    const behind = rip + byteLength;
    const made = blockEnd(end, last, behind);
    if (made.isFused) steps.pop();
    const live = liveness(steps);
    const operations: Operation[] = [];
    const instructionOf: number[] = [];
    for (const [index, { step, instruction }] of steps.entries()) {
      compileStep(step, live[index] === true, instruction, (operation) => {
        operations.push(operation);
        instructionOf.push(instruction);
      });
    }
    const block: Block = {
      rip,
      low: rip | 0,
      high: Math.floor(rip / 2 ** 32) | 0,
      operations,
      count: instructions.length,
      instructionOf: Uint8Array.from(instructionOf),
      offsets,
      ending: endingOf(made, instructions.at(-1)!),
      test: made.test,
      jump: made.jump,
      exit: made.exit,
      otherwise: made.otherwise,
      target: made.target,
      isAlone: limit === 1 || place - (place % FRAME_BYTES) + FRAME_BYTES > ram8.length || secondPage >= ram8.length,
      secondPage,
      otherwiseGeneration: -1,
      otherwiseBlock: null,
      targetGeneration: -1,
      targetBlock: null,
    };
    return { block, firstBytes, secondBytes: byteLength - firstBytes };
  };
}

function isEnd(step: Step): step is End {
  return endsBlock.has(step.op);
}

function isRepeated(step: Step | null): boolean {
  return step !== null && step.op === 'string' && step.repeat !== 'none';
}

function writesWatched(step: Step): boolean {
  return step.op === 'store-flags' && (step.mask & WATCHED_FLAGS) !== 0;
}

/** Whether nothing may follow an instruction in its block. */
function isLast({ steps }: LiftedInstruction): boolean {
  const last = steps.at(-1) ?? null;
  return (last !== null && isEnd(last)) || isRepeated(last) || steps.some(writesWatched);
}

function endingOf(end: BlockEnd, { steps }: LiftedInstruction): number {
  if (end.ending !== ending.link) return end.ending;
  if (isRepeated(steps.at(-1) ?? null)) return ending.repeat;
  return steps.some(writesWatched) ? ending.flags : ending.link;
}

/** Of each step, whether flags that it writes are read, be it by a fault. At the end of a block all are. */
function liveness(steps: readonly NumberedStep[]): boolean[] {
  const result: boolean[] = new Array(steps.length).fill(false);
  let live = STATUS_FLAGS;
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const { writes, isSure, reads, mayFault } = flagUse(steps[index]!.step);
    result[index] = (writes & live) !== 0;
    if (isSure) live &= ~writes;
    live |= reads;
    if (mayFault) live = STATUS_FLAGS;
  }
  return result;
}
