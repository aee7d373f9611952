import { rflag } from '@synos/trap';
import { STATUS_FLAGS, type Step, type Width } from '../ir.js';
import { carryOf, leaveResult, leaveResult64, setStatus } from './flags.js';
import type { Operation, Places } from './operation.js';
import { shiftAny, shiftOut } from './shift-any.js';
import { at, type EngineState } from './state.js';

type Shift = Extract<Step, { op: 'shift' }>;
type DoubleShift = Extract<Step, { op: 'double-shift' }>;

const { carry: CF, overflow: OF } = rflag;

/** The bits of a count that count (SDM vol. 2, SAL). */
export function countMask(width: Width): number {
  return width === 64 ? 63 : 31;
}

/** SHL, SHR, SAR, ROL, ROR, RCL and RCR. A count of 0 writes the result and no flag. */
export function createShift(state: EngineState, places: Places): (step: Shift, isLive: boolean) => Operation {
  const { bytes, halves } = state;

  /** Any of them, with its flags where `mask` is not 0. */
  const general = (step: Shift, mask: number): Operation => {
    const { what, width } = step;
    const d = places.of(step.to, width);
    const a = places.of(step.from, width);
    const countAt = places.of(step.count, 8);
    const countBits = countMask(width);
    const isRotate = what !== 'shl' && what !== 'shr' && what !== 'sar';
    const takesCarry = what === 'rcl' || what === 'rcr';
    return (r) => {
      const count = bytes[countAt]! & countBits;
      let low = width === 8 ? bytes[a]! : width === 16 ? halves[a]! : r[a]!;
      let high = width === 64 ? r[a + 1]! : 0;
      if (count !== 0) {
        let bits = takesCarry || mask !== 0 ? carryOf(r) : 0;
        bits = shiftAny(r, what, width, low, high, count, bits);
        low = r[at.value]!;
        high = r[at.value + 1]!;
        if (mask !== 0) {
          if (isRotate) setStatus(r, bits, mask);
          else if (width === 64) leaveResult64(r, low, high, bits);
          else leaveResult(r, (low << (32 - width)) >> (32 - width), bits);
        }
      }
      if (width === 8) bytes[d] = low;
      else if (width === 16) halves[d] = low;
      else {
        r[d] = low;
        r[d + 1] = high;
      }
    };
  };

  return (step, isLive) => {
    const { what, width, count } = step;
    if (count.kind === 'immediate' && (width === 32 || width === 64)) {
      const fixed = count.low & countMask(width);
      const d = places.word(step.to);
      const a = places.word(step.from);
      let fast: Operation | null = null;
      if (!isLive) fast = width === 32 ? plain32(what, d, a, fixed) : plain64(what, d, a, fixed);
      else if (width === 32 && fixed !== 0) fast = live32(what, d, a, fixed);
      if (fast !== null) return fast;
    }
    return general(step, isLive ? step.flags & STATUS_FLAGS : 0);
  };
}

function plain32(what: Shift['what'], d: number, a: number, n: number): Operation | null {
  const h = d + 1;
  const m = (32 - n) & 31;
  switch (what) {
    case 'shl':
      return (r) => {
        r[d] = r[a]! << n;
        r[h] = 0;
      };
    case 'shr':
      return (r) => {
        r[d] = r[a]! >>> n;
        r[h] = 0;
      };
    case 'sar':
      return (r) => {
        r[d] = r[a]! >> n;
        r[h] = 0;
      };
    case 'rol':
      return (r) => {
        const value = r[a]!;
        r[d] = (value << n) | (value >>> m);
        r[h] = 0;
      };
    case 'ror':
      return (r) => {
        const value = r[a]!;
        r[d] = (value >>> n) | (value << m);
        r[h] = 0;
      };
    default:
      return null;
  }
}

function live32(what: Shift['what'], d: number, a: number, n: number): Operation | null {
  const h = d + 1;
  switch (what) {
    case 'shl':
      return (r) => {
        const value = r[a]!;
        const result = value << n;
        const carry = (value >>> (32 - n)) & 1;
        leaveResult(r, result, carry | (((result >>> 31) ^ carry) * OF));
        r[d] = result;
        r[h] = 0;
      };
    case 'shr':
      return (r) => {
        const value = r[a]!;
        const result = value >>> n;
        leaveResult(r, result, ((value >>> (n - 1)) & CF) | (((result >>> 30) & 1) * OF));
        r[d] = result;
        r[h] = 0;
      };
    case 'sar':
      return (r) => {
        const value = r[a]!;
        const result = value >> n;
        leaveResult(r, result, (value >> (n - 1)) & CF);
        r[d] = result;
        r[h] = 0;
      };
    default:
      return null;
  }
}

function plain64(what: Shift['what'], d: number, a: number, count: number): Operation | null {
  const dh = d + 1;
  const ah = a + 1;
  const isFar = count >= 32;
  const n = count & 31;
  // The other way round in two steps: a shift by 32 is one by 0.
  const m = 31 - n;
  switch (what) {
    case 'shl':
      if (isFar) {
        return (r) => {
          r[dh] = r[a]! << n;
          r[d] = 0;
        };
      }
      return (r) => {
        const low = r[a]!;
        r[dh] = (r[ah]! << n) | ((low >>> 1) >>> m);
        r[d] = low << n;
      };
    case 'shr':
      if (isFar) {
        return (r) => {
          r[d] = r[ah]! >>> n;
          r[dh] = 0;
        };
      }
      return (r) => {
        const high = r[ah]!;
        r[d] = (r[a]! >>> n) | ((high << 1) << m);
        r[dh] = high >>> n;
      };
    case 'sar':
      if (isFar) {
        return (r) => {
          const high = r[ah]!;
          r[d] = high >> n;
          r[dh] = high >> 31;
        };
      }
      return (r) => {
        const high = r[ah]!;
        r[d] = (r[a]! >>> n) | ((high << 1) << m);
        r[dh] = high >> n;
      };
    case 'rol':
    case 'ror': {
      const left = what === 'rol' ? count : (64 - count) & 63;
      const by = left & 31;
      const back = 31 - by;
      const isSwapped = left >= 32;
      const first = isSwapped ? ah : a;
      const second = isSwapped ? a : ah;
      return (r) => {
        const low = r[first]!;
        const high = r[second]!;
        r[d] = (low << by) | ((high >>> 1) >>> back);
        r[dh] = (high << by) | ((low >>> 1) >>> back);
      };
    }
    default:
      return null;
  }
}

/** SHLD and SHRD. */
export function createDoubleShift(
  state: EngineState,
  places: Places,
): (step: DoubleShift, isLive: boolean) => Operation {
  const { bytes, halves } = state;
  return (step, isLive) => {
    const { what, width } = step;
    const d = places.of(step.to, width);
    const a = places.of(step.from, width);
    const f = places.of(step.fill, width);
    const countAt = places.of(step.count, 8);
    const countBits = countMask(width);
    const isLeft = what === 'shld';
    return (r) => {
      const count = bytes[countAt]! & countBits;
      let low = width === 16 ? halves[a]! : r[a]!;
      let high = width === 64 ? r[a + 1]! : 0;
      if (count !== 0) {
        let fillLow = width === 16 ? halves[f]! : r[f]!;
        let fillHigh = width === 64 ? r[f + 1]! : 0;
        // One bit after another from the fill into the value; with 16 bits the fill comes round from a count of 17 on,
        // for which the manual defines nothing.
        const top = isLeft ? width - 1 : 0;
        let carry = 0;
        const before = signOf(low, high, width);
        for (let step1 = 0; step1 < count; step1 += 1) {
          const incoming = bitOf(fillLow, fillHigh, top);
          carry = bitOf(low, high, top);
          shiftOut(r, isLeft, width, fillLow, fillHigh, incoming);
          fillLow = r[at.value]!;
          fillHigh = r[at.value + 1]!;
          shiftOut(r, isLeft, width, low, high, incoming);
          low = r[at.value]!;
          high = r[at.value + 1]!;
        }
        if (isLive) {
          const bits = (carry !== 0 ? CF : 0) | (before !== signOf(low, high, width) ? OF : 0);
          if (width === 64) leaveResult64(r, low, high, bits);
          else leaveResult(r, (low << (32 - width)) >> (32 - width), bits);
        }
      }
      if (width === 16) halves[d] = low;
      else {
        r[d] = low;
        r[d + 1] = high;
      }
    };
  };
}

function bitOf(low: number, high: number, index: number): number {
  return ((index < 32 ? low : high) >>> (index & 31)) & 1;
}

function signOf(low: number, high: number, width: Width): number {
  return bitOf(low, high, width - 1);
}
