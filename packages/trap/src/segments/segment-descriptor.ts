/** What all eight-byte descriptors of the GDT have (SDM vol. 3, 3.4.5). */
interface DescriptorCommon {
  readonly present: boolean;
  /** Descriptor privilege level, 0 to 3. */
  readonly dpl: number;
  /** 32 bits. 64-bit mode takes it as 0, but for FS and GS. */
  readonly base: number;
  /** 20 bits, in bytes or, where `granular`, in pages. 64-bit mode does not look at it. */
  readonly limit: number;
  /** G: the limit counts pages of 4,096 bytes. */
  readonly granular: boolean;
  /** AVL: for the system's own use. */
  readonly available: boolean;
  /** L: 64-bit code. For others reserved. */
  readonly long: boolean;
  /** D or B: 32-bit operands. Must be clear where `long` is set. */
  readonly big: boolean;
}

/** A code segment. */
export interface CodeDescriptor extends DescriptorCommon {
  readonly kind: 'code';
  /** Entered from lower rings without a change of privilege. */
  readonly conforming: boolean;
  readonly readable: boolean;
  readonly accessed: boolean;
}

/** A data segment. */
export interface DataDescriptor extends DescriptorCommon {
  readonly kind: 'data';
  readonly expandDown: boolean;
  readonly writable: boolean;
  readonly accessed: boolean;
}

/** The first half of a system descriptor, or eight bytes of zeros: S is clear (SDM vol. 3, 3.5). */
export interface SystemDescriptor extends DescriptorCommon {
  readonly kind: 'system';
  /** 0 to 15. In long mode 2 is an LDT, 9 an available and 11 a busy TSS, 12 a call gate; others are no segments. */
  readonly type: number;
}

/** Eight bytes of a descriptor table. */
export type SegmentDescriptor = CodeDescriptor | DataDescriptor | SystemDescriptor;

/** Bytes of a {@link SegmentDescriptor}. */
export const SEGMENT_DESCRIPTOR_BYTES = 8;

/**
 * Reads a descriptor. Every bit of the eight bytes is in the answer: any bytes are one.
 *
 * @example
 * ```ts
 * import { readSegmentDescriptor } from '@synos/trap';
 *
 * const view = new DataView(new ArrayBuffer(8));
 * view.setBigUint64(0, 0x00af_9b00_0000_ffffn, true);
 * readSegmentDescriptor(view, 0); // { kind: 'code', dpl: 0, long: true, present: true, … }
 * ```
 */
export function readSegmentDescriptor(view: DataView, offset: number): SegmentDescriptor {
  const low = view.getUint32(offset, true);
  const high = view.getUint32(offset + 4, true);
  const common: DescriptorCommon = {
    present: (high & 0x8000) !== 0,
    dpl: (high >>> 13) & 3,
    base: ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0,
    limit: (low & 0xffff) | (high & 0xf_0000),
    granular: (high & 0x80_0000) !== 0,
    available: (high & 0x10_0000) !== 0,
    long: (high & 0x20_0000) !== 0,
    big: (high & 0x40_0000) !== 0,
  };
  if ((high & 0x1000) === 0) return { kind: 'system', type: (high >>> 8) & 15, ...common };
  const accessed = (high & 0x100) !== 0;
  const second = (high & 0x200) !== 0;
  const third = (high & 0x400) !== 0;
  return (high & 0x800) !== 0
    ? { kind: 'code', conforming: third, readable: second, accessed, ...common }
    : { kind: 'data', expandDown: third, writable: second, accessed, ...common };
}

/** Stores a descriptor: the eight bytes that {@link readSegmentDescriptor} reads as this value. */
export function writeSegmentDescriptor(view: DataView, offset: number, descriptor: SegmentDescriptor): void {
  const { base, limit } = descriptor;
  view.setUint32(offset, (limit & 0xffff) | (base << 16), true);
  view.setUint32(
    offset + 4,
    ((base >>> 16) & 0xff) |
      (typeBits(descriptor) << 8) |
      ((descriptor.dpl & 3) << 13) |
      (descriptor.present ? 0x8000 : 0) |
      (limit & 0xf_0000) |
      (descriptor.available ? 0x10_0000 : 0) |
      (descriptor.long ? 0x20_0000 : 0) |
      (descriptor.big ? 0x40_0000 : 0) |
      (descriptor.granular ? 0x80_0000 : 0) |
      (base & 0xff00_0000),
    true,
  );
}

/** S and the type, five bits (SDM vol. 3, table 3-1). */
function typeBits(descriptor: SegmentDescriptor): number {
  switch (descriptor.kind) {
    case 'code':
      return 0x18 | bits(descriptor.conforming, descriptor.readable, descriptor.accessed);
    case 'data':
      return 0x10 | bits(descriptor.expandDown, descriptor.writable, descriptor.accessed);
    case 'system':
      return descriptor.type & 15;
  }
}

function bits(third: boolean, second: boolean, first: boolean): number {
  return (third ? 4 : 0) | (second ? 2 : 0) | (first ? 1 : 0);
}
