import { rflag } from '@synos/trap';
import type { Step, Width } from '../ir.js';
import { at } from './state.js';

type What = Extract<Step, { op: 'shift' }>['what'];

/** Shifts a value of `width` by one bit, another coming in, into `at.value`. */
export function shiftOut(
  r: Int32Array,
  isLeft: boolean,
  width: Width,
  low: number,
  high: number,
  incoming: number,
): void {
  if (isLeft) {
    r[at.value + 1] = width === 64 ? (high << 1) | (low >>> 31) : 0;
    const shifted = (low << 1) | incoming;
    r[at.value] = width < 32 ? shifted & (2 ** width - 1) : shifted;
    return;
  }
  if (width === 64) {
    r[at.value] = (low >>> 1) | (high << 31);
    r[at.value + 1] = (high >>> 1) | (incoming << 31);
  } else {
    r[at.value] = (low >>> 1) | (incoming << (width - 1));
    r[at.value + 1] = 0;
  }
}

/** Those that CF has no part in. */
type Wide = Exclude<What, 'rcl' | 'rcr'>;

/** Shifts 32 bits at once, by 1 to 31, into `at.value`; the bit that went out last comes back. */
function shift32(r: Int32Array, what: Wide, value: number, count: number): number {
  let result: number;
  let out: number;
  switch (what) {
    case 'shl':
      result = value << count;
      out = value >>> (32 - count);
      break;
    case 'shr':
      result = value >>> count;
      out = value >>> (count - 1);
      break;
    case 'sar':
      result = value >> count;
      out = value >>> (count - 1);
      break;
    case 'rol':
      result = (value << count) | (value >>> (32 - count));
      out = result;
      break;
    case 'ror':
      result = (value >>> count) | (value << (32 - count));
      out = result >>> 31;
      break;
  }
  r[at.value] = result;
  r[at.value + 1] = 0;
  return out & 1;
}

/** The same with 64 bits, by 1 to 63. */
function shift64(r: Int32Array, what: Wide, low: number, high: number, count: number): number {
  const isFar = count >= 32;
  const n = count & 31;
  const m = 31 - n;
  const bit = (index: number): number => ((index < 32 ? low : high) >>> (index & 31)) & 1;
  switch (what) {
    case 'shl':
      r[at.value] = isFar ? 0 : low << n;
      r[at.value + 1] = isFar ? low << n : (high << n) | ((low >>> 1) >>> m);
      return bit(64 - count);
    case 'shr':
      r[at.value] = isFar ? high >>> n : (low >>> n) | ((high << 1) << m);
      r[at.value + 1] = isFar ? 0 : high >>> n;
      return bit(count - 1);
    case 'sar':
      r[at.value] = isFar ? high >> n : (low >>> n) | ((high << 1) << m);
      r[at.value + 1] = isFar ? high >> 31 : high >> n;
      return bit(count - 1);
    case 'rol':
    case 'ror': {
      const left = what === 'rol' ? count : 64 - count;
      const by = left & 31;
      const back = 31 - by;
      const first = left >= 32 ? high : low;
      const second = left >= 32 ? low : high;
      const resultLow = (first << by) | ((second >>> 1) >>> back);
      const resultHigh = (second << by) | ((first >>> 1) >>> back);
      r[at.value] = resultLow;
      r[at.value + 1] = resultHigh;
      return what === 'rol' ? resultLow & 1 : resultHigh >>> 31;
    }
  }
}

/** Shifts or rotates bit by bit, any kind and width, into `at.value`; the bit that went out last comes back. */
function shiftByOnes(
  r: Int32Array,
  what: What,
  width: Width,
  valueLow: number,
  valueHigh: number,
  count: number,
  carry: number,
): number {
  let low = valueLow;
  let high = valueHigh;
  let cf = carry;
  const top = width - 1;
  const bit = (index: number): number => ((index < 32 ? low : high) >>> (index & 31)) & 1;
  const isLeft = what === 'shl' || what === 'rol' || what === 'rcl';
  for (let done = 0; done < count; done += 1) {
    const out = isLeft ? bit(top) : bit(0);
    let incoming = 0;
    if (what === 'sar') incoming = bit(top);
    else if (what === 'rol' || what === 'ror') incoming = out;
    else if (what === 'rcl' || what === 'rcr') incoming = cf;
    cf = out;
    shiftOut(r, isLeft, width, low, high, incoming);
    low = r[at.value]!;
    high = r[at.value + 1]!;
  }
  return cf;
}

/**
 * Shifts or rotates, any kind and width. The value has no bits above its width.
 *
 * @param count - 1 to 63; below 32 where the width is not 64
 * @param carry - CF before
 * @returns CF and OF after. The result is in `at.value`
 */
export function shiftAny(
  r: Int32Array,
  what: What,
  width: Width,
  low: number,
  high: number,
  count: number,
  carry: number,
): number {
  let cf: number;
  if (width < 32 || what === 'rcl' || what === 'rcr') cf = shiftByOnes(r, what, width, low, high, count, carry);
  else if (width === 32) cf = shift32(r, what, low, count);
  else cf = shift64(r, what, low, high, count);
  // As for a count of 1; for others the manual leaves OF undefined (SDM vol. 2, SAL and RCL).
  const topWord = width === 64 ? r[at.value + 1]! : r[at.value]! << (32 - width);
  const top = topWord >>> 31;
  let overflow = 0;
  if (what === 'shl' || what === 'rol' || what === 'rcl') overflow = top ^ cf;
  else if (what !== 'sar') overflow = top ^ ((topWord >>> 30) & 1);
  return (cf !== 0 ? rflag.carry : 0) | (overflow !== 0 ? rflag.overflow : 0);
}
