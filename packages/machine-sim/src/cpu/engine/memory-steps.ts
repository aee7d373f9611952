import { vectors } from '@synos/trap';
import type { Address, Step } from '../ir.js';
import type { Mmu } from '../mmu/mmu.js';
import { effectiveAddress } from './moves.js';
import { type Operation, type Places, registerOf } from './operation.js';
import { raise, type Signal } from './signal.js';
import { at, type EngineState, TLB_ENTRIES } from './state.js';

type Load = Extract<Step, { op: 'load' }>;
type Store = Extract<Step, { op: 'store' }>;

/** Makes an address' low half the offset of its entry in a TLB. */
const ENTRY_SHIFT = 10;
const ENTRY_MASK = (TLB_ENTRIES - 1) << 2;

// The bits of an address' low half that a hit must match: its page, and those that must be zero for its alignment.
const PAGE = -4096;
const PAGE_AND_2 = PAGE | 1;
const PAGE_AND_4 = PAGE | 3;
const PAGE_AND_8 = PAGE | 7;

/** Where an address is a register and a displacement: the register's index; of a constant, an index of a zero. */
interface Simple {
  readonly base: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Loads and stores. What hits the TLB and is aligned is done here; the MMU does the rest. Each closure works out its
 * address itself where it is a register and a displacement; else an operation before it does.
 */
export function createMemorySteps(state: EngineState, places: Places, mmu: Mmu, signal: Signal) {
  const { bytes, halves, ram8, ram16, ram32 } = state;

  const simpleOf = (address: Address): Simple | null => {
    if (address.index >= 0 || address.is32 || address.segment >= 0) return null;
    const zero = address.base < 0;
    const base = zero ? places.word({ kind: 'immediate', low: 0, high: 0 }) : address.base * 2;
    return { base, low: address.low, high: address.high };
  };

  /** The address of a load or store as base and displacement, and what has to be done before. */
  const prepare = (address: Address): { before: Operation | null; simple: Simple } => {
    const simple = simpleOf(address);
    if (simple !== null) return { before: null, simple };
    return { before: effectiveAddress(places, address), simple: { base: at.address, low: 0, high: 0 } };
  };

  const loadOf = (step: Load, { base, low, high }: Simple): Operation => {
    const { width, forWrite } = step;
    const { isStack } = step.address;
    const d = places.of(step.to, width);
    const tlb = forWrite ? at.writeTlb : at.readTlb;
    const slow = (addressLow: number, addressHigh: number, byteLength: number): void => {
      if (forWrite) mmu.readForWrite(addressLow, addressHigh, byteLength, isStack);
      else mmu.read(addressLow, addressHigh, byteLength, isStack);
    };
    switch (width) {
      case 8:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE) && r[entry + 1] === h) bytes[d] = ram8[(l + r[entry + 2]!) >>> 0]!;
          else {
            slow(l, h, 1);
            bytes[d] = r[at.value]!;
          }
        };
      case 16:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_2) && r[entry + 1] === h) halves[d] = ram16[(l + r[entry + 2]!) >>> 1]!;
          else {
            slow(l, h, 2);
            halves[d] = r[at.value]!;
          }
        };
      case 32:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_4) && r[entry + 1] === h) r[d] = ram32[(l + r[entry + 2]!) >>> 2]!;
          else {
            slow(l, h, 4);
            r[d] = r[at.value]!;
          }
          r[d + 1] = 0;
        };
      case 64:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_8) && r[entry + 1] === h) {
            const place = (l + r[entry + 2]!) >>> 2;
            r[d] = ram32[place]!;
            r[d + 1] = ram32[place + 1]!;
          } else {
            slow(l, h, 8);
            r[d] = r[at.value]!;
            r[d + 1] = r[at.value + 1]!;
          }
        };
    }
  };

  const storeOf = (step: Store, { base, low, high }: Simple): Operation => {
    const { width } = step;
    const { isStack } = step.address;
    const a = places.of(step.from, width);
    const tlb = at.writeTlb;
    switch (width) {
      case 8:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE) && r[entry + 1] === h) ram8[(l + r[entry + 2]!) >>> 0] = bytes[a]!;
          else {
            r[at.value] = bytes[a]!;
            mmu.write(l, h, 1, isStack);
          }
        };
      case 16:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_2) && r[entry + 1] === h) ram16[(l + r[entry + 2]!) >>> 1] = halves[a]!;
          else {
            r[at.value] = halves[a]!;
            mmu.write(l, h, 2, isStack);
          }
        };
      case 32:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_4) && r[entry + 1] === h) ram32[(l + r[entry + 2]!) >>> 2] = r[a]!;
          else {
            r[at.value] = r[a]!;
            mmu.write(l, h, 4, isStack);
          }
        };
      case 64:
        return (r) => {
          const l = (r[base]! + low) | 0;
          const h = (r[base + 1]! + high + (l >>> 0 < low >>> 0 ? 1 : 0)) | 0;
          const entry = tlb + ((l >>> ENTRY_SHIFT) & ENTRY_MASK);
          if (r[entry] === (l & PAGE_AND_8) && r[entry + 1] === h) {
            const place = (l + r[entry + 2]!) >>> 2;
            ram32[place] = r[a]!;
            ram32[place + 1] = r[a + 1]!;
          } else {
            r[at.value] = r[a]!;
            r[at.value + 1] = r[a + 1]!;
            mmu.write(l, h, 8, isStack);
          }
        };
    }
  };

  const generalProtection = (): never => raise(signal, vectors.generalProtection.vector, 0);

  return {
    load(step: Load, emit: (operation: Operation) => void): void {
      const { before, simple } = prepare(step.address);
      if (before !== null) emit(before);
      emit(loadOf(step, simple));
    },
    store(step: Store, emit: (operation: Operation) => void): void {
      const { before, simple } = prepare(step.address);
      if (before !== null) emit(before);
      emit(storeOf(step, simple));
    },
    checkCanonical(from: number): Operation {
      const high = places.word(registerOf(from)) + 1;
      return (r) => {
        const top = r[high]! >> 15;
        if (top !== 0 && top !== -1) generalProtection();
      };
    },
    checkAligned(address: Address, emit: (operation: Operation) => void): void {
      emit(effectiveAddress(places, address));
      emit((r) => {
        if ((r[at.address]! & 15) !== 0) generalProtection();
      });
    },
  };
}
