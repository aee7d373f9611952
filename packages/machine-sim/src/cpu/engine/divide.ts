import { vectors } from '@synos/trap';
import type { Step } from '../ir.js';
import type { Operation, Places } from './operation.js';
import { raise, type Signal } from './signal.js';
import type { EngineState } from './state.js';

type Divide = Extract<Step, { op: 'divide' }>;

/** DIV and IDIV. */
export function createDivide(state: EngineState, places: Places, signal: Signal): (step: Divide) => Operation {
  const { bytes, halves } = state;
  const divideError = (): never => raise(signal, vectors.divideError.vector, -1);

  const narrow = (step: Divide): Operation => {
    const { width, isSigned } = step;
    const isByte = width === 8;
    const highAt = places.of(step.high, width);
    const lowAt = places.of(step.low, width);
    const divisorAt = places.of(step.divisor, width);
    const quotientAt = places.of(step.quotient, width);
    const remainderAt = places.of(step.remainder, width);
    const shift = 32 - width;
    const min = isSigned ? -(2 ** (width - 1)) : 0;
    const max = isSigned ? 2 ** (width - 1) - 1 : 2 ** width - 1;
    return () => {
      let dividend = isByte ? (bytes[highAt]! << 8) | bytes[lowAt]! : (halves[highAt]! << 16) | halves[lowAt]!;
      let divisor = isByte ? bytes[divisorAt]! : halves[divisorAt]!;
      if (isSigned) {
        divisor = (divisor << shift) >> shift;
        if (isByte) dividend = (dividend << 16) >> 16;
      } else dividend >>>= 0;
      if (divisor === 0) divideError();
      const quotient = Math.trunc(dividend / divisor);
      if (quotient < min || quotient > max) divideError();
      const remainder = dividend - quotient * divisor;
      if (isByte) {
        bytes[quotientAt] = quotient;
        bytes[remainderAt] = remainder;
      } else {
        halves[quotientAt] = quotient;
        halves[remainderAt] = remainder;
      }
    };
  };

  // Quotient and remainder of `unsigned`, in halves.
  let q0 = 0;
  let q1 = 0;
  let rest0 = 0;
  let rest1 = 0;

  /** Divides n3:n2:n1:n0 by d1:d0, all unsigned; the upper half is less than the divisor. */
  const unsigned = (n3: number, n2: number, n1: number, n0: number, d1: number, d0: number): void => {
    if ((n3 | n2) === 0 && n1 >>> 0 < 0x20_0000 && d1 >>> 0 < 0x20_0000) {
      // Below 2^53 numbers divide exactly.
      const dividend = (n1 >>> 0) * 2 ** 32 + (n0 >>> 0);
      const divisor = (d1 >>> 0) * 2 ** 32 + (d0 >>> 0);
      const quotient = Math.floor(dividend / divisor);
      const rest = dividend - quotient * divisor;
      q0 = quotient | 0;
      q1 = Math.floor(quotient / 2 ** 32) | 0;
      rest0 = rest | 0;
      rest1 = Math.floor(rest / 2 ** 32) | 0;
      return;
    }
    rest0 = n2;
    rest1 = n3;
    q0 = n0;
    q1 = n1;
    for (let bit = 0; bit < 64; bit += 1) {
      const carry = rest1 >>> 31;
      rest1 = (rest1 << 1) | (rest0 >>> 31);
      rest0 = (rest0 << 1) | (q1 >>> 31);
      q1 = (q1 << 1) | (q0 >>> 31);
      q0 <<= 1;
      if (carry !== 0 || rest1 >>> 0 > d1 >>> 0 || (rest1 === d1 && rest0 >>> 0 >= d0 >>> 0)) {
        rest1 = (rest1 - d1 - (rest0 >>> 0 < d0 >>> 0 ? 1 : 0)) | 0;
        rest0 = (rest0 - d0) | 0;
        q0 |= 1;
      }
    }
  };

  const isBelow = (a1: number, a0: number, b1: number, b0: number): boolean =>
    a1 === b1 ? a0 >>> 0 < b0 >>> 0 : a1 >>> 0 < b1 >>> 0;

  const wide = (step: Divide): Operation => {
    const { isSigned } = step;
    const is64 = step.width === 64;
    const highAt = places.word(step.high);
    const lowAt = places.word(step.low);
    const divisorAt = places.word(step.divisor);
    const quotientAt = places.word(step.quotient);
    const remainderAt = places.word(step.remainder);
    return (r) => {
      // The dividend and the divisor in 128 and 64 bits, extended.
      let d0 = r[divisorAt]!;
      let d1 = is64 ? r[divisorAt + 1]! : isSigned ? d0 >> 31 : 0;
      let n0 = r[lowAt]!;
      let n1 = is64 ? r[lowAt + 1]! : r[highAt]!;
      let n2 = is64 ? r[highAt]! : isSigned ? n1 >> 31 : 0;
      let n3 = is64 ? r[highAt + 1]! : n2;
      const isNegative = isSigned && n3 < 0;
      const isDivisorNegative = isSigned && d1 < 0;
      if (isNegative) {
        n0 = -n0 | 0;
        n1 = ~n1 + (n0 === 0 ? 1 : 0);
        n1 |= 0;
        n2 = (~n2 + ((n0 | n1) === 0 ? 1 : 0)) | 0;
        n3 = (~n3 + ((n0 | n1 | n2) === 0 ? 1 : 0)) | 0;
      }
      if (isDivisorNegative) {
        d0 = -d0 | 0;
        d1 = (~d1 + (d0 === 0 ? 1 : 0)) | 0;
      }
      if (!isBelow(n3, n2, d1, d0)) divideError();
      unsigned(n3, n2, n1, n0, d1, d0);
      if (isSigned) {
        // The greatest quotient is 2^(width - 1), and that only below zero.
        const isQuotientNegative = isNegative !== isDivisorNegative;
        const tooBig = is64
          ? q1 < 0 && !(isQuotientNegative && q1 === -0x8000_0000 && q0 === 0)
          : q1 !== 0 || (q0 < 0 && !(isQuotientNegative && q0 === -0x8000_0000));
        if (tooBig) divideError();
        if (isQuotientNegative) {
          q0 = -q0 | 0;
          q1 = (~q1 + (q0 === 0 ? 1 : 0)) | 0;
        }
        if (isNegative) {
          rest0 = -rest0 | 0;
          rest1 = (~rest1 + (rest0 === 0 ? 1 : 0)) | 0;
        }
      } else if (!is64 && q1 !== 0) divideError();
      r[quotientAt] = q0;
      r[quotientAt + 1] = is64 ? q1 : 0;
      r[remainderAt] = rest0;
      r[remainderAt + 1] = is64 ? rest1 : 0;
    };
  };

  return (step) => (step.width === 8 || step.width === 16 ? narrow(step) : wide(step));
}
