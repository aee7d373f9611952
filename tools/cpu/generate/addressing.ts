import { CODE, DATA, DATA_END, FS_BASE, GS_BASE, PAGE_BYTES, READ_ONLY } from '../layout.js';
import type { MemoryOperand } from './encode.js';
import type { Chance } from './random.js';
import { anyValue } from './values.js';

/** An address at which `size` bytes can be read and written: aligned, not aligned, across two pages, at the ends. */
export function goodAddress(chance: Chance, size: number): number {
  const room = READ_ONLY - DATA - size;
  switch (chance.below(8)) {
    case 0:
      return DATA + PAGE_BYTES - 1 - chance.below(Math.max(1, size - 1));
    case 1:
      return READ_ONLY - size;
    case 2:
      return DATA + chance.below(16);
    case 3:
    case 4:
      return DATA + chance.below(room);
    default:
      return DATA + Math.floor(chance.below(room) / size) * size;
  }
}

/** Aligned, and so within a line of the cache: others cost a locked access very much on some CPUs. */
export function alignedAddress(chance: Chance, size: number): number {
  return DATA + chance.below((READ_ONLY - DATA) / size) * size;
}

/** An address at which some access of `size` bytes faults, for one reason or another. */
export function badAddress(chance: Chance, size: number): number {
  const within = chance.below(size);
  switch (chance.below(10)) {
    case 0:
      return READ_ONLY + chance.below(PAGE_BYTES - size);
    case 1:
      return READ_ONLY - within;
    case 2:
    case 3:
      return DATA_END - within;
    case 4:
      return DATA_END + chance.below(PAGE_BYTES);
    case 5:
      return DATA - 1 - within;
    case 6:
      return 2 ** 47 + chance.below(2 ** 20);
    case 7:
      return 2 ** 47 - 1 - within;
    case 8:
      return CODE + chance.below(PAGE_BYTES);
    default:
      return chance.below(PAGE_BYTES);
  }
}

/** How an operand is addressed: registers that must hold something for it, and prefixes. */
export interface Addressing {
  readonly operand: MemoryOperand;
  readonly set: readonly { readonly register: number; readonly value: bigint }[];
  readonly segment: number;
  readonly is32: boolean;
  /** Where an operand relative to the instruction's end points: the displacement is still to be worked out. */
  readonly target: number;
}

/** What the prefix of a segment adds. */
export const segmentBase = (prefix: number): number => (prefix === 0x64 ? FS_BASE : prefix === 0x65 ? GS_BASE : 0);

/**
 * One of the ways to an address.
 *
 * @param registers - those that may be base and index
 * @param isPlain - a base and a displacement only
 */
export function addressingOf(
  chance: Chance,
  target: number,
  registers: readonly number[],
  isPlain: boolean,
): Addressing {
  const isLow = target < 2 ** 32;
  // The offset that a segment leaves must be positive.
  const segment = !isPlain && chance.once(8) && target >= FS_BASE ? chance.pick([0x64, 0x65]) : 0;
  const is32 = !isPlain && isLow && chance.once(6);
  const offset = BigInt(target - segmentBase(segment));
  const displacementBytes = chance.pick([0, 1, 4] as const);
  const displacement =
    displacementBytes === 0 ? 0 : displacementBytes === 1 ? (chance.bits() << 24) >> 24 : chance.bits();
  const upper = (value: bigint): bigint =>
    is32 ? (BigInt(chance.bits()) << 32n) | BigInt.asUintN(32, value) : BigInt.asIntN(64, value);
  const common = { segment, is32, target: target - segmentBase(segment) };
  const base = chance.pick(registers);

  const kind = isPlain ? 0 : chance.below(8);
  if (kind <= 2 || !isLow) return withBase();
  if (kind === 3) {
    const operand = { base: 'ip', index: -1, scale: 0, displacement: 0, displacementBytes: 4 } as const;
    return { ...common, operand, set: [] };
  }
  if (kind === 4) {
    const operand = { base: -1, index: -1, scale: 0, displacement: Number(offset), displacementBytes: 4 } as const;
    return { ...common, operand, set: [] };
  }
  const indexes = registers.filter((register) => register !== 4 && register !== base);
  if (indexes.length === 0) return withBase();
  const index = chance.pick(indexes);
  const scale = chance.below(4);
  const indexValue = chance.once(2) ? BigInt(chance.below(200) - 100) : anyValue(chance);
  if (kind === 5) {
    // Without a base: the index alone, in steps of its scale.
    const small = BigInt(chance.below(0x4000));
    const rest = Number(offset - (small << BigInt(scale)));
    const operand = { base: -1, index, scale, displacement: rest, displacementBytes: 4 } as const;
    return { ...common, operand, set: [{ register: index, value: upper(small) }] };
  }
  const operand = { base, index, scale, displacement, displacementBytes: fitting(base) };
  const baseValue = offset - BigInt(displacementOf(operand)) - (indexValue << BigInt(scale));
  return {
    ...common,
    operand: { ...operand, displacement: displacementOf(operand) },
    set: [
      { register: base, value: upper(baseValue) },
      { register: index, value: upper(indexValue) },
    ],
  };

  function withBase(): Addressing {
    const operand = { base, index: -1, scale: chance.below(4), displacement, displacementBytes: fitting(base) };
    const value = offset - BigInt(displacementOf(operand));
    return {
      ...common,
      operand: { ...operand, displacement: displacementOf(operand) },
      set: [{ register: base, value: upper(value) }],
    };
  }

  /** RBP and R13 as bases have a displacement always (SDM vol. 2, table 2-2). */
  function fitting(register: number): 0 | 1 | 4 {
    return displacementBytes === 0 && (register & 7) === 5 ? 1 : displacementBytes;
  }
}

function displacementOf(operand: { displacement: number; displacementBytes: 0 | 1 | 4 }): number {
  return operand.displacementBytes === 0 ? 0 : operand.displacement;
}
