import { rflag } from '@synos/trap';
import type { Step } from '../ir.js';
import { carryOf, leaveNarrowSub, leaveResult, leaveResult64, leaveSub, leaveSub64 } from './flags.js';
import type { Operation, Places } from './operation.js';
import type { EngineState } from './state.js';

type Unary = Extract<Step, { op: 'unary' }>;

const { adjust: AF, overflow: OF } = rflag;

/** INC, DEC, NEG and NOT. INC and DEC leave CF alone, NOT leaves all. */
export function createUnary(state: EngineState, places: Places): (step: Unary, isLive: boolean) => Operation {
  const { bytes, halves } = state;

  const narrow = (what: Unary['what'], width: 8 | 16, d: number, a: number, isLive: boolean): Operation => {
    const isByte = width === 8;
    const shift = 32 - width;
    return (r) => {
      const value = isByte ? (bytes[a]! << 24) >> 24 : (halves[a]! << 16) >> 16;
      let result = ~value;
      if (what === 'neg') {
        result = (-value << shift) >> shift;
        if (isLive) leaveNarrowSub(r, width, 0, value);
      } else if (what !== 'not') {
        const by = what === 'inc' ? 1 : -1;
        result = ((value + by) << shift) >> shift;
        if (isLive) leaveResult(r, result, stepBits(r, value, result, by));
      }
      if (isByte) bytes[d] = result;
      else halves[d] = result;
    };
  };

  return (step, isLive) => {
    const { what, width } = step;
    const a = places.of(step.from, width);
    const d = places.of(step.to, width);
    if (width === 8 || width === 16) return narrow(what, width, d, a, isLive);
    return width === 32 ? unary32(what, d, a, isLive) : unary64(what, d, a, isLive);
  };
}

/** CF, AF and OF after value + by of one sign. */
function stepBits(r: Int32Array, valueTop: number, resultTop: number, by: number): number {
  let bits = carryOf(r);
  // AF is set by a low digit that came round; those of the low word and of the top are the same in 32 bits.
  if (((valueTop ^ resultTop) & 0x10) !== 0) bits |= AF;
  if (((by > 0 ? ~valueTop & resultTop : valueTop & ~resultTop) & -0x8000_0000) !== 0) bits |= OF;
  return bits;
}

function unary32(what: Unary['what'], d: number, a: number, isLive: boolean): Operation {
  const h = d + 1;
  switch (what) {
    case 'not':
      return (r) => {
        r[d] = ~r[a]!;
        r[h] = 0;
      };
    case 'neg':
      return (r) => {
        const value = r[a]!;
        if (isLive) leaveSub(r, 0, value);
        r[d] = -value | 0;
        r[h] = 0;
      };
    default: {
      const by = what === 'inc' ? 1 : -1;
      return (r) => {
        const value = r[a]!;
        const result = (value + by) | 0;
        if (isLive) leaveResult(r, result, stepBits(r, value, result, by));
        r[d] = result;
        r[h] = 0;
      };
    }
  }
}

function unary64(what: Unary['what'], d: number, a: number, isLive: boolean): Operation {
  const dh = d + 1;
  const ah = a + 1;
  switch (what) {
    case 'not':
      return (r) => {
        r[d] = ~r[a]!;
        r[dh] = ~r[ah]!;
      };
    case 'neg':
      return (r) => {
        const low = r[a]!;
        const high = r[ah]!;
        if (isLive) leaveSub64(r, 0, 0, low, high);
        r[d] = -low | 0;
        r[dh] = (-high - (low === 0 ? 0 : 1)) | 0;
      };
    case 'inc':
      return (r) => {
        const low = r[a]!;
        const high = r[ah]!;
        const newLow = (low + 1) | 0;
        const newHigh = newLow === 0 ? (high + 1) | 0 : high;
        if (isLive) leaveResult64(r, newLow, newHigh, stepBits64(r, low, newLow, ~high & newHigh));
        r[d] = newLow;
        r[dh] = newHigh;
      };
    case 'dec':
      return (r) => {
        const low = r[a]!;
        const high = r[ah]!;
        const newLow = (low - 1) | 0;
        const newHigh = low === 0 ? (high - 1) | 0 : high;
        if (isLive) leaveResult64(r, newLow, newHigh, stepBits64(r, low, newLow, high & ~newHigh));
        r[d] = newLow;
        r[dh] = newHigh;
      };
  }
}

/** CF, AF and OF after a step of one in 64 bits; the sign of `overflow` tells that one. */
function stepBits64(r: Int32Array, low: number, newLow: number, overflow: number): number {
  let bits = carryOf(r);
  if (((low ^ newLow) & 0x10) !== 0) bits |= AF;
  if (overflow < 0) bits |= OF;
  return bits;
}
