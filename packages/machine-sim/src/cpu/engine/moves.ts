import { rflag } from '@synos/trap';
import { type Address, STATUS_FLAGS, type Step } from '../ir.js';
import { holds, setStatus, statusOf } from './flags.js';
import type { Operation, Places } from './operation.js';
import { at, type EngineState } from './state.js';

type Of<Op extends Step['op']> = Extract<Step, { op: Op }>;

/** Bits of RFLAGS that can be kept: neither reserved ones nor VM, and RF lasts no longer than an instruction. */
const KEPT = 0x3c_7fd5;

/** RFLAGS. */
export function flagsWord(r: Int32Array): number {
  return statusOf(r) | r[at.systemFlags]! | rflag.one;
}

/** Sets the bits of `mask` in RFLAGS. */
export function setFlagsWord(r: Int32Array, value: number, mask: number): void {
  if ((mask & STATUS_FLAGS) !== 0) setStatus(r, value, mask & STATUS_FLAGS);
  const system = mask & KEPT & ~STATUS_FLAGS;
  r[at.systemFlags] = (r[at.systemFlags]! & ~system) | (value & system);
}

/** Moves, extensions, addresses, and the flags as data. */
export function createMoves(state: EngineState, places: Places) {
  const { bytes, halves } = state;

  const move = (step: Of<'move'>): Operation => {
    const a = places.of(step.from, step.width);
    const d = places.of(step.to, step.width);
    switch (step.width) {
      case 8:
        return () => {
          bytes[d] = bytes[a]!;
        };
      case 16:
        return () => {
          halves[d] = halves[a]!;
        };
      case 32:
        return (r) => {
          r[d] = r[a]!;
          r[d + 1] = 0;
        };
      case 64:
        return (r) => {
          r[d] = r[a]!;
          r[d + 1] = r[a + 1]!;
        };
    }
  };

  const extend = (step: Of<'extend'>): Operation => {
    const { fromWidth, width, isSigned } = step;
    const a = places.of(step.from, fromWidth);
    const d = places.of(step.to, width);
    if (width === 16) {
      return () => {
        halves[d] = isSigned ? (bytes[a]! << 24) >> 24 : bytes[a]!;
      };
    }
    if (!isSigned) {
      if (fromWidth === 8) {
        return (r) => {
          r[d] = bytes[a]!;
          r[d + 1] = 0;
        };
      }
      if (fromWidth === 16) {
        return (r) => {
          r[d] = halves[a]!;
          r[d + 1] = 0;
        };
      }
      return (r) => {
        r[d] = r[a]!;
        r[d + 1] = 0;
      };
    }
    const isWide = width === 64;
    if (fromWidth === 8) {
      return (r) => {
        const value = (bytes[a]! << 24) >> 24;
        r[d] = value;
        r[d + 1] = isWide ? value >> 31 : 0;
      };
    }
    if (fromWidth === 16) {
      return (r) => {
        const value = (halves[a]! << 16) >> 16;
        r[d] = value;
        r[d + 1] = isWide ? value >> 31 : 0;
      };
    }
    return (r) => {
      const value = r[a]!;
      r[d] = value;
      r[d + 1] = isWide ? value >> 31 : 0;
    };
  };

  const setIf = (step: Of<'set-if'>): Operation => {
    const { condition } = step;
    const d = places.of(step.to, 8);
    return (r) => {
      bytes[d] = holds(r, condition) ? 1 : 0;
    };
  };

  const moveIf = (step: Of<'move-if'>): Operation => {
    const { condition, width, keepsUpper } = step;
    const a = places.of(step.from, width);
    const d = places.of(step.to, width);
    if (width === 8 || width === 16) {
      const view = width === 8 ? bytes : halves;
      return (r) => {
        if (holds(r, condition)) view[d] = view[a]!;
      };
    }
    if (width === 32) {
      return (r) => {
        if (holds(r, condition)) {
          r[d] = r[a]!;
          r[d + 1] = 0;
        } else if (!keepsUpper) r[d + 1] = 0;
      };
    }
    return (r) => {
      if (!holds(r, condition)) return;
      r[d] = r[a]!;
      r[d + 1] = r[a + 1]!;
    };
  };

  /** The sum alone, without its segment. */
  const lea = (step: Of<'lea'>): Operation => {
    const { width, address } = step;
    const d = places.of(step.to, width);
    const plain = address.index < 0 && !address.is32 && address.base >= 0;
    const base = address.base * 2;
    const { low, high } = address;
    if (plain && width === 64) {
      return (r) => {
        const sum = (r[base]! + low) | 0;
        r[d + 1] = (r[base + 1]! + high + (sum >>> 0 < low >>> 0 ? 1 : 0)) | 0;
        r[d] = sum;
      };
    }
    if (width === 32) {
      const b = address.base < 0 ? places.word({ kind: 'immediate', low: 0, high: 0 }) : base;
      const i = address.index < 0 ? places.word({ kind: 'immediate', low: 0, high: 0 }) : address.index * 2;
      const shift = 31 - Math.clz32(address.scale);
      return (r) => {
        r[d] = (r[b]! + (r[i]! << shift) + low) | 0;
        r[d + 1] = 0;
      };
    }
    const compute = effectiveAddress(places, { ...address, segment: -1 });
    if (width === 16) {
      return (r) => {
        compute(r);
        halves[d] = r[at.address]!;
      };
    }
    return (r) => {
      compute(r);
      r[d] = r[at.address]!;
      r[d + 1] = r[at.address + 1]!;
    };
  };

  const loadFlags = (step: Of<'load-flags'>): Operation => {
    const d = places.word(step.to);
    return (r) => {
      r[d] = flagsWord(r);
      r[d + 1] = 0;
    };
  };

  const storeFlags = (step: Of<'store-flags'>): Operation => {
    const a = places.word(step.from);
    const { mask } = step;
    return (r) => setFlagsWord(r, r[a]!, mask);
  };

  const changeFlag = (step: Of<'change-flag'>): Operation => {
    const { flag, to } = step;
    return (r) => {
      let value = to === 'set' ? flag : 0;
      if (to === 'complement') value = ~flagsWord(r) & flag;
      setFlagsWord(r, value, flag);
    };
  };

  return { move, extend, setIf, moveIf, lea, loadFlags, storeFlags, changeFlag };
}

/** Works out any address, with its segment, into `at.address`. */
export function effectiveAddress(places: Places, address: Address): Operation {
  const zero = places.word({ kind: 'immediate', low: 0, high: 0 });
  const base = address.base < 0 ? zero : address.base * 2;
  const index = address.index < 0 ? zero : address.index * 2;
  const segment = address.segment < 0 ? zero : address.segment * 2;
  const shift = 31 - Math.clz32(address.scale);
  const back = 31 - shift;
  const { low, high, is32 } = address;
  return (r) => {
    const first = r[base]!;
    const offset = r[index]!;
    const scaled = offset << shift;
    const sum = (first + scaled) | 0;
    const whole = (sum + low) | 0;
    let upper = 0;
    if (!is32) {
      upper = (r[base + 1]! + ((r[index + 1]! << shift) | ((offset >>> 1) >>> back)) + high) | 0;
      upper += (sum >>> 0 < first >>> 0 ? 1 : 0) + (whole >>> 0 < sum >>> 0 ? 1 : 0);
    }
    const result = (whole + r[segment]!) | 0;
    r[at.address] = result;
    r[at.address + 1] = upper + r[segment + 1]! + (result >>> 0 < whole >>> 0 ? 1 : 0);
  };
}
