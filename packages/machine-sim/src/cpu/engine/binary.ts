import { rflag } from '@synos/trap';
import type { Step } from '../ir.js';
import { carryOf, flagKind, leaveNarrowSub, leaveResult, leaveResult64, leaveSub, leaveSub64 } from './flags.js';
import type { Operation, Places } from './operation.js';
import { at, type EngineState } from './state.js';

type Binary = Extract<Step, { op: 'binary' }>;
type What = Binary['what'];

const { carry: CF, adjust: AF, overflow: OF } = rflag;

/**
 * ADD, SUB, ADC, SBB, AND, OR, XOR, CMP and TEST.
 *
 * @param isLive - whether anybody reads the flags; all six are written then
 */
export function createBinary(state: EngineState, places: Places): (step: Binary, isLive: boolean) => Operation | null {
  const narrow = createNarrow(state);
  return (step, isLive) => {
    const { what, width } = step;
    if (step.to === null && !isLive) return null;
    const left = places.of(step.left, width);
    const right = places.of(step.right, width);
    const to = places.of(step.to, width);
    if (width === 64) return isLive ? live64(what, to, left, right, step.to === null) : plain64(what, to, left, right);
    if (width === 32) return isLive ? live32(what, to, left, right, step.to === null) : plain32(what, to, left, right);
    return narrow(what, width, to, left, right, isLive);
  };
}

function plain32(what: What, d: number, a: number, b: number): Operation {
  const h = d + 1;
  switch (what) {
    case 'add':
      return (r) => {
        r[d] = (r[a]! + r[b]!) | 0;
        r[h] = 0;
      };
    case 'sub':
      return (r) => {
        r[d] = (r[a]! - r[b]!) | 0;
        r[h] = 0;
      };
    case 'and':
      return (r) => {
        r[d] = r[a]! & r[b]!;
        r[h] = 0;
      };
    case 'or':
      return (r) => {
        r[d] = r[a]! | r[b]!;
        r[h] = 0;
      };
    case 'xor':
      return (r) => {
        r[d] = r[a]! ^ r[b]!;
        r[h] = 0;
      };
    case 'adc':
      return (r) => {
        r[d] = (r[a]! + r[b]! + carryOf(r)) | 0;
        r[h] = 0;
      };
    case 'sbb':
      return (r) => {
        r[d] = (r[a]! - r[b]! - carryOf(r)) | 0;
        r[h] = 0;
      };
  }
}

function live32(what: What, d: number, a: number, b: number, isCompare: boolean): Operation {
  const h = d + 1;
  switch (what) {
    case 'add':
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        r[at.flagKind] = flagKind.add32;
        r[at.flagLeft] = left;
        r[at.flagRight] = right;
        r[d] = (left + right) | 0;
        r[h] = 0;
      };
    case 'sub':
      if (isCompare) return (r) => leaveSub(r, r[a]!, r[b]!);
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        leaveSub(r, left, right);
        r[d] = (left - right) | 0;
        r[h] = 0;
      };
    case 'and':
      if (isCompare) return (r) => leaveResult(r, r[a]! & r[b]!, 0);
      return (r) => {
        const result = r[a]! & r[b]!;
        leaveResult(r, result, 0);
        r[d] = result;
        r[h] = 0;
      };
    case 'or':
      return (r) => {
        const result = r[a]! | r[b]!;
        leaveResult(r, result, 0);
        r[d] = result;
        r[h] = 0;
      };
    case 'xor':
      return (r) => {
        const result = r[a]! ^ r[b]!;
        leaveResult(r, result, 0);
        r[d] = result;
        r[h] = 0;
      };
    case 'adc':
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        const sum = (left >>> 0) + (right >>> 0) + carryOf(r);
        const result = sum | 0;
        let bits = sum > 0xffff_ffff ? CF : 0;
        bits |= (left ^ right ^ result) & AF;
        if (((left ^ result) & (right ^ result)) < 0) bits |= OF;
        leaveResult(r, result, bits);
        r[d] = result;
        r[h] = 0;
      };
    case 'sbb':
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        const difference = (left >>> 0) - (right >>> 0) - carryOf(r);
        const result = difference | 0;
        let bits = difference < 0 ? CF : 0;
        bits |= (left ^ right ^ result) & AF;
        if (((left ^ right) & (left ^ result)) < 0) bits |= OF;
        leaveResult(r, result, bits);
        r[d] = result;
        r[h] = 0;
      };
  }
}

function plain64(what: What, d: number, a: number, b: number): Operation {
  const dh = d + 1;
  const ah = a + 1;
  const bh = b + 1;
  switch (what) {
    case 'add':
      return (r) => {
        const left = r[a]!;
        const low = (left + r[b]!) | 0;
        r[dh] = (r[ah]! + r[bh]! + (low >>> 0 < left >>> 0 ? 1 : 0)) | 0;
        r[d] = low;
      };
    case 'sub':
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        r[dh] = (r[ah]! - r[bh]! - (left >>> 0 < right >>> 0 ? 1 : 0)) | 0;
        r[d] = (left - right) | 0;
      };
    case 'and':
      return (r) => {
        r[d] = r[a]! & r[b]!;
        r[dh] = r[ah]! & r[bh]!;
      };
    case 'or':
      return (r) => {
        r[d] = r[a]! | r[b]!;
        r[dh] = r[ah]! | r[bh]!;
      };
    case 'xor':
      return (r) => {
        r[d] = r[a]! ^ r[b]!;
        r[dh] = r[ah]! ^ r[bh]!;
      };
    case 'adc':
      return (r) => {
        const sum = (r[a]! >>> 0) + (r[b]! >>> 0) + carryOf(r);
        r[dh] = (r[ah]! + r[bh]! + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        r[d] = sum | 0;
      };
    case 'sbb':
      return (r) => {
        const difference = (r[a]! >>> 0) - (r[b]! >>> 0) - carryOf(r);
        r[dh] = (r[ah]! - r[bh]! - (difference < 0 ? 1 : 0)) | 0;
        r[d] = difference | 0;
      };
  }
}

function live64(what: What, d: number, a: number, b: number, isCompare: boolean): Operation {
  const dh = d + 1;
  const ah = a + 1;
  const bh = b + 1;
  switch (what) {
    case 'add':
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        const leftHigh = r[ah]!;
        const rightHigh = r[bh]!;
        r[at.flagKind] = flagKind.add64;
        r[at.flagLeft] = left;
        r[at.flagLeft + 1] = leftHigh;
        r[at.flagRight] = right;
        r[at.flagRight + 1] = rightHigh;
        const low = (left + right) | 0;
        r[d] = low;
        r[dh] = (leftHigh + rightHigh + (low >>> 0 < left >>> 0 ? 1 : 0)) | 0;
      };
    case 'sub':
      if (isCompare) return (r) => leaveSub64(r, r[a]!, r[ah]!, r[b]!, r[bh]!);
      return (r) => {
        const left = r[a]!;
        const right = r[b]!;
        const leftHigh = r[ah]!;
        const rightHigh = r[bh]!;
        leaveSub64(r, left, leftHigh, right, rightHigh);
        r[d] = (left - right) | 0;
        r[dh] = (leftHigh - rightHigh - (left >>> 0 < right >>> 0 ? 1 : 0)) | 0;
      };
    case 'and':
      if (isCompare) return (r) => leaveResult64(r, r[a]! & r[b]!, r[ah]! & r[bh]!, 0);
      return (r) => {
        const low = r[a]! & r[b]!;
        const high = r[ah]! & r[bh]!;
        leaveResult64(r, low, high, 0);
        r[d] = low;
        r[dh] = high;
      };
    case 'or':
      return (r) => {
        const low = r[a]! | r[b]!;
        const high = r[ah]! | r[bh]!;
        leaveResult64(r, low, high, 0);
        r[d] = low;
        r[dh] = high;
      };
    case 'xor':
      return (r) => {
        const low = r[a]! ^ r[b]!;
        const high = r[ah]! ^ r[bh]!;
        leaveResult64(r, low, high, 0);
        r[d] = low;
        r[dh] = high;
      };
    case 'adc':
      return (r) => {
        const left = r[ah]!;
        const right = r[bh]!;
        const lowSum = (r[a]! >>> 0) + (r[b]! >>> 0) + carryOf(r);
        const low = lowSum | 0;
        const sum = (left >>> 0) + (right >>> 0) + (lowSum > 0xffff_ffff ? 1 : 0);
        const high = sum | 0;
        let bits = sum > 0xffff_ffff ? CF : 0;
        bits |= (r[a]! ^ r[b]! ^ low) & AF;
        if (((left ^ high) & (right ^ high)) < 0) bits |= OF;
        leaveResult64(r, low, high, bits);
        r[d] = low;
        r[dh] = high;
      };
    case 'sbb':
      return (r) => {
        const left = r[ah]!;
        const right = r[bh]!;
        const lowDifference = (r[a]! >>> 0) - (r[b]! >>> 0) - carryOf(r);
        const low = lowDifference | 0;
        const difference = (left >>> 0) - (right >>> 0) - (lowDifference < 0 ? 1 : 0);
        const high = difference | 0;
        let bits = difference < 0 ? CF : 0;
        bits |= (r[a]! ^ r[b]! ^ low) & AF;
        if (((left ^ right) & (left ^ high)) < 0) bits |= OF;
        leaveResult64(r, low, high, bits);
        r[d] = low;
        r[dh] = high;
      };
  }
}

/** 8 and 16 bits: indices of bytes or of 16-bit words. */
function createNarrow(state: EngineState) {
  const { bytes, halves } = state;
  return (what: What, width: 8 | 16, d: number, a: number, b: number, isLive: boolean): Operation => {
    const isByte = width === 8;
    const shift = 32 - width;
    const mask = 2 ** width - 1;
    const get = (index: number): number => (isByte ? (bytes[index]! << 24) >> 24 : (halves[index]! << 16) >> 16);
    const put = (value: number): void => {
      if (isByte) bytes[d] = value;
      else halves[d] = value;
    };
    switch (what) {
      case 'and':
      case 'or':
      case 'xor':
        return (r) => {
          const left = get(a);
          const right = get(b);
          const result = what === 'and' ? left & right : what === 'or' ? left | right : left ^ right;
          if (isLive) leaveResult(r, result, 0);
          put(result);
        };
      case 'sub':
        return (r) => {
          const left = get(a);
          const right = get(b);
          if (isLive) leaveNarrowSub(r, width, left, right);
          put(left - right);
        };
      case 'add':
      case 'adc':
        return (r) => {
          const left = get(a);
          const right = get(b);
          const sum = (left & mask) + (right & mask) + (what === 'adc' ? carryOf(r) : 0);
          const result = (sum << shift) >> shift;
          if (isLive) {
            let bits = sum > mask ? CF : 0;
            bits |= (left ^ right ^ result) & AF;
            if (((left ^ result) & (right ^ result)) < 0) bits |= OF;
            leaveResult(r, result, bits);
          }
          put(result);
        };
      case 'sbb':
        return (r) => {
          const left = get(a);
          const right = get(b);
          const difference = (left & mask) - (right & mask) - carryOf(r);
          const result = (difference << shift) >> shift;
          if (isLive) {
            let bits = difference < 0 ? CF : 0;
            bits |= (left ^ right ^ result) & AF;
            if (((left ^ right) & (left ^ result)) < 0) bits |= OF;
            leaveResult(r, result, bits);
          }
          put(result);
        };
    }
  };
}
