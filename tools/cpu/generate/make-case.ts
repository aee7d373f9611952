import type { CpuCase, Poke } from '../cpu-case.js';
import { CODE, CODE_END, DATA, FS_BASE, PAGE_BYTES } from '../layout.js';
import { type Addressing, addressingOf, alignedAddress, badAddress, goodAddress, segmentBase } from './addressing.js';
import type { Combination } from './combination.js';
import { encode, immediateBytes, memoryOperandOf } from './encode.js';
import type { Chance } from './random.js';
import { hasCount, hasUndefinedResult, statusFlags, undefinedFlagsOf } from './undefined-flags.js';
import { anyValue, bytesOf, edgeValue } from './values.js';

/** A case, and what may not be compared of it. */
export interface MadeCase extends CpuCase {
  readonly undefinedFlags: number;
  /** The same where it faults: such an instruction leaves the flags alone, but for a division. */
  readonly undefinedFlagsAtFault: number;
  /** The destination of BSF and BSR, undefined when ZF is set; else -1. */
  readonly scanned: number;
  /**
   * Of several faults each CPU reports the one that it comes to first: CMPS has two operands in memory, CALL a target and
   * a stack, and ENTER copies frames by microcode, which may have stored some of them.
   */
  readonly hasFreeFault: boolean;
  readonly mnemonic: string;
}

const allRegisters: readonly number[] = Array.from({ length: 16 }, (_, i) => i);
const repeatPrefix = { none: [], lock: [0xf0], rep: [0xf3], repe: [0xf3], repne: [0xf2] } as const;
const rax = 0;
const rcx = 1;
const rdx = 2;
const rbx = 3;
const rsp = 4;
const rbp = 5;
const rsi = 6;
const rdi = 7;

/** Flags that a program may have at the start: no single step, no alignment checks. */
const settableFlags = 0x8d5 | 0x400;

const sizeOf = (operand: string, width: number): number => {
  if (operand.endsWith('b')) return 1;
  if (operand.endsWith('w')) return 2;
  if (operand.endsWith('d')) return width === 16 ? 2 : 4;
  if (operand.endsWith('q')) return 8;
  return width / 8;
};

/**
 * One instruction with everything around it.
 *
 * @param seeksFault - memory is where an access may fault
 */
export function makeCase(chance: Chance, combination: Combination, seeksFault: boolean): MadeCase {
  for (;;) {
    const made = attempt(chance, combination, seeksFault);
    if (made !== null) return made;
  }
}

function attempt(chance: Chance, { form, width, place, modifier }: Combination, seeksFault: boolean): MadeCase | null {
  const { mnemonic, operands } = form;
  const values = new BigInt64Array(16);
  for (let i = 0; i < 16; i++) values[i] = edgeValue(chance);
  const pokes: Poke[] = [];
  const bytes = width / 8;
  const operand = memoryOperandOf(form);
  const isLocked = modifier === 'lock';
  const address = (size: number, fault = seeksFault): number =>
    fault ? badAddress(chance, size) : isLocked ? alignedAddress(chance, size) : goodAddress(chance, size);
  const set = (register: number, value: bigint | number): void => {
    values[register] = BigInt.asIntN(64, BigInt(value));
  };
  const poke = (at: number, length: number, value: bigint): void => {
    if (pokes.length < 3) pokes.push({ address: at, bytes: bytesOf(value, length) });
  };
  const codeTarget = (): number =>
    seeksFault && chance.once(2)
      ? chance.pick([2 ** 47, DATA + 8, CODE_END, 0x1001_8000, 2 ** 47 - 1])
      : CODE + chance.below(PAGE_BYTES * 2 - 64);

  // What is implied: stacks, strings, tables. A stack is used from the middle of memory, or where it faults.
  const usesStack = form.kind === 'stack' || mnemonic === 'call' || mnemonic === 'ret';
  // Where there are two places in memory, one of them faults.
  const faultsOnStack = seeksFault && usesStack && (place !== 'memory' || chance.once(2));
  const stackBytes = form.kind === 'stack' ? bytes : 8;
  if (usesStack) {
    const pushes = mnemonic.startsWith('push') || mnemonic === 'call' || mnemonic === 'enter';
    const at = faultsOnStack ? badAddress(chance, stackBytes) : DATA + 0x1000 + chance.below(0xe00);
    set(rsp, at + (pushes ? stackBytes : 0));
    if (mnemonic === 'ret') poke(at, 8, BigInt(codeTarget()));
    else if (mnemonic === 'popf') poke(at, stackBytes, anyValue(chance) & ~0x4_0100n);
    else if (mnemonic === 'pop') poke(at, stackBytes, edgeValue(chance));
    if (mnemonic === 'enter')
      set(rbp, seeksFault && chance.once(2) ? badAddress(chance, bytes) : goodAddress(chance, 8));
    if (mnemonic === 'leave') set(rbp, address(bytes));
  }
  const isString = form.repeats !== 'none';
  let segment = 0;
  let is32 = chance.once(8) && (isString || mnemonic.startsWith('loop') || mnemonic === 'jrcxz' || mnemonic === 'xlat');
  if (form.repeats !== 'none') {
    const source = chance.once(2) ? address(bytes) : goodAddress(chance, bytes);
    let target = chance.once(2) ? address(bytes) : goodAddress(chance, bytes);
    if (chance.once(4)) target = source + chance.below(33) - 16;
    const count = chance.once(6) ? chance.below(3000) : chance.below(12);
    const isLow = source < 2 ** 32 && target < 2 ** 32;
    is32 &&= isLow;
    const upper = is32 ? anyValue(chance) & ~0xffff_ffffn : 0n;
    if (chance.once(6) && source >= FS_BASE) segment = chance.pick([0x64, 0x65]);
    set(rsi, upper | BigInt(source - segmentBase(segment)));
    set(rdi, upper | BigInt(target));
    set(rcx, upper | BigInt(count));
    if (form.repeats === 'compare' && chance.once(2)) {
      // Some elements alike, so that a comparison goes on.
      const text = chance.once(2) ? anyValue(chance) : BigInt.asIntN(64, BigInt(chance.below(3) - 1));
      poke(source, 16, (text << 64n) | BigInt.asUintN(64, text));
      poke(target, 16, (text << 64n) | BigInt.asUintN(64, text));
      set(rax, text);
    }
  }
  if (mnemonic === 'xlat') {
    const at = address(1);
    is32 &&= at < 2 ** 32;
    set(rbx, BigInt(at) - (BigInt.asUintN(8, values[rax]!) as bigint));
  }
  if (mnemonic.startsWith('loop') || mnemonic === 'jrcxz') {
    set(
      rcx,
      chance.once(2) ? BigInt(chance.below(4)) : chance.once(2) ? anyValue(chance) & ~0xffff_ffffn : edgeValue(chance),
    );
  }

  // Of control registers some do not exist.
  const register = form.isPrivileged ? 0 : chance.below(16);
  const immediates = operands.filter((it) => immediateBytes(it, width) > 0).map((it) => immediateOf(it));
  function immediateOf(it: string): bigint {
    if (mnemonic === 'enter')
      return it === 'Iw' ? BigInt(chance.pick([0, 8, 16, 100, 0xfff])) : BigInt(chance.pick([0, 0, 1, 2, 5, 31, 33]));
    // Not into the branch itself, which might never end.
    if (it === 'Jb')
      return chance.pick([0n, 1n, 127n, -128n, BigInt(chance.below(128)), BigInt(-16 - chance.below(112))]);
    // Targets of branches stay among pages of code, mostly.
    if (it === 'Jz')
      return BigInt(seeksFault ? chance.pick([0x2000, 0x1_0000 - 0x3000, -0x4000]) : chance.below(0x1e00) - 0x800);
    return edgeValue(chance);
  }

  // The operand in memory.
  let addressing: Addressing | null = null;
  let size = 0;
  if (place === 'memory') {
    const isWide = mnemonic === 'cmpxchg8b';
    size = isWide ? bytes * 2 : sizeOf(operand!, form.kind === 'control' ? 64 : width);
    let target = address(Math.max(size, 1), seeksFault && !faultsOnStack);
    if (isWide && width === 64 && !chance.once(8)) target -= target % 16;
    addressing = addressingOf(chance, target, allRegisters, false);
    for (const { register: at, value } of addressing.set) set(at, value);
    const content = edgeValue(chance);
    if (form.kind === 'control') poke(target, 8, BigInt(codeTarget()));
    else if (isWide) {
      poke(target, size, (edgeValue(chance) << BigInt(width)) | BigInt.asUintN(width, content));
      if (chance.once(2)) {
        const upper = edgeValue(chance);
        pokes.pop();
        poke(target, size, (upper << BigInt(width)) | BigInt.asUintN(width, content));
        setUnless(addressing, rax, content);
        setUnless(addressing, rdx, upper);
      }
    } else if (!chance.once(3)) {
      poke(target, Math.max(1, size), content);
      if (mnemonic === 'cmpxchg' && chance.once(2)) setUnless(addressing, rax, content);
    }
  }
  function setUnless(used: Addressing, at: number, value: bigint): void {
    if (!used.set.some((it) => it.register === at)) set(at, value);
  }
  // SWAPGS is a whole ModRM byte.
  const rm = addressing?.operand ?? (mnemonic === 'swapgs' ? 0 : chance.below(16));
  if (form.kind === 'control' && typeof rm === 'number' && operand !== undefined) set(rm, codeTarget());
  if (mnemonic === 'cmpxchg' && typeof rm === 'number' && chance.once(2)) set(rax, values[rm]!);
  // Bits of memory reach beyond the operand: by 2^28 bytes, but not here.
  if (mnemonic.startsWith('bt') && operands.includes('Gv') && addressing !== null && !chance.once(6)) {
    const bit = BigInt(chance.below(8000) - 4000);
    setUnless(
      addressing,
      register,
      width === 64 ? bit : (anyValue(chance) & ~((1n << BigInt(width)) - 1n)) | BigInt.asUintN(width, bit),
    );
  }
  if ((mnemonic === 'div' || mnemonic === 'idiv') && !chance.once(4)) makeDivisible();
  /** So that most quotients fit: the upper half of the dividend is an extension of the lower one, or small. */
  function makeDivisible(): void {
    const isUsed = (at: number): boolean => addressing?.set.some((it) => it.register === at) ?? rm === at;
    if (width === 8) {
      if (!isUsed(rax)) set(rax, (values[rax]! & ~0xffffn) | BigInt(chance.below(300)));
    } else if (!isUsed(rdx)) {
      const low = BigInt.asIntN(width, values[rax]!);
      const kind = chance.below(3);
      set(rdx, kind === 0 ? 0n : kind === 1 && mnemonic === 'idiv' ? (low < 0n ? -1n : 0n) : BigInt(chance.below(5)));
    }
  }

  const offset = BigInt(address(bytes));
  if (operands.some((it) => it.startsWith('O'))) is32 = chance.once(6) && offset < 2n ** 32n;
  is32 ||= addressing?.is32 ?? false;
  const spareRex = chance.once(6)
    ? 0x40 | (operand === undefined && !operands.some((it) => it.startsWith('Z')) ? chance.below(8) : 0)
    : 0;
  // Segments without a base, and 66 where it means nothing.
  const noise = chance.once(12) ? [chance.pick([0x26, 0x2e, 0x36, 0x3e])] : [];
  segment ||= addressing?.segment ?? 0;
  const prefixes = [...(segment ? [segment] : noise), ...repeatPrefix[modifier]];
  if (chance.once(2)) prefixes.reverse();
  const condition = chance.below(16);
  const encoded = encode(form, { width, condition, register, rm, immediates, offset, is32, prefixes, spareRex });
  const code = encoded.bytes;

  // Somewhere in the first page: across its end, or so that short branches land among code.
  const ip =
    form.kind !== 'control' && chance.once(8)
      ? CODE + PAGE_BYTES - chance.below(code.length)
      : CODE + 0x800 + chance.below(0x700);
  if (addressing?.operand.base === 'ip') {
    new DataView(code.buffer).setInt32(encoded.displacementAt, addressing.target - (ip + code.length), true);
  }

  const count = operands.includes('CL')
    ? Number(values[rcx]! & 0xffn)
    : operands.includes('one')
      ? 1
      : Number(BigInt.asUintN(8, immediates.at(-1) ?? 0n));
  if (hasCount(mnemonic) && hasUndefinedResult(mnemonic, width, count)) return null;
  const flags = 0x202 | (chance.bits() & settableFlags);
  return {
    registers: new Int32Array(values.buffer),
    flags,
    ip,
    code,
    pokes,
    undefinedFlags: undefinedFlagsOf(form, width, count),
    undefinedFlagsAtFault: mnemonic === 'div' || mnemonic === 'idiv' ? statusFlags : 0,
    scanned: mnemonic === 'bsf' || mnemonic === 'bsr' ? register : -1,
    hasFreeFault: mnemonic === 'cmps' || mnemonic === 'enter' || mnemonic === 'call',
    mnemonic,
  };
}
