import type { VirtualAddress } from '@synos/interfaces';
import { writeSigned } from '../word.js';

/** A gate of the IDT in 64-bit mode (SDM vol. 3, 6.14.1). */
export interface InterruptGate {
  /** `interrupt`: the handler begins with interrupts off; `trap`: IF stays as it is. */
  readonly kind: 'interrupt' | 'trap';
  /** Where the handler begins. Rounded outside ±2^53, where it is not canonical. */
  readonly offset: VirtualAddress;
  /** The segment of its code. */
  readonly selector: number;
  /** 1 to 7: the stack of the TSS that is switched to in any case; 0: only for a change of rings. */
  readonly ist: number;
  /** The highest ring whose INT n may use it; the CPU's own events ask for no DPL. */
  readonly dpl: number;
  readonly present: boolean;
}

/** Sixteen bytes that are neither kind of gate. */
export interface NoGate {
  readonly kind: 'other';
  /** S and the type, five bits: neither 14 nor 15. */
  readonly type: number;
  readonly dpl: number;
  readonly present: boolean;
}

/** What sixteen bytes of an IDT say. */
export type Gate = InterruptGate | NoGate;

/** Bytes of a {@link Gate}. */
export const GATE_BYTES = 16;

/** Reads a gate. Reserved bits are not looked at, as the CPU does not. */
export function readGate(view: DataView, offset: number): Gate {
  const first = view.getUint32(offset, true);
  const second = view.getUint32(offset + 4, true);
  const type = (second >>> 8) & 0x1f;
  const dpl = (second >>> 13) & 3;
  const present = (second & 0x8000) !== 0;
  if (type !== 14 && type !== 15) return { kind: 'other', type, dpl, present };
  const low = ((first & 0xffff) | (second & 0xffff_0000)) >>> 0;
  return {
    kind: type === 14 ? 'interrupt' : 'trap',
    offset: view.getInt32(offset + 8, true) * 0x1_0000_0000 + low,
    selector: first >>> 16,
    ist: second & 7,
    dpl,
    present,
  };
}

/**
 * Stores a gate; reserved bits become zero, and so does all but type, DPL and P of what is none.
 *
 * @example
 * ```ts
 * import { GATE_BYTES, writeGate } from '@synos/trap';
 *
 * const idt = new DataView(new ArrayBuffer(256 * GATE_BYTES));
 * writeGate(idt, 0x80 * GATE_BYTES, {
 *   kind: 'interrupt', offset: -0x7fff_0000_0000, selector: 0x08, ist: 0, dpl: 3, present: true,
 * });
 * ```
 */
export function writeGate(view: DataView, offset: number, gate: Gate): void {
  const rights = ((gate.dpl & 3) << 13) | (gate.present ? 0x8000 : 0);
  if (gate.kind === 'other') {
    writeSigned(view, offset, 0);
    view.setUint32(offset + 4, rights | ((gate.type & 0x1f) << 8), true);
    writeSigned(view, offset + 8, 0);
    return;
  }
  const low = gate.offset >>> 0;
  view.setUint32(offset, (low & 0xffff) | (gate.selector << 16), true);
  const type = gate.kind === 'interrupt' ? 14 : 15;
  view.setUint32(offset + 4, (gate.ist & 7) | (type << 8) | rights | (low & 0xffff_0000), true);
  view.setUint32(offset + 8, Math.floor(gate.offset / 0x1_0000_0000), true);
  view.setUint32(offset + 12, 0, true);
}
