import { type Address, slot } from '../ir.js';
import type { ByteCursor } from './byte-cursor.js';
import type { Prefixes } from './prefixes.js';

/** The upper half of a number that an address was computed as. */
export const highHalf = (value: number): number => Math.floor(value / 2 ** 32) | 0;

const scales = [1, 2, 4, 8] as const;

const signExtension = (low: number): number => low >> 31;

/**
 * Reads what follows a ModRM byte that means memory (SDM vol. 2, tables 2-2 and 2-3; 2.2.1.6 for what is relative to
 * RIP). Such an address has the displacement alone here; {@link relativeTo} makes it whole.
 *
 * @returns the address, and whether it is relative to the end of the instruction
 */
export function readAddress(
  cursor: ByteCursor,
  modRm: number,
  prefixes: Prefixes,
): { readonly address: Address; readonly isRelative: boolean } {
  const mode = modRm >> 6;
  let base = modRm & 7;
  let index = -1;
  let scale: Address['scale'] = 1;
  if (base === 4) {
    const sib = cursor.unsigned8();
    index = ((sib >> 3) & 7) | ((prefixes.rex & 2) << 2);
    scale = scales[sib >> 6] as Address['scale'];
    // RSP is no index: its number says that there is none. R12 is one.
    if (index === slot.rsp) {
      index = -1;
      scale = 1;
    }
    base = sib & 7;
    // No base, but 32 bits of displacement.
    if (base === 5 && mode === 0)
      return { address: absolute(index, scale, cursor.signed32(), prefixes), isRelative: false };
  } else if (base === 5 && mode === 0) {
    return { address: absolute(-1, 1, cursor.signed32(), prefixes), isRelative: true };
  }
  base |= (prefixes.rex & 1) << 3;
  const low = mode === 1 ? cursor.signed8() : mode === 2 ? cursor.signed32() : 0;
  return {
    address: {
      base,
      index,
      scale,
      low,
      high: signExtension(low),
      segment: prefixes.segment,
      is32: prefixes.hasAddressSize,
      isStack: prefixes.segment < 0 && (base === slot.rsp || base === slot.rbp),
    },
    isRelative: false,
  };
}

function absolute(index: number, scale: Address['scale'], low: number, prefixes: Prefixes): Address {
  return {
    base: -1,
    index,
    scale,
    low,
    high: signExtension(low),
    segment: prefixes.segment,
    is32: prefixes.hasAddressSize,
    isStack: false,
  };
}

/** The address where its displacement counts from `next`, the end of the instruction. */
export function relativeTo(next: number, address: Address): Address {
  const target = next + address.low;
  return { ...address, low: target | 0, high: highHalf(target) };
}

/** Reads the address of a MOV without ModRM: 64 bits, or 32 with prefix 67. */
export function readOffset(cursor: ByteCursor, prefixes: Prefixes): Address {
  const low = cursor.signed32();
  const high = prefixes.hasAddressSize ? 0 : cursor.signed32();
  return { ...absolute(-1, 1, low, prefixes), high };
}
