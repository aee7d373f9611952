import type { VirtualAddress } from '@synos/interfaces';
import { readSigned, writeSigned } from '../word.js';

/** Where the fields of a 64-bit TSS lie, in bytes (SDM vol. 3, 7.7). RSPs and ISTs are 64 bits, the last one 16. */
export const tssOffset = {
  rsp0: 4,
  rsp1: 12,
  rsp2: 20,
  ist1: 36,
  ist2: 44,
  ist3: 52,
  ist4: 60,
  ist5: 68,
  ist6: 76,
  ist7: 84,
  ioMapBase: 102,
} as const;

/** The name of a stack of a TSS. */
export type TssStack = Exclude<keyof typeof tssOffset, 'ioMapBase'>;

/** Bytes of a TSS without a map of I/O ports. Its limit is one less. */
export const TSS_BYTES = 104;

/** A 64-bit task-state segment: the stacks that the CPU switches to. Addresses are rounded outside ±2^53. */
export interface Tss extends Readonly<Record<TssStack, VirtualAddress>> {
  /** Where the map of I/O ports begins; at the limit or above it there is none, and ring 3 has no port. */
  readonly ioMapBase: number;
}

const stacks: readonly TssStack[] = ['rsp0', 'rsp1', 'rsp2', 'ist1', 'ist2', 'ist3', 'ist4', 'ist5', 'ist6', 'ist7'];

/**
 * Stores a TSS of 104 bytes.
 *
 * @param tss - stacks that are not given are 0, `ioMapBase` is 104: no map
 *
 * @example
 * ```ts
 * import { TSS_BYTES, writeTss } from '@synos/trap';
 *
 * const tss = new DataView(new ArrayBuffer(TSS_BYTES));
 * writeTss(tss, 0, { rsp0: -0x7fff_ff00_0000, ist2: -0x7fff_fe00_0000 });
 * ```
 */
export function writeTss(view: DataView, offset: number, tss: Partial<Tss>): void {
  for (let at = 0; at < TSS_BYTES; at += 4) view.setUint32(offset + at, 0, true);
  for (const stack of stacks) writeSigned(view, offset + tssOffset[stack], tss[stack] ?? 0);
  view.setUint16(offset + tssOffset.ioMapBase, tss.ioMapBase ?? TSS_BYTES, true);
}

/** Reads a TSS of 104 bytes; reserved ones are not looked at. */
export function readTss(view: DataView, offset: number): Tss {
  const tss = { ioMapBase: view.getUint16(offset + tssOffset.ioMapBase, true) } as Record<keyof Tss, number>;
  for (const stack of stacks) tss[stack] = readSigned(view, offset + tssOffset[stack]);
  return tss;
}

/**
 * Changes one stack of a TSS, as a kernel does with RSP0 when it goes on with another thread.
 *
 * @example
 * ```ts
 * import { setTssStack, TSS_BYTES } from '@synos/trap';
 *
 * setTssStack(new DataView(new ArrayBuffer(TSS_BYTES)), 0, 'rsp0', -0x7fff_ff00_0000);
 * ```
 */
export function setTssStack(view: DataView, offset: number, stack: TssStack, address: VirtualAddress): void {
  writeSigned(view, offset + tssOffset[stack], address);
}
