import { createLifter, type FlagMask, type Lift, type Step } from '@synos/machine-sim/testing';

/** A lifter that gets one thing wrong. */
export interface PlantedBug {
  readonly name: string;
  /** Instructions that show it. */
  readonly mnemonics: readonly string[];
  readonly lift: Lift;
}

const carry = 0x001;
const parity = 0x004;
const adjust = 0x010;
const zero = 0x040;
const sign = 0x080;
const overflow = 0x800;
const statusFlags = carry | parity | adjust | zero | sign | overflow;
const one = { kind: 'immediate', low: 1, high: 0 } as const;

function planted(name: string, mnemonics: readonly string[], change: (step: Step) => Step): PlantedBug {
  const lift = createLifter();
  return {
    name,
    mnemonics,
    lift: (code, at, end, rip) => {
      const lifted = lift(code, at, end, rip);
      return lifted && { ...lifted, steps: lifted.steps.map(change) };
    },
  };
}

/** Forgets to write a flag. */
function forgets(
  flag: FlagMask,
  name: string,
  mnemonics: readonly string[],
  isMeant: (step: Step) => boolean,
): PlantedBug {
  return planted(name, mnemonics, (step) =>
    isMeant(step) && 'flags' in step ? { ...step, flags: step.flags & ~flag } : step,
  );
}

const isBinary =
  (what: string) =>
  (step: Step): boolean =>
    step.op === 'binary' && step.what === what;
const isOp =
  (op: Step['op'], what?: string) =>
  (step: Step): boolean =>
    step.op === op && (what === undefined || ('what' in step && step.what === what));

/** One for each kind of flag and a few that are no flags: the comparison is to find them all. */
export const plantedBugs: readonly PlantedBug[] = [
  forgets(overflow, 'SUB without OF', ['sub'], isBinary('sub')),
  forgets(adjust, 'ADD without AF', ['add'], isBinary('add')),
  forgets(zero, 'CMP without ZF', ['cmp'], isBinary('sub')),
  forgets(carry, 'SBB without CF', ['sbb'], isBinary('sbb')),
  forgets(parity, 'XOR without PF', ['xor'], isBinary('xor')),
  forgets(sign, 'AND without SF', ['and'], isBinary('and')),
  forgets(carry, 'IMUL without CF', ['imul'], isOp('multiply')),
  forgets(statusFlags, 'SHL without flags', ['shl'], isOp('shift', 'shl')),
  forgets(carry, 'RCR without CF', ['rcr'], isOp('shift', 'rcr')),
  forgets(overflow, 'ROL without OF', ['rol'], isOp('shift', 'rol')),
  forgets(carry, 'SHRD without CF', ['shrd'], isOp('double-shift', 'shrd')),
  forgets(carry, 'NEG without CF', ['neg'], isOp('unary', 'neg')),
  forgets(overflow, 'INC without OF', ['inc'], isOp('unary', 'inc')),
  forgets(carry, 'BT without CF', ['bt'], isOp('bit-test')),
  forgets(zero, 'BSF without ZF', ['bsf'], isOp('scan', 'bsf')),
  planted('DEC that writes CF', ['dec'], (step) =>
    step.op === 'unary' && step.what === 'dec'
      ? { ...step, op: 'binary', what: 'sub', left: step.from, right: one, flags: statusFlags }
      : step,
  ),
  planted('ADC that takes no carry', ['adc'], (step) =>
    step.op === 'binary' && step.what === 'adc' ? { ...step, what: 'add' } : step,
  ),
  planted('SAR that shifts zeros in', ['sar'], (step) =>
    step.op === 'shift' && step.what === 'sar' ? { ...step, what: 'shr' } : step,
  ),
  planted('MOVSX without a sign', ['movsx'], (step) => (step.op === 'extend' ? { ...step, isSigned: false } : step)),
  planted('CMOV that keeps the upper half', ['cmov'], (step) =>
    step.op === 'move-if' ? { ...step, keepsUpper: true } : step,
  ),
  planted('SETcc of the other condition', ['set'], (step) =>
    step.op === 'set-if' ? { ...step, condition: step.condition ^ 1 } : step,
  ),
  planted('XADD that does not look whether it may store', ['xadd'], (step) =>
    step.op === 'load' ? { ...step, forWrite: false } : step,
  ),
  planted('an index that is not scaled', ['mov'], (step) =>
    step.op === 'load' ? { ...step, address: { ...step.address, scale: 1 } } : step,
  ),
  planted('a segment that adds nothing', ['mov'], (step) =>
    step.op === 'load' ? { ...step, address: { ...step.address, segment: -1 } } : step,
  ),
  planted('MOVS that does not repeat', ['movs'], (step) => (step.op === 'string' ? { ...step, repeat: 'none' } : step)),
];
