import { rflag } from '@synos/trap';
import { type Condition, STATUS_FLAGS } from '../ir.js';
import { at } from './state.js';

// Flags are not worked out when they are written: what wrote them leaves its operands, and who reads them works out
// what it wants to know. Most are never read.

/** How the status flags follow from what was left. */
export const flagKind = {
  /** `flagBits` are all six. */
  bits: 0,
  /** ZF, SF and PF from a result of 32 bits (narrower ones extended with their sign); CF, AF and OF from `flagBits`. */
  result32: 1,
  result64: 2,
  /** Of left - right. */
  sub32: 3,
  sub64: 4,
  /** Of left + right. */
  add32: 5,
  add64: 6,
} as const;

const { carry: CF, parity: PF, adjust: AF, zero: ZF, sign: SF, overflow: OF } = rflag;

/** PF of a result: whether its low byte has an even number of bits set. */
function parityOf(result: number): number {
  const folded = (result ^ (result >> 4)) & 15;
  return ((0x9669 >> folded) & 1) << 2;
}

/** CF, as 0 or 1. */
export function carryOf(r: Int32Array): number {
  switch (r[at.flagKind]) {
    case flagKind.sub32:
      return r[at.flagLeft]! >>> 0 < r[at.flagRight]! >>> 0 ? 1 : 0;
    case flagKind.sub64: {
      const left = r[at.flagLeft + 1]!;
      const right = r[at.flagRight + 1]!;
      if (left !== right) return left >>> 0 < right >>> 0 ? 1 : 0;
      return r[at.flagLeft]! >>> 0 < r[at.flagRight]! >>> 0 ? 1 : 0;
    }
    case flagKind.add32:
      return (r[at.flagLeft]! + r[at.flagRight]!) >>> 0 < r[at.flagLeft]! >>> 0 ? 1 : 0;
    case flagKind.add64: {
      const low = (r[at.flagLeft]! + r[at.flagRight]!) | 0;
      const carry = low >>> 0 < r[at.flagLeft]! >>> 0 ? 1 : 0;
      return (r[at.flagLeft + 1]! >>> 0) + (r[at.flagRight + 1]! >>> 0) + carry > 0xffff_ffff ? 1 : 0;
    }
    default:
      return r[at.flagBits]! & CF;
  }
}

function isZero(r: Int32Array): boolean {
  switch (r[at.flagKind]) {
    case flagKind.result32:
      return r[at.flagResult] === 0;
    case flagKind.result64:
      return (r[at.flagResult]! | r[at.flagResult + 1]!) === 0;
    case flagKind.sub32:
      return r[at.flagLeft] === r[at.flagRight];
    case flagKind.sub64:
      return r[at.flagLeft] === r[at.flagRight] && r[at.flagLeft + 1] === r[at.flagRight + 1];
    case flagKind.add32:
      return ((r[at.flagLeft]! + r[at.flagRight]!) | 0) === 0;
    default:
      return (statusOf(r) & ZF) !== 0;
  }
}

function isNegative(r: Int32Array): boolean {
  switch (r[at.flagKind]) {
    case flagKind.result32:
      return r[at.flagResult]! < 0;
    case flagKind.result64:
      return r[at.flagResult + 1]! < 0;
    case flagKind.sub32:
      return ((r[at.flagLeft]! - r[at.flagRight]!) | 0) < 0;
    case flagKind.add32:
      return ((r[at.flagLeft]! + r[at.flagRight]!) | 0) < 0;
    default:
      return (statusOf(r) & SF) !== 0;
  }
}

/** SF differs from OF. */
function isLess(r: Int32Array): boolean {
  switch (r[at.flagKind]) {
    case flagKind.sub32:
      return r[at.flagLeft]! < r[at.flagRight]!;
    case flagKind.sub64: {
      const left = r[at.flagLeft + 1]!;
      const right = r[at.flagRight + 1]!;
      return left !== right ? left < right : r[at.flagLeft]! >>> 0 < r[at.flagRight]! >>> 0;
    }
    default: {
      const status = statusOf(r);
      return ((status >> 4) & SF) !== (status & SF);
    }
  }
}

/** Whether a condition holds (SDM vol. 1, appendix B). */
export function holds(r: Int32Array, condition: Condition): boolean {
  let result: boolean;
  switch (condition >> 1) {
    case 0:
      result = (statusOf(r) & OF) !== 0;
      break;
    case 1:
      result = carryOf(r) !== 0;
      break;
    case 2:
      result = isZero(r);
      break;
    case 3:
      result = carryOf(r) !== 0 || isZero(r);
      break;
    case 4:
      result = isNegative(r);
      break;
    case 5:
      result = (statusOf(r) & PF) !== 0;
      break;
    case 6:
      result = isLess(r);
      break;
    default:
      result = isZero(r) || isLess(r);
  }
  return (condition & 1) === 0 ? result : !result;
}

/** The six status flags as bits. */
export function statusOf(r: Int32Array): number {
  const kind = r[at.flagKind]!;
  if (kind === flagKind.bits) return r[at.flagBits]!;
  let low = r[at.flagResult]!;
  let high = low;
  let bits: number;
  if (kind <= flagKind.result64) {
    bits = r[at.flagBits]! & (CF | AF | OF);
    if (kind === flagKind.result64) high = r[at.flagResult + 1]!;
  } else {
    const left = r[at.flagLeft]!;
    const right = r[at.flagRight]!;
    const is64 = kind === flagKind.sub64 || kind === flagKind.add64;
    const leftTop = is64 ? r[at.flagLeft + 1]! : left;
    const rightTop = is64 ? r[at.flagRight + 1]! : right;
    bits = carryOf(r);
    if (kind === flagKind.sub32 || kind === flagKind.sub64) {
      low = (left - right) | 0;
      high = is64 ? (leftTop - rightTop - (left >>> 0 < right >>> 0 ? 1 : 0)) | 0 : low;
      bits |= (((leftTop ^ rightTop) & (leftTop ^ high)) >>> 31) * OF;
    } else {
      low = (left + right) | 0;
      high = is64 ? (leftTop + rightTop + (low >>> 0 < left >>> 0 ? 1 : 0)) | 0 : low;
      bits |= (((leftTop ^ high) & (rightTop ^ high)) >>> 31) * OF;
    }
    bits |= (left ^ right ^ low) & AF;
  }
  if (kind === flagKind.result64 || kind === flagKind.sub64 || kind === flagKind.add64) {
    if ((low | high) === 0) bits |= ZF;
  } else if (low === 0) bits |= ZF;
  if (high < 0) bits |= SF;
  return bits | parityOf(low);
}

/** Sets the status flags of `mask` from bits. */
export function setStatus(r: Int32Array, bits: number, mask: number): void {
  const status = mask === STATUS_FLAGS ? bits : (statusOf(r) & ~mask) | (bits & mask);
  r[at.flagBits] = status & STATUS_FLAGS;
  r[at.flagKind] = flagKind.bits;
}

/** Leaves a result of 32 bits, or of fewer extended with its sign, and CF, AF and OF. */
export function leaveResult(r: Int32Array, result: number, bits: number): void {
  r[at.flagKind] = flagKind.result32;
  r[at.flagResult] = result;
  r[at.flagBits] = bits;
}

/** Leaves a result of 64 bits, and CF, AF and OF. */
export function leaveResult64(r: Int32Array, low: number, high: number, bits: number): void {
  r[at.flagKind] = flagKind.result64;
  r[at.flagResult] = low;
  r[at.flagResult + 1] = high;
  r[at.flagBits] = bits;
}

/** Leaves the flags of left - right. */
export function leaveSub(r: Int32Array, left: number, right: number): void {
  r[at.flagKind] = flagKind.sub32;
  r[at.flagLeft] = left;
  r[at.flagRight] = right;
}

/** Leaves the flags of left - right in 64 bits. */
export function leaveSub64(r: Int32Array, leftLow: number, leftHigh: number, low: number, high: number): void {
  r[at.flagKind] = flagKind.sub64;
  r[at.flagLeft] = leftLow;
  r[at.flagLeft + 1] = leftHigh;
  r[at.flagRight] = low;
  r[at.flagRight + 1] = high;
}

/** Leaves the flags of left - right of 8 or 16 bits; the operands extended with their signs. */
export function leaveNarrowSub(r: Int32Array, width: 8 | 16, left: number, right: number): void {
  const shift = 32 - width;
  const result = ((left - right) << shift) >> shift;
  let bits = left >>> 0 < right >>> 0 ? CF : 0;
  bits |= (left ^ right ^ result) & AF;
  if (((left ^ right) & (left ^ result)) < 0) bits |= OF;
  leaveResult(r, result, bits);
}
