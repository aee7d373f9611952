import { rflag } from '@synos/trap';
import type { Step } from '../ir.js';
import { leaveResult, leaveResult64 } from './flags.js';
import type { Operation, Places } from './operation.js';
import type { EngineState } from './state.js';

type Multiply = Extract<Step, { op: 'multiply' }>;

const BOTH = rflag.carry | rflag.overflow;

/** The upper 32 bits of the product of two unsigned numbers of 32 bits. */
export function upperProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowest = Math.imul(aLow, bLow) >>> 16;
  const first = (Math.imul(aHigh, bLow) >>> 0) + lowest;
  const second = (Math.imul(aLow, bHigh) >>> 0) + (first & 0xffff);
  return (Math.imul(aHigh, bHigh) + (first >>> 16) + (second >>> 16)) | 0;
}

/** MUL and IMUL. CF and OF tell whether the upper half says anything; SF, ZF and PF are of the lower half. */
export function createMultiply(state: EngineState, places: Places): (step: Multiply, isLive: boolean) => Operation {
  const { bytes, halves } = state;

  const narrow = (step: Multiply, isLive: boolean): Operation => {
    const { width, isSigned } = step;
    const isByte = width === 8;
    const a = places.of(step.left, width);
    const b = places.of(step.right, width);
    const low = places.of(step.low, width);
    const high = places.of(step.high, width);
    const shift = 32 - width;
    return (r) => {
      let left = isByte ? bytes[a]! : halves[a]!;
      let right = isByte ? bytes[b]! : halves[b]!;
      if (isSigned) {
        left = (left << shift) >> shift;
        right = (right << shift) >> shift;
      }
      const product = Math.imul(left, right);
      if (isLive) {
        const cut = (product << shift) >> shift;
        const fits = isSigned ? cut === product : product >>> width === 0;
        leaveResult(r, cut, fits ? 0 : BOTH);
      }
      if (isByte) {
        bytes[high] = product >> 8;
        bytes[low] = product;
      } else {
        halves[high] = product >> 16;
        halves[low] = product;
      }
    };
  };

  return (step, isLive) => {
    const { width, isSigned } = step;
    if (width === 8 || width === 16) return narrow(step, isLive);
    const a = places.word(step.left);
    const b = places.word(step.right);
    const low = places.word(step.low);
    const hasHigh = step.high !== null;
    const high = places.of(step.high, width);
    if (!isLive && !hasHigh) return width === 32 ? lower32(low, a, b) : lower64(low, a, b);
    return width === 32
      ? whole32(isSigned, low, high, a, b, hasHigh, isLive)
      : whole64(isSigned, low, high, a, b, hasHigh, isLive);
  };
}

function lower32(d: number, a: number, b: number): Operation {
  const h = d + 1;
  return (r) => {
    r[d] = Math.imul(r[a]!, r[b]!);
    r[h] = 0;
  };
}

function lower64(d: number, a: number, b: number): Operation {
  const dh = d + 1;
  const ah = a + 1;
  const bh = b + 1;
  return (r) => {
    const left = r[a]!;
    const right = r[b]!;
    r[dh] = (upperProduct(left, right) + Math.imul(left, r[bh]!) + Math.imul(r[ah]!, right)) | 0;
    r[d] = Math.imul(left, right);
  };
}

function whole32(
  isSigned: boolean,
  d: number,
  h: number,
  a: number,
  b: number,
  hasHigh: boolean,
  isLive: boolean,
): Operation {
  return (r) => {
    const left = r[a]!;
    const right = r[b]!;
    const low = Math.imul(left, right);
    let high = upperProduct(left, right);
    // A negative factor counts 2^32 too much as an unsigned one.
    if (isSigned) high = (high - (left < 0 ? right : 0) - (right < 0 ? left : 0)) | 0;
    if (isLive) leaveResult(r, low, high === (isSigned ? low >> 31 : 0) ? 0 : BOTH);
    if (hasHigh) {
      r[h] = high;
      r[h + 1] = 0;
    }
    r[d] = low;
    r[d + 1] = 0;
  };
}

function whole64(
  isSigned: boolean,
  d: number,
  h: number,
  a: number,
  b: number,
  hasHigh: boolean,
  isLive: boolean,
): Operation {
  return (r) => {
    const a0 = r[a]!;
    const a1 = r[a + 1]!;
    const b0 = r[b]!;
    const b1 = r[b + 1]!;
    const w0 = Math.imul(a0, b0);
    // Columns of 32 bits; sums of four such numbers are exact.
    const low01 = Math.imul(a0, b1);
    const low10 = Math.imul(a1, b0);
    let column = (upperProduct(a0, b0) >>> 0) + (low01 >>> 0) + (low10 >>> 0);
    const w1 = column | 0;
    column = Math.floor(column / 2 ** 32) + (upperProduct(a0, b1) >>> 0) + (upperProduct(a1, b0) >>> 0);
    column += Math.imul(a1, b1) >>> 0;
    let w2 = column | 0;
    let w3 = (Math.floor(column / 2 ** 32) + upperProduct(a1, b1)) | 0;
    if (isSigned) {
      if (a1 < 0) {
        w3 = (w3 - b1 - (w2 >>> 0 < b0 >>> 0 ? 1 : 0)) | 0;
        w2 = (w2 - b0) | 0;
      }
      if (b1 < 0) {
        w3 = (w3 - a1 - (w2 >>> 0 < a0 >>> 0 ? 1 : 0)) | 0;
        w2 = (w2 - a0) | 0;
      }
    }
    if (isLive) {
      const sign = isSigned ? w1 >> 31 : 0;
      leaveResult64(r, w0, w1, w2 === sign && w3 === sign ? 0 : BOTH);
    }
    if (hasHigh) {
      r[h] = w2;
      r[h + 1] = w3;
    }
    r[d] = w0;
    r[d + 1] = w1;
  };
}
