import type { VirtualAddress } from '@synos/interfaces';

/** The descriptor of a 64-bit TSS: 16 bytes, two slots of the GDT (SDM vol. 3, 7.2.3). */
export interface TssDescriptor {
  readonly kind: 'tss';
  /** Loaded into a task register: LTR sets it, and refuses where it is set. */
  readonly busy: boolean;
  readonly present: boolean;
  readonly dpl: number;
  /** Rounded outside ±2^53, where it is not canonical. */
  readonly base: VirtualAddress;
  /** 20 bits: bytes less one or, where `granular`, pages less one. */
  readonly limit: number;
  readonly granular: boolean;
  /** AVL: for the system's own use. */
  readonly available: boolean;
}

/** Sixteen bytes that describe something else, or nothing. */
export interface NotTssDescriptor {
  readonly kind: 'other';
  /** S and the type, five bits. */
  readonly type: number;
  readonly present: boolean;
  readonly dpl: number;
}

/** Bytes of a {@link TssDescriptor}. */
export const TSS_DESCRIPTOR_BYTES = 16;

/** Reads the sixteen bytes of a system descriptor. Where bits that must be zero are not, it is none of a TSS. */
export function readTssDescriptor(view: DataView, offset: number): TssDescriptor | NotTssDescriptor {
  const first = view.getUint32(offset, true);
  const second = view.getUint32(offset + 4, true);
  const fourth = view.getUint32(offset + 12, true);
  const type = (second >>> 8) & 0x1f;
  const present = (second & 0x8000) !== 0;
  const dpl = (second >>> 13) & 3;
  // Bits 8 to 12 of the last word lie where a type would: they keep the upper half from being taken for a descriptor.
  if ((type !== 9 && type !== 11) || (fourth & 0x1f00) !== 0) return { kind: 'other', type, present, dpl };
  const low = ((first >>> 16) | ((second & 0xff) << 16) | (second & 0xff00_0000)) >>> 0;
  return {
    kind: 'tss',
    busy: type === 11,
    present,
    dpl,
    base: view.getInt32(offset + 8, true) * 0x1_0000_0000 + low,
    limit: (first & 0xffff) | (second & 0xf_0000),
    granular: (second & 0x80_0000) !== 0,
    available: (second & 0x10_0000) !== 0,
  };
}

/** Stores the descriptor of a TSS; reserved bits become zero. */
export function writeTssDescriptor(view: DataView, offset: number, descriptor: Omit<TssDescriptor, 'kind'>): void {
  const { base, limit } = descriptor;
  view.setUint32(offset, (limit & 0xffff) | (base << 16), true);
  view.setUint32(
    offset + 4,
    ((base >>> 16) & 0xff) |
      (descriptor.busy ? 0x0b00 : 0x0900) |
      ((descriptor.dpl & 3) << 13) |
      (descriptor.present ? 0x8000 : 0) |
      (limit & 0xf_0000) |
      (descriptor.available ? 0x10_0000 : 0) |
      (descriptor.granular ? 0x80_0000 : 0) |
      (base & 0xff00_0000),
    true,
  );
  view.setUint32(offset + 8, Math.floor(base / 0x1_0000_0000), true);
  view.setUint32(offset + 12, 0, true);
}
