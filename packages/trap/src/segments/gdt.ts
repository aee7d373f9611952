import { selectors, type VirtualAddress } from '@synos/interfaces';
import { type SegmentDescriptor, writeSegmentDescriptor } from './segment-descriptor.js';
import { TSS_BYTES } from './tss.js';
import { writeTssDescriptor } from './tss-descriptor.js';

/** Bytes of a GDT of {@link writeGdt}. The limit that LGDT takes is one less. */
export const GDT_BYTES = selectors.tss + 16;

/** Where the TSS lies that a GDT names. */
export interface GdtOptions {
  readonly tssBase: VirtualAddress;
  /** Bytes of the TSS less one; by default 103: no map of I/O ports behind it. */
  readonly tssLimit?: number;
}

/**
 * Lays out the segments of a kernel and its programs, as `selectors` of `@synos/interfaces` names them: null, kernel
 * code 08, kernel data 10, user data 18, user code 20, the TSS at 28. User data lies below user code because SYSRET adds
 * 8 and 16 to one number (SDM vol. 2, SYSRET).
 *
 * Accessed bits are set from the beginning: the CPU has nothing to store, and the table may be read-only.
 *
 * @param view - gets {@link GDT_BYTES} bytes from `offset` on
 *
 * @example
 * ```ts
 * import { GDT_BYTES, writeGdt } from '@synos/trap';
 *
 * const gdt = new DataView(new ArrayBuffer(GDT_BYTES));
 * writeGdt(gdt, 0, { tssBase: -0x7fff_ffff_f000 });
 * ```
 */
export function writeGdt(view: DataView, offset: number, options: GdtOptions): void {
  view.setUint32(offset, 0, true);
  view.setUint32(offset + 4, 0, true);
  writeSegmentDescriptor(view, offset + selectors.kernelCode, codeSegment(0));
  writeSegmentDescriptor(view, offset + selectors.kernelData, dataSegment(0));
  writeSegmentDescriptor(view, offset + (selectors.userData & ~7), dataSegment(3));
  writeSegmentDescriptor(view, offset + (selectors.userCode & ~7), codeSegment(3));
  writeTssDescriptor(view, offset + selectors.tss, {
    busy: false,
    present: true,
    dpl: 0,
    base: options.tssBase,
    limit: options.tssLimit ?? TSS_BYTES - 1,
    granular: false,
    available: false,
  });
}

/** Base and limit mean nothing to 64-bit mode; the whole of 4 GB is what everybody writes there. */
const flat = { present: true, base: 0, limit: 0xf_ffff, granular: true, available: false } as const;

/**
 * A segment of 64-bit code for a ring.
 *
 * @example
 * ```ts
 * import { codeSegment } from '@synos/trap';
 *
 * codeSegment(3); // what `writeGdt` has at 0x20
 * ```
 */
export function codeSegment(dpl: number): SegmentDescriptor {
  return { kind: 'code', dpl, long: true, big: false, conforming: false, readable: true, accessed: true, ...flat };
}

/**
 * A segment of data, which is one of stacks as well, for a ring.
 *
 * @example
 * ```ts
 * import { dataSegment } from '@synos/trap';
 *
 * dataSegment(3); // what `writeGdt` has at 0x18
 * ```
 */
export function dataSegment(dpl: number): SegmentDescriptor {
  return { kind: 'data', dpl, long: false, big: true, expandDown: false, writable: true, accessed: true, ...flat };
}
