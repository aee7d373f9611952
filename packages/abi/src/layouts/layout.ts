import { readI64, readU64, writeI64, writeU64 } from './integers.js';

/**
 * How a field is stored. Plain integers are little-endian as on x86-64, `be` ones in network order. `pointer` and `u64`
 * are read as by {@link readU64}. `bytes` is a run of bytes without an order.
 */
export type LayoutFieldType =
  | 'u8'
  | 'u16'
  | 'u16be'
  | 'i16'
  | 'u32'
  | 'u32be'
  | 'i32'
  | 'u64'
  | 'i64'
  | 'pointer'
  | 'bytes';

/** A field of a C structure. */
export interface LayoutField {
  /** Name in C. */
  readonly name: string;
  /** Name in the JavaScript value. */
  readonly key: string;
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** How it is stored. */
  readonly type: LayoutFieldType;
  /** For a bit-field in a `u8`: which bits, counted from the lowest. */
  readonly bits?: { readonly shift: number; readonly width: number };
}

/** A C structure of Linux on x86-64 as data. */
export interface Layout {
  /** Name in C, with `struct`. */
  readonly name: string;
  /** `sizeof`, in bytes. */
  readonly size: number;
  /** `_Alignof`, in bytes. */
  readonly align: number;
  /** The fields in ascending order of offsets; padding is not listed. */
  readonly fields: readonly LayoutField[];
}

/** The JavaScript value of a layout: a number per field, a `Uint8Array` for `bytes`. */
export type LayoutValue<L extends Layout> = {
  -readonly [F in L['fields'][number] as F['key']]: F['type'] extends 'bytes'
    ? Uint8Array
    : 'bytes' extends F['type']
      ? number | Uint8Array
      : number;
};

function readField(field: LayoutField, view: DataView, at: number): number | Uint8Array {
  switch (field.type) {
    case 'u8': {
      const byte = view.getUint8(at);
      return field.bits === undefined ? byte : (byte >> field.bits.shift) & ((1 << field.bits.width) - 1);
    }
    case 'u16':
      return view.getUint16(at, true);
    case 'u16be':
      return view.getUint16(at, false);
    case 'i16':
      return view.getInt16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 'u32be':
      return view.getUint32(at, false);
    case 'i32':
      return view.getInt32(at, true);
    case 'i64':
      return readI64(view, at);
    case 'u64':
    case 'pointer':
      return readU64(view, at);
    case 'bytes':
      return new Uint8Array(view.buffer, view.byteOffset + at, field.size).slice();
  }
}

function writeNumber(field: LayoutField, view: DataView, at: number, value: number): void {
  switch (field.type) {
    case 'u8':
      if (field.bits === undefined) view.setUint8(at, value);
      else {
        const mask = (1 << field.bits.width) - 1;
        view.setUint8(at, view.getUint8(at) | ((value & mask) << field.bits.shift));
      }
      return;
    case 'u16':
    case 'i16':
      view.setUint16(at, value, true);
      return;
    case 'u16be':
      view.setUint16(at, value, false);
      return;
    case 'u32':
    case 'i32':
      view.setUint32(at, value, true);
      return;
    case 'u32be':
      view.setUint32(at, value, false);
      return;
    case 'i64':
      writeI64(view, at, value);
      return;
    case 'u64':
    case 'pointer':
      writeU64(view, at, value);
      return;
    case 'bytes':
      return;
  }
}

/**
 * Reads a structure by its description. For structures that are read often there are functions of their own.
 *
 * @param layout - the description
 * @param view - the memory; nothing of it is kept, `bytes` fields are copied
 * @param offset - where in the view the structure starts, in bytes
 * @returns a new value with one property per field
 * @throws RangeError when the view does not hold the structure
 */
export function readLayout<const L extends Layout>(layout: L, view: DataView, offset: number): LayoutValue<L> {
  const value: Record<string, number | Uint8Array> = {};
  for (const field of layout.fields) value[field.key] = readField(field, view, offset + field.offset);
  return value as LayoutValue<L>;
}

/**
 * Writes a structure by its description. Padding and missing fields become zero, so that nothing that lay there before
 * leaks out. Integers are cut to the field's width as C does; a `bytes` field takes at most its size.
 *
 * @param layout - the description
 * @param view - the memory
 * @param offset - where in the view the structure starts, in bytes
 * @param value - the fields; it is only read
 * @throws RangeError when the view does not hold the structure; nothing is written then
 */
export function writeLayout<const L extends Layout>(
  layout: L,
  view: DataView,
  offset: number,
  value: Readonly<Partial<LayoutValue<L>>>,
): void {
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (!(offset >= 0 && offset + layout.size <= memory.length))
    throw new RangeError(`${layout.name} is outside the view`);
  memory.fill(0, offset, offset + layout.size);
  const given = value as Readonly<Record<string, number | Uint8Array | undefined>>;
  for (const field of layout.fields) {
    const part = given[field.key];
    const at = offset + field.offset;
    if (typeof part === 'number') writeNumber(field, view, at, part);
    else if (part !== undefined) memory.set(part.subarray(0, field.size), at);
  }
}
