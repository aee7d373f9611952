import { isCanonical, type VirtualAddress } from '@synos/interfaces';
import { vectors } from '@synos/trap';
import { type End, STATUS_FLAGS, type Step, slot } from '../ir.js';
import { type ExitStep, ending, type Test } from './block.js';
import { fuse } from './compare-and-jump.js';
import { flagUse } from './flag-use.js';
import { holds } from './flags.js';
import type { Operation, Places } from './operation.js';
import { raise, type Signal } from './signal.js';
import { at, type EngineState } from './state.js';

/** The part of a block that says what follows. */
export interface BlockEnd {
  readonly ending: number;
  readonly test: Test;
  readonly jump: Operation;
  readonly exit: ExitStep | null;
  readonly otherwise: VirtualAddress;
  readonly target: VirtualAddress;
  /** The step before was taken in. */
  readonly isFused: boolean;
}

const never: Test = () => false;
const nothing: Operation = () => {};
const RSP = slot.rsp * 2;

/**
 * Makes ends of blocks.
 *
 * @param last - the step before the end, `null` where there is none: a comparison is taken into the jump
 */
export function createBlockEnds(state: EngineState, places: Places, signal: Signal) {
  const generalProtection = (): never => raise(signal, vectors.generalProtection.vector, 0);
  const plain = (otherwise: VirtualAddress): BlockEnd => ({
    ending: ending.link,
    test: never,
    jump: nothing,
    exit: null,
    otherwise,
    target: 0,
    isFused: false,
  });

  /** A jump that is no address is an exception of the jump, not of what follows. */
  const checked = (end: BlockEnd): BlockEnd => {
    if (isCanonical(end.target)) return end;
    const { test } = end;
    return {
      ...end,
      test: (r) => {
        if (test(r)) generalProtection();
        return false;
      },
    };
  };

  const jumpTo = (from: number, pops: number): Operation => {
    return (r) => {
      const low = r[from]!;
      const high = r[from + 1]!;
      const top = high >> 15;
      if (top !== 0 && top !== -1) generalProtection();
      r[at.target] = low;
      r[at.target + 1] = high;
      if (pops !== 0) {
        const before = r[RSP]!;
        const sum = (before + pops) | 0;
        r[RSP] = sum;
        r[RSP + 1] = r[RSP + 1]! + (pops >> 31) + (sum >>> 0 < before >>> 0 ? 1 : 0);
      }
    };
  };

  return (end: End | null, last: Step | null, behind: VirtualAddress): BlockEnd => {
    if (end === null) return plain(behind);
    switch (end.op) {
      case 'jump': {
        if (isCanonical(end.target)) return plain(end.target);
        return checked({ ...plain(behind), ending: ending.test, test: () => true, target: end.target });
      }
      case 'jump-if': {
        const { condition } = end;
        const fused = last !== null && canFuse(last) ? fuse(state, places, last, condition >> 1) : null;
        const isOdd = (condition & 1) !== 0;
        if (fused === null || !isCanonical(end.target)) {
          const test: Test = (r) => holds(r, condition);
          return checked({ ...plain(end.next), ending: ending.test, test, target: end.target });
        }
        return {
          ...plain(isOdd ? end.target : end.next),
          ending: ending.test,
          test: fused,
          target: isOdd ? end.next : end.target,
          isFused: true,
        };
      }
      case 'jump-if-zero': {
        const word = end.slot * 2;
        const { isZero, condition } = end;
        const is64 = end.width === 64;
        const test: Test = (r) => {
          const value = is64 ? r[word]! | r[word + 1]! : r[word]!;
          return (value === 0) === isZero && (condition < 0 || holds(r, condition));
        };
        return checked({ ...plain(end.next), ending: ending.test, test, target: end.target });
      }
      case 'jump-to':
        return { ...plain(behind), ending: ending.indirect, jump: jumpTo(places.word(end.from), end.pops) };
      default:
        return { ...plain(behind), ending: ending.exit, exit: end };
    }
  };
}

function canFuse(step: Step): step is Extract<Step, { op: 'binary' }> {
  return step.op === 'binary' && step.to === null && flagUse(step).writes === STATUS_FLAGS;
}
