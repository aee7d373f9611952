import { DATA, FS_BASE } from '../layout.js';
import { badAddress, goodAddress, segmentBase } from './addressing.js';
import { type Draft, rax, rbp, rbx, rcx, rdi, rdx, rsi, rsp } from './draft.js';
import { anyValue, edgeValue } from './values.js';

// What instructions use without naming it: the stack, strings, tables, counters, dividends.

/** TF and AC: the first would trap behind each instruction, the second wherever memory is not aligned. */
const notForPopf = ~0x4_0100n;

/** Prefixes that an implied operand has, found while it was made. */
export interface Implied {
  /** The prefix of a segment, 0 for none. */
  readonly segment: number;
  /** Addresses and counts have 32 bits. */
  readonly is32: boolean;
}

/**
 * A stack in the middle of memory, or where it faults, and what is popped from it.
 *
 * @param isFaulting - it is on the stack that a fault is sought
 */
export function prepareStack(draft: Draft, isFaulting: boolean): void {
  const { chance, form, seeksFault, bytes } = draft;
  const { mnemonic } = form;
  const size = form.kind === 'stack' ? bytes : 8;
  const pushes = mnemonic.startsWith('push') || mnemonic === 'call' || mnemonic === 'enter';
  const at = isFaulting ? badAddress(chance, size) : DATA + 0x1000 + chance.below(0xe00);
  draft.set(rsp, at + (pushes ? size : 0));
  if (mnemonic === 'ret') draft.poke(at, 8, BigInt(draft.codeTarget()));
  else if (mnemonic === 'popf') draft.poke(at, size, anyValue(chance) & notForPopf);
  else if (mnemonic === 'pop') draft.poke(at, size, edgeValue(chance));
  else if (mnemonic === 'leave') draft.set(rbp, draft.address(bytes));
  else if (mnemonic === 'enter') {
    draft.set(rbp, seeksFault && chance.once(2) ? badAddress(chance, bytes) : goodAddress(chance, 8));
  }
}

/** Source, target and count of a string instruction. */
export function prepareString(draft: Draft): Implied {
  const { chance, form, bytes } = draft;
  // One of the two faults, or both.
  const source = chance.once(2) ? draft.address(bytes) : goodAddress(chance, bytes);
  const apart = chance.once(2) ? draft.address(bytes) : goodAddress(chance, bytes);
  const target = chance.once(4) ? source + chance.below(33) - 16 : apart;
  const count = chance.once(6) ? chance.below(3000) : chance.below(12);
  const is32 = chance.once(8) && source < 2 ** 32 && target < 2 ** 32;
  const upper = is32 ? anyValue(chance) & ~0xffff_ffffn : 0n;
  const segment = chance.once(6) && source >= FS_BASE ? chance.pick([0x64, 0x65]) : 0;
  draft.set(rsi, upper | BigInt(source - segmentBase(segment)));
  draft.set(rdi, upper | BigInt(target));
  draft.set(rcx, upper | BigInt(count));
  if (form.repeats === 'compare' && chance.once(2)) {
    // Some elements alike, so that a comparison goes on.
    const text = chance.once(2) ? anyValue(chance) : BigInt(chance.below(3) - 1);
    const twice = (text << 64n) | BigInt.asUintN(64, text);
    draft.poke(source, 16, twice);
    draft.poke(target, 16, twice);
    draft.set(rax, text);
  }
  return { segment, is32 };
}

/** The table of XLAT. */
export function prepareTable(draft: Draft): Implied {
  const at = draft.address(1);
  draft.set(rbx, BigInt(at) - BigInt.asUintN(8, draft.values[rax]!));
  return { segment: 0, is32: draft.chance.once(8) && at < 2 ** 32 };
}

/** The count of LOOP and JRCXZ: near its end, or with a lower half that is. */
export function prepareCounter(draft: Draft): Implied {
  const { chance } = draft;
  const kind = chance.below(4);
  const upper = anyValue(chance) & ~0xffff_ffffn;
  draft.set(rcx, kind < 2 ? BigInt(chance.below(4)) : kind === 2 ? upper : edgeValue(chance));
  return { segment: 0, is32: chance.once(4) };
}

/** So that most quotients fit: the upper half of the dividend is small, or an extension of the lower one. */
export function prepareDividend(draft: Draft): void {
  const { chance, form, width, values } = draft;
  if (width === 8) {
    draft.suggest(rax, (values[rax]! & ~0xffffn) | BigInt(chance.below(300)));
    return;
  }
  const sign = BigInt.asIntN(width, values[rax]!) < 0n ? -1n : 0n;
  const extension = form.mnemonic === 'idiv' ? sign : 0n;
  draft.suggest(rdx, chance.once(2) ? extension : BigInt(chance.below(5)));
}
