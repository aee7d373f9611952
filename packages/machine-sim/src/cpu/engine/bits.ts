import { rflag } from '@synos/trap';
import type { Step, Width } from '../ir.js';
import { setStatus } from './flags.js';
import type { Operation, Places } from './operation.js';
import type { EngineState } from './state.js';

type BitTest = Extract<Step, { op: 'bit-test' }>;
type Scan = Extract<Step, { op: 'scan' }>;
type SwapBytes = Extract<Step, { op: 'swap-bytes' }>;

/** BT, BTS, BTR and BTC of a register. */
export function createBitTest(state: EngineState, places: Places): (step: BitTest, isLive: boolean) => Operation {
  const { halves, bytes } = state;
  return (step, isLive) => {
    const { what, width } = step;
    const mask = step.flags;
    const a = places.of(step.from, width);
    const indexAt = places.of(step.index, 8);
    const d = places.of(step.to, width);
    const hasTarget = step.to !== null;
    return (r) => {
      const index = bytes[indexAt]! & (width - 1);
      const isUpper = index >= 32;
      const bit = 1 << (index & 31);
      const word = width === 16 ? halves[a]! : isUpper ? r[a + 1]! : r[a]!;
      if (isLive) setStatus(r, (word & bit) !== 0 ? rflag.carry : 0, mask);
      if (!hasTarget) return;
      let result = word;
      if (what === 'bts') result |= bit;
      else if (what === 'btr') result &= ~bit;
      else if (what === 'btc') result ^= bit;
      if (width === 16) halves[d] = result;
      else if (width === 32) {
        r[d] = result;
        r[d + 1] = 0;
      } else {
        const other = isUpper ? r[a]! : r[a + 1]!;
        r[d] = isUpper ? other : result;
        r[d + 1] = isUpper ? result : other;
      }
    };
  };
}

/** How many bits below the lowest that is set; `width` where none is. */
function trailing(low: number, high: number, width: Width): number {
  if (low !== 0) return 31 - Math.clz32(low & -low);
  if (high !== 0) return 63 - Math.clz32(high & -high);
  return width;
}

/** How many bits above the highest that is set; `width` where none is. */
function leading(low: number, high: number, width: Width): number {
  if (width === 64) return high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
  return Math.clz32(low) - (32 - width);
}

function population(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** BSF, BSR, TZCNT, LZCNT and POPCNT. */
export function createScan(state: EngineState, places: Places): (step: Scan, isLive: boolean) => Operation {
  const { halves } = state;
  return (step, isLive) => {
    const { what, width } = step;
    const mask = step.flags;
    const a = places.of(step.from, width);
    const d = places.of(step.to, width);
    return (r) => {
      const low = width === 16 ? halves[a]! : r[a]!;
      const high = width === 64 ? r[a + 1]! : 0;
      const isZero = (low | high) === 0;
      let result = 0;
      // BSF and BSR tell of the operand, TZCNT and LZCNT of the result in ZF and of the operand in CF.
      let zero = isZero;
      let carry = 0;
      switch (what) {
        case 'bsf':
          result = trailing(low, high, width);
          break;
        case 'bsr':
          result = width - 1 - leading(low, high, width);
          break;
        case 'popcnt':
          result = population(low) + population(high);
          break;
        default:
          result = what === 'tzcnt' ? trailing(low, high, width) : leading(low, high, width);
          zero = result === 0;
          carry = isZero ? rflag.carry : 0;
      }
      if (isLive) setStatus(r, (zero ? rflag.zero : 0) | carry, mask);
      if (isZero && (what === 'bsf' || what === 'bsr')) return;
      if (width === 16) halves[d] = result;
      else {
        r[d] = result;
        r[d + 1] = 0;
      }
    };
  };
}

function swapped(word: number): number {
  const pairs = ((word & 0x00ff_00ff) << 8) | ((word >>> 8) & 0x00ff_00ff);
  return (pairs << 16) | (pairs >>> 16);
}

/** BSWAP. */
export function swapBytes(places: Places, step: SwapBytes): Operation {
  const a = places.word(step.from);
  const d = places.word(step.to);
  if (step.width === 32) {
    return (r) => {
      r[d] = swapped(r[a]!);
      r[d + 1] = 0;
    };
  }
  return (r) => {
    const low = r[a]!;
    r[d] = swapped(r[a + 1]!);
    r[d + 1] = swapped(low);
  };
}
