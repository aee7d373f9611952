import type { Step, Width } from '../../src/cpu/ir.js';

// The arithmetic of the CPU on unsigned numbers of a width, as the manual's pages of operations have it. A result comes
// with all six flags, and with those of them that the manual leaves undefined.

/** A number and what it does to the flags. */
export interface Result {
  readonly value: bigint;
  /** CF, PF, AF, ZF, SF, OF as they become. */
  readonly flags: number;
  /** Which of {@link flags} mean nothing. */
  readonly undefinedFlags: number;
}

export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
export const OF = 0x800;
const ALL = CF | PF | AF | ZF | SF | OF;

/** The lower bits of a number, unsigned. */
export const cut = (value: bigint, width: number): bigint => BigInt.asUintN(width, value);
/** The lower bits of a number, as two's complement. */
export const signed = (value: bigint, width: number): bigint => BigInt.asIntN(width, value);

const bit = (value: bigint, index: number): number => Number((value >> BigInt(index)) & 1n);

/** PF, ZF and SF of a result. */
function ofResult(value: bigint, width: number): number {
  let ones = 0;
  for (let index = 0; index < 8; index++) ones += bit(value, index);
  return (ones % 2 === 0 ? PF : 0) | (value === 0n ? ZF : 0) | (bit(value, width - 1) === 1 ? SF : 0);
}

const when = (condition: boolean, flag: number): number => (condition ? flag : 0);

type Kind<Op extends Step['op']> = Extract<Step, { op: Op; what: string }>['what'];

function sum(left: bigint, right: bigint, carry: bigint, width: Width): Result {
  const value = cut(left + right + carry, width);
  const exact = signed(left, width) + signed(right, width) + carry;
  const flags =
    ofResult(value, width) |
    when(left + right + carry !== value, CF) |
    when(cut(left, 4) + cut(right, 4) + carry > 15n, AF) |
    when(exact !== signed(value, width), OF);
  return { value, flags, undefinedFlags: 0 };
}

function difference(left: bigint, right: bigint, borrow: bigint, width: Width): Result {
  const value = cut(left - right - borrow, width);
  const exact = signed(left, width) - signed(right, width) - borrow;
  const flags =
    ofResult(value, width) |
    when(left < right + borrow, CF) |
    when(cut(left, 4) < cut(right, 4) + borrow, AF) |
    when(exact !== signed(value, width), OF);
  return { value, flags, undefinedFlags: 0 };
}

export function binary(what: Kind<'binary'>, left: bigint, right: bigint, width: Width, flags: number): Result {
  const carry = BigInt(flags & CF);
  switch (what) {
    case 'add':
      return sum(left, right, 0n, width);
    case 'adc':
      return sum(left, right, carry, width);
    case 'sub':
      return difference(left, right, 0n, width);
    case 'sbb':
      return difference(left, right, carry, width);
  }
  const value = what === 'and' ? left & right : what === 'or' ? left | right : left ^ right;
  return { value, flags: ofResult(value, width), undefinedFlags: AF };
}

export function unary(what: Kind<'unary'>, from: bigint, width: Width): Result {
  switch (what) {
    case 'inc':
      return sum(from, 1n, 0n, width);
    case 'dec':
      return difference(from, 1n, 0n, width);
    case 'neg':
      return difference(0n, from, 0n, width);
    case 'not':
      return { value: cut(~from, width), flags: 0, undefinedFlags: 0 };
  }
}

/** Shifts and rotates, one bit after the other. `null` where the count is 0: no flag is written. */
export function shift(
  what: Kind<'shift'>,
  from: bigint,
  rawCount: bigint,
  width: Width,
  flags: number,
): { readonly value: bigint; readonly result: Result | null } {
  const count = Number(cut(rawCount, width === 64 ? 6 : 5));
  if (count === 0) return { value: from, result: null };
  let value = from;
  let carry = flags & CF;
  let overflow = false;
  const top = 1n << BigInt(width - 1);
  for (let done = 0; done < count; done++) {
    const first = bit(value, width - 1);
    const last = bit(value, 0);
    const rest = value >> 1n;
    const up = cut(value << 1n, width);
    const carryIn = carry;
    switch (what) {
      case 'shl':
        [value, carry] = [up, first];
        break;
      case 'shr':
        [value, carry] = [rest, last];
        break;
      case 'sar':
        [value, carry] = [rest | (value & top), last];
        break;
      case 'rol':
        [value, carry] = [up | BigInt(first), first];
        break;
      case 'ror':
        [value, carry] = [rest | (last === 1 ? top : 0n), last];
        break;
      case 'rcl':
        [value, carry] = [up | BigInt(carryIn), first];
        break;
      case 'rcr':
        [value, carry] = [rest | (carryIn === 1 ? top : 0n), last];
        break;
    }
    // The sign changed: so for one bit all seven have it, in the manual's words or in others.
    overflow = bit(value, width - 1) !== first;
  }
  const isRotation = what.startsWith('r');
  const lostCarry = (what === 'shl' || what === 'shr') && count >= width;
  return {
    value,
    result: {
      value,
      flags: when(carry === 1, CF) | when(overflow, OF) | ofResult(value, width),
      undefinedFlags: (count === 1 ? 0 : OF) | (isRotation ? 0 : AF) | when(lostCarry, CF),
    },
  };
}

/** `null` where the count is 0. Where it is more than the width nothing is defined. */
export function doubleShift(
  what: Kind<'double-shift'>,
  from: bigint,
  fill: bigint,
  rawCount: bigint,
  width: Width,
): (Result & { readonly isDefined: boolean }) | null {
  const count = Number(cut(rawCount, width === 64 ? 6 : 5));
  if (count === 0) return null;
  if (count > width) return { value: from, flags: 0, undefinedFlags: ALL, isDefined: false };
  const value =
    what === 'shld'
      ? cut((((from << BigInt(width)) | fill) << BigInt(count)) >> BigInt(width), width)
      : cut(((fill << BigInt(width)) | from) >> BigInt(count), width);
  const carry = what === 'shld' ? bit(from, width - count) : bit(from, count - 1);
  const flags =
    ofResult(value, width) | when(carry === 1, CF) | when(bit(value, width - 1) !== bit(from, width - 1), OF);
  return { value, flags, undefinedFlags: AF | (count === 1 ? 0 : OF), isDefined: true };
}

export function multiply(
  isSigned: boolean,
  left: bigint,
  right: bigint,
  width: Width,
): Result & { readonly high: bigint } {
  const product = isSigned ? signed(left, width) * signed(right, width) : left * right;
  const value = cut(product, width);
  const fits = isSigned ? signed(value, width) === product : value === product;
  return {
    value,
    high: cut(product >> BigInt(width), width),
    flags: when(!fits, CF | OF),
    undefinedFlags: PF | AF | ZF | SF,
  };
}

/** `null`: #DE. */
export function divide(
  isSigned: boolean,
  high: bigint,
  low: bigint,
  divisor: bigint,
  width: Width,
): { readonly quotient: bigint; readonly remainder: bigint } | null {
  if (divisor === 0n) return null;
  const wide = (high << BigInt(width)) | low;
  const dividend = isSigned ? signed(wide, width * 2) : wide;
  const by = isSigned ? signed(divisor, width) : divisor;
  const quotient = dividend / by;
  if (quotient !== (isSigned ? signed(quotient, width) : cut(quotient, width))) return null;
  return { quotient: cut(quotient, width), remainder: cut(dividend % by, width) };
}

/** `value` is -1 where the destination is left alone. */
export function scan(what: Kind<'scan'>, from: bigint, width: Width): Result {
  const ones = [...Array(width).keys()].filter((index) => bit(from, index) === 1);
  const lowest = ones.length === 0 ? -1 : Math.min(...ones);
  const highest = ones.length === 0 ? -1 : Math.max(...ones);
  switch (what) {
    case 'bsf':
      return { value: BigInt(lowest), flags: when(from === 0n, ZF), undefinedFlags: ALL & ~ZF };
    case 'bsr':
      return { value: BigInt(highest), flags: when(from === 0n, ZF), undefinedFlags: ALL & ~ZF };
    case 'popcnt':
      return { value: BigInt(ones.length), flags: when(from === 0n, ZF), undefinedFlags: 0 };
  }
  const count = from === 0n ? width : what === 'tzcnt' ? lowest : width - 1 - highest;
  return {
    value: BigInt(count),
    flags: when(from === 0n, CF) | when(count === 0, ZF),
    undefinedFlags: ALL & ~(CF | ZF),
  };
}

/** The sixteen conditions (SDM vol. 1, appendix B). */
export function holds(condition: number, flags: number): boolean {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const table: readonly boolean[] = [
    has(OF),
    has(CF),
    has(ZF),
    has(CF) || has(ZF),
    has(SF),
    has(PF),
    has(SF) !== has(OF),
    has(ZF) || has(SF) !== has(OF),
  ];
  return table[condition >> 1] !== ((condition & 1) === 1);
}
