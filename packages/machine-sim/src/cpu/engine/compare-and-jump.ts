import type { Step } from '../ir.js';
import type { Test } from './block.js';
import { leaveNarrowSub, leaveResult, leaveResult64, leaveSub, leaveSub64 } from './flags.js';
import type { Places } from './operation.js';
import type { EngineState } from './state.js';

type Binary = Extract<Step, { op: 'binary' }>;

/**
 * CMP or TEST and the jump behind it in one: the flags are left as well, for what follows may read them.
 *
 * @param base - the condition without its lowest bit, which turns it round
 * @returns `null` where it is not worth it
 */
export function fuse(state: EngineState, places: Places, step: Binary, base: number): Test | null {
  const a = places.of(step.left, step.width);
  const b = places.of(step.right, step.width);
  if (step.what === 'sub') {
    if (step.width === 32) return sub32(a, b, base);
    return step.width === 64 ? sub64(a, b, base) : narrowSub(state, step.width, a, b, base);
  }
  if (step.what !== 'and') return null;
  if (step.width === 32) return and32(a, b, base);
  return step.width === 64 ? and64(a, b, base) : narrowAnd(state, step.width, a, b, base);
}

function sub32(a: number, b: number, base: number): Test | null {
  switch (base) {
    case 1:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return left >>> 0 < right >>> 0;
      };
    case 2:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return left === right;
      };
    case 3:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return left >>> 0 <= right >>> 0;
      };
    case 4:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return ((left - right) | 0) < 0;
      };
    case 6:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return left < right;
      };
    case 7:
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        return left <= right;
      };
    default:
      return null;
  }
}

function sub64(a: number, b: number, base: number): Test | null {
  const ah = a + 1;
  const bh = b + 1;
  switch (base) {
    case 1:
      return (r) => {
        const left = r[a]!;
        const leftHigh = r[ah]!;
        const right = r[b]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return leftHigh === rightHigh ? left >>> 0 < right >>> 0 : leftHigh >>> 0 < rightHigh >>> 0;
      };
    case 2:
      return (r) => {
        const left = r[a]!;
        const leftHigh = r[ah]!;
        const right = r[b]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return left === right && leftHigh === rightHigh;
      };
    case 3:
      return (r) => {
        const left = r[a]!;
        const leftHigh = r[ah]!;
        const right = r[b]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return leftHigh === rightHigh ? left >>> 0 <= right >>> 0 : leftHigh >>> 0 < rightHigh >>> 0;
      };
    case 6:
      return (r) => {
        const left = r[a]!;
        const leftHigh = r[ah]!;
        const right = r[b]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return leftHigh === rightHigh ? left >>> 0 < right >>> 0 : leftHigh < rightHigh;
      };
    case 7:
      return (r) => {
        const left = r[a]!;
        const leftHigh = r[ah]!;
        const right = r[b]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        return leftHigh === rightHigh ? left >>> 0 <= right >>> 0 : leftHigh < rightHigh;
      };
    default:
      return null;
  }
}

function and32(a: number, b: number, base: number): Test | null {
  switch (base) {
    case 2:
      return (r) => {
        const result = r[a]! & r[b]!;
        leaveResult(r, result, 0);
        return result === 0;
      };
    // OF is clear: less is negative.
    case 4:
    case 6:
      return (r) => {
        const result = r[a]! & r[b]!;
        leaveResult(r, result, 0);
        return result < 0;
      };
    case 7:
      return (r) => {
        const result = r[a]! & r[b]!;
        leaveResult(r, result, 0);
        return result <= 0;
      };
    default:
      return null;
  }
}

function and64(a: number, b: number, base: number): Test | null {
  const ah = a + 1;
  const bh = b + 1;
  switch (base) {
    case 2:
      return (r) => {
        const low = r[a]! & r[b]!;
        const high = r[ah]! & r[bh]!;
        leaveResult64(r, low, high, 0);
        return (low | high) === 0;
      };
    case 4:
    case 6:
      return (r) => {
        const high = r[ah]! & r[bh]!;
        leaveResult64(r, r[a]! & r[b]!, high, 0);
        return high < 0;
      };
    case 7:
      return (r) => {
        const low = r[a]! & r[b]!;
        const high = r[ah]! & r[bh]!;
        leaveResult64(r, low, high, 0);
        return high < 0 || (low | high) === 0;
      };
    default:
      return null;
  }
}

/** Operands extended with their signs keep their order, signed and unsigned. */
function narrowSub(state: EngineState, width: 8 | 16, a: number, b: number, base: number): Test | null {
  const { bytes, halves } = state;
  if (base === 0 || base === 4 || base === 5) return null;
  const isByte = width === 8;
  return (r) => {
    const left = isByte ? (bytes[a]! << 24) >> 24 : (halves[a]! << 16) >> 16;
    const right = isByte ? (bytes[b]! << 24) >> 24 : (halves[b]! << 16) >> 16;
    leaveNarrowSub(r, width, left, right);
    switch (base) {
      case 1:
        return left >>> 0 < right >>> 0;
      case 2:
        return left === right;
      case 3:
        return left >>> 0 <= right >>> 0;
      case 6:
        return left < right;
      default:
        return left <= right;
    }
  };
}

function narrowAnd(state: EngineState, width: 8 | 16, a: number, b: number, base: number): Test | null {
  const { bytes, halves } = state;
  if (base !== 2 && base !== 4) return null;
  const isByte = width === 8;
  const isZeroTest = base === 2;
  return (r) => {
    const result = isByte ? ((bytes[a]! & bytes[b]!) << 24) >> 24 : ((halves[a]! & halves[b]!) << 16) >> 16;
    leaveResult(r, result, 0);
    return isZeroTest ? result === 0 : result < 0;
  };
}
