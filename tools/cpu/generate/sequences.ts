import type { InstructionForm, Width } from '@synos/machine-sim/testing';
import { CODE, DATA, MAX_CODE_BYTES } from '../layout.js';
import { addressingOf, alignedAddress, badAddress, goodAddress } from './addressing.js';
import { isCompared, isPrefetch } from './combination.js';
import { encode, immediateBytes, memoryOperandOf } from './encode.js';
import { countOf, fixedFlags, type MadeCase, settableFlags } from './make-case.js';
import type { Chance } from './random.js';
import { adjust, carry, hasUndefinedResult, overflow, statusFlags, undefinedFlagsOf } from './undefined-flags.js';
import { edgeValue } from './values.js';

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
const others: readonly number[] = Array.from({ length: 16 }, (_, i) => i).filter((i) => !pointers.includes(i));

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
  const values = new BigInt64Array(16);
  for (let i = 0; i < 16; i++) values[i] = edgeValue(chance);
  values[4] = BigInt(DATA + 0x1000 + chance.below(0x80) * 8);
  const ip = CODE + 0x100 + chance.below(0x1000);
  const pieces: Uint8Array[] = [];
  const names: string[] = [];
  const used = new Set<number>();
  let undefinedFlags = 0;
  let undefinedEver = 0;
  let mayBeSkipped = false;
  const length = 2 + chance.below(4);
  const chosen = Array.from({ length }, () => chooseInstruction(chance, forms, used, values));
  for (const [i, { form, width, count, condition, bytes }] of chosen.entries()) {
    if ((flagsRead(form, condition) & undefinedFlags) !== 0) return makeSequence(chance, forms);
    // A branch goes over the next instruction, or does not go anywhere.
    if (form.kind === 'control') bytes[bytes.length - 1] = chance.once(8) ? 0 : (chosen[i + 1]?.bytes.length ?? 0);
    const own = undefinedFlagsOf(form, width, count);
    if (!mayBeSkipped && setsAll.has(form.mnemonic)) undefinedFlags = 0;
    if (!mayBeSkipped && setsAllButAdjust.has(form.mnemonic)) undefinedFlags = adjust;
    undefinedFlags |= own;
    undefinedEver |= own | (form.mnemonic.endsWith('div') ? statusFlags : 0);
    mayBeSkipped = form.kind === 'control';
    pieces.push(bytes);
    names.push(form.mnemonic);
  }
  const code = Uint8Array.from(pieces.flatMap((piece) => Array.from(piece)));
  if (code.length > MAX_CODE_BYTES) return makeSequence(chance, forms);
  return {
    registers: new Int32Array(values.buffer),
    flags: fixedFlags | (chance.bits() & settableFlags),
    ip,
    code,
    pokes: [],
    undefinedFlags,
    undefinedFlagsAtFault: undefinedEver,
    scanned: -1,
    hasFreeFault: false,
    mnemonic: names.join('; '),
  };
}

interface Chosen {
  readonly form: InstructionForm;
  readonly width: Width;
  readonly condition: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** @param pointersUsed - pointers that have a value already, in `values` */
function chooseInstruction(
  chance: Chance,
  forms: readonly InstructionForm[],
  pointersUsed: Set<number>,
  values: BigInt64Array,
): Chosen {
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
