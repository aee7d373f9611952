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

/**
 * Shifts or rotates bit by bit, any kind and width: for what is rare. The value has no bits above its width.
 *
 * @param count - 1 or more
 * @param carry - CF before
 * @returns CF and OF after. The result is in `at.value`
 */
export function shiftAny(
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
  // As for a count of 1; for others the manual leaves OF undefined (SDM vol. 2, SAL and RCL).
  let overflow = 0;
  if (isLeft) overflow = bit(top) ^ cf;
  else if (what !== 'sar') overflow = bit(top) ^ bit(top - 1);
  return (cf !== 0 ? rflag.carry : 0) | (overflow !== 0 ? rflag.overflow : 0);
}
