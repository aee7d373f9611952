import type { InstructionForm, Width } from '@synos/machine-sim/testing';
import { CODE, DATA, MAX_CODE_BYTES } from '../layout.js';
import { addressingOf, alignedAddress, badAddress, goodAddress } from './addressing.js';
import { isCompared, isPrefetch } from './combination.js';
import { rsp } from './draft.js';
import { encode, immediateBytes, memoryOperandOf } from './encode.js';
import { countOf, fixedFlags, type MadeCase, settableFlags } from './make-case.js';
import type { Chance } from './random.js';
import { adjust, carry, hasUndefinedResult, overflow, statusFlags, undefinedFlagsOf } from './undefined-flags.js';
import { edgeValue, registerValues } from './values.js';

const parity = 0x004;
const zero = 0x040;
const sign = 0x080;
/** What the conditions look at, two by two (SDM vol. 1, appendix B). */
const conditionFlags = [
  overflow,
  carry,
  zero,
  carry | zero,
  sign,
  parity,
  sign | overflow,
  zero | sign | overflow,
] as const;

/** Instructions that set all status flags, or all but AF, which they leave undefined. */
const setsAll = new Set(['add', 'sub', 'adc', 'sbb', 'cmp', 'neg', 'xadd', 'cmpxchg']);
const setsAllButAdjust = new Set(['and', 'or', 'xor', 'test']);

/** These go anywhere, leave results undefined, or could set TF. */
const unfit = new Set(['bsf', 'bsr', 'popf', 'enter', 'leave', 'xlat']);

/** Addresses are in these, and nothing writes them. */
const pointers = [13, 14];
/** The count of a loop. */
const counter = 15;
const others: readonly number[] = Array.from({ length: 13 }, (_, i) => i);

function flagsRead({ mnemonic, hasCondition }: InstructionForm, condition: number): number {
  if (hasCondition) return conditionFlags[condition >> 1]!;
  switch (mnemonic) {
    case 'adc':
    case 'sbb':
    case 'rcl':
    case 'rcr':
    case 'cmc':
      return carry;
    case 'lahf':
    case 'pushf':
      return statusFlags;
    default:
      return 0;
  }
}

/** What may be in a sequence: registers and memory as here, and short branches forward. */
export function fitForms(forms: readonly InstructionForm[]): InstructionForm[] {
  return forms.filter((form) => {
    if (!isCompared(form) || isPrefetch(form) || unfit.has(form.mnemonic) || form.repeats !== 'none') return false;
    return form.kind === 'plain' || form.kind === 'stack' || (form.mnemonic === 'j' && form.operands[0] === 'Jb');
  });
}

/**
 * Two to five instructions, so that what one leaves in flags, registers and memory is what the next begins with. None
 * reads a flag that one before it left undefined.
 */
export function makeSequence(chance: Chance, forms: readonly InstructionForm[]): MadeCase {
  for (;;) {
    const start = createStart(chance);
    const body = Array.from({ length: 2 + chance.below(4) }, () => chooseInstruction(chance, forms, start));
    const flow = flowThrough(body, nothingUndefined);
    const made = flow && caseOf(chance, start, body, [], flow);
    if (made) return made;
  }
}

/** One to three instructions again and again: R15 counts, DEC and JNZ end it. */
export function makeLoop(chance: Chance, forms: readonly InstructionForm[]): MadeCase {
  for (;;) {
    const start = createStart(chance);
    start.values[counter] = BigInt(1 + chance.below(40));
    const body = Array.from({ length: 1 + chance.below(3) }, () => chooseInstruction(chance, forms, start));
    const first = flowThrough(body, nothingUndefined);
    // What the first round leaves undefined the second one begins with; DEC defines all but CF.
    const flow = first && flowThrough(body, { ...first, flags: first.flags & carry });
    if (flow === null) continue;
    const back = body.reduce((sum, { bytes }) => sum + bytes.length, 0) + decR15d.length + 2;
    const made = caseOf(chance, start, body, [...decR15d, 0x75, -back & 0xff], { ...flow, flags: flow.flags & carry });
    if (made) return made;
  }
}

/**
 * An instruction and one that asks for a condition behind it, in three ways: Jcc over INC, SETcc, CMOVcc.
 *
 * @returns `null` where the condition would read what is undefined
 */
export function makePair(chance: Chance, form: InstructionForm, condition: number): MadeCase | null {
  const start = createStart(chance);
  // All alike, for what is equal.
  if (chance.once(4)) start.values.fill(start.values[0]!, 0, rsp).fill(start.values[0]!, rsp + 1, pointers[0]);
  const body = [chooseInstruction(chance, [form], start)];
  const flow = flowThrough(body, nothingUndefined);
  if (flow === null || (conditionFlags[condition >> 1]! & flow.flags) !== 0) return null;
  const incR15 = [0x49, 0xff, 0xc7];
  const tail = chance.pick([
    [0x70 | condition, incR15.length, ...incR15],
    [0x41, 0x0f, 0x90 | condition, 0xc7],
    [0x4c, 0x0f, 0x40 | condition, 0xf8],
  ]);
  return caseOf(chance, start, body, tail, flow);
}

const decR15d = [0x41, 0xff, 0xcf];

/** What a sequence begins with. */
interface Start {
  readonly values: BigInt64Array;
  /** Pointers that have a value already. */
  readonly pointersUsed: Set<number>;
}

function createStart(chance: Chance): Start {
  const values = registerValues(chance);
  values[rsp] = BigInt(DATA + 0x1000 + chance.below(0x80) * 8);
  return { values, pointersUsed: new Set() };
}

/** What is undefined at some point. */
interface Flow {
  readonly flags: number;
  /** Flags that were undefined at any point before. */
  readonly ever: number;
}

const nothingUndefined: Flow = { flags: 0, ever: 0 };

/** What is undefined behind instructions, or `null` where one of them reads what is; branches get their distance. */
function flowThrough(body: readonly Chosen[], before: Flow): Flow | null {
  let { flags, ever } = before;
  let mayBeSkipped = false;
  for (const [i, { form, width, count, condition, bytes }] of body.entries()) {
    if ((flagsRead(form, condition) & flags) !== 0) return null;
    // A branch goes over the next instruction.
    if (form.kind === 'control') bytes[bytes.length - 1] = body[i + 1]?.bytes.length ?? 0;
    if (!mayBeSkipped && setsAll.has(form.mnemonic)) flags = 0;
    if (!mayBeSkipped && setsAllButAdjust.has(form.mnemonic)) flags = adjust;
    flags |= undefinedFlagsOf(form, width, count);
    ever |= flags | (form.mnemonic.endsWith('div') ? statusFlags : 0);
    mayBeSkipped = form.kind === 'control';
  }
  return { flags, ever };
}

function caseOf(
  chance: Chance,
  { values }: Start,
  body: readonly Chosen[],
  tail: readonly number[],
  { flags, ever }: Flow,
): MadeCase | null {
  const code = Uint8Array.from([...body.flatMap(({ bytes }) => Array.from(bytes)), ...tail]);
  if (code.length > MAX_CODE_BYTES) return null;
  return {
    registers: new Int32Array(values.buffer),
    flags: fixedFlags | (chance.bits() & settableFlags),
    ip: CODE + 0x100 + chance.below(0x1000),
    code,
    pokes: [],
    undefinedFlags: flags,
    undefinedFlagsAtFault: ever,
    scanned: -1,
    hasFreeFault: false,
    mnemonic: body.map(({ form }) => form.mnemonic).join('; '),
  };
}

interface Chosen {
  readonly form: InstructionForm;
  readonly width: Width;
  readonly condition: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

function chooseInstruction(chance: Chance, forms: readonly InstructionForm[], { values, pointersUsed }: Start): Chosen {
  for (;;) {
    const form = chance.pick(forms);
    const width = chance.pick(form.widths);
    const operand = memoryOperandOf(form);
    const register = chance.pick(others);
    const immediates = form.operands.filter((it) => immediateBytes(it, width) > 0).map(() => edgeValue(chance));
    // CL may have become anything: as if it shifted far.
    const count = countOf(form.operands, 31, immediates);
    if (hasUndefinedResult(form.mnemonic, width, count)) continue;
    const free = pointers.filter((pointer) => !pointersUsed.has(pointer));
    const wantsMemory = operand?.startsWith('M') || (operand !== undefined && chance.once(2));
    if (operand?.startsWith('M') && free.length === 0) continue;
    let rm: Parameters<typeof encode>[1]['rm'] = chance.pick(others);
    if (wantsMemory && free.length > 0) {
      // A fault in the middle: what was put off until then must be there.
      const target = chance.once(8) ? badAddress(chance, 8) : alignedAddress(chance, 16);
      const { operand: memory, set } = addressingOf(chance, target, [free[0]!], true);
      for (const { register: at, value } of set) values[at] = value;
      pointersUsed.add(free[0]!);
      rm = memory;
    }
    const condition = chance.below(16);
    const prefixes = form.canLock && typeof rm !== 'number' && chance.once(6) ? [0xf0] : [];
    const offset = BigInt(goodAddress(chance, 8));
    const choices = { width, condition, register, rm, immediates, offset, is32: false, prefixes, spareRex: 0 };
    const { bytes } = encode(form, choices);
    return { form, width, condition, count, bytes };
  }
}
