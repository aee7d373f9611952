import { rflag } from '@synos/trap';
import { type FlagMask, STATUS_FLAGS, type Step } from '../ir.js';
import { countMask } from './shift.js';

/** What a step does with the status flags. */
export interface FlagUse {
  /** Flags that it writes, or may write. */
  readonly writes: FlagMask;
  /** It always writes them: what they were before is gone. */
  readonly isSure: boolean;
  readonly reads: FlagMask;
  /** It may fault, and a fault shows the flags as they were before the step. */
  readonly mayFault: boolean;
}

const NONE: FlagUse = { writes: 0, isSure: true, reads: 0, mayFault: false };
const FAULTS: FlagUse = { ...NONE, mayFault: true };

/** All six where those of `enough` are written: the manual leaves the others undefined, and so they cost nothing. */
function whole(flags: FlagMask, enough: FlagMask): FlagMask {
  return (flags & enough) === enough ? STATUS_FLAGS : flags;
}

const RESULT = rflag.carry | rflag.parity | rflag.zero | rflag.sign;

/** What a step does with the status flags. */
export function flagUse(step: Step): FlagUse {
  switch (step.op) {
    case 'binary': {
      const { what } = step;
      if (what === 'and' || what === 'or' || what === 'xor') {
        return { ...NONE, writes: whole(step.flags, RESULT | rflag.overflow) };
      }
      return { ...NONE, writes: step.flags, reads: what === 'adc' || what === 'sbb' ? rflag.carry : 0 };
    }
    case 'unary':
    case 'bit-test':
    case 'scan':
      return { ...NONE, writes: step.flags };
    case 'multiply':
      return { ...NONE, writes: whole(step.flags, rflag.carry | rflag.overflow) };
    case 'shift':
    case 'double-shift': {
      const takesCarry = step.what === 'rcl' || step.what === 'rcr';
      const isRotate = takesCarry || step.what === 'rol' || step.what === 'ror';
      const writes = isRotate ? step.flags : whole(step.flags, RESULT);
      const reads = takesCarry ? rflag.carry : 0;
      if (step.count.kind !== 'immediate') return { ...NONE, writes, isSure: false, reads };
      return { ...NONE, writes: (step.count.low & countMask(step.width)) === 0 ? 0 : writes, reads };
    }
    case 'set-if':
    case 'move-if':
    case 'load-flags':
      return { ...NONE, reads: STATUS_FLAGS };
    case 'store-flags':
      return { ...NONE, writes: step.mask & STATUS_FLAGS };
    case 'change-flag': {
      const writes = step.flag & STATUS_FLAGS;
      return { ...NONE, writes, reads: step.to === 'complement' ? writes : 0 };
    }
    case 'string':
      return step.what === 'cmps' || step.what === 'scas' ? { ...FAULTS, writes: STATUS_FLAGS, isSure: false } : FAULTS;
    case 'load':
    case 'store':
    case 'divide':
    case 'check-canonical':
    case 'check-aligned':
      return FAULTS;
    case 'jump':
      return NONE;
    case 'jump-if':
    case 'jump-if-zero':
    case 'jump-to':
    case 'raise':
    case 'interrupt':
    case 'syscall':
      return { ...FAULTS, reads: STATUS_FLAGS };
    default:
      return NONE;
  }
}
