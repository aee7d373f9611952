/** A part of an ELF file that is loaded (System V ABI, ELF-64 object file format). */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** At least as many as there are bytes; the rest is zero. */
  readonly byteLength: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

/** The parts of a static executable of x86-64, and where it begins. It is one that gcc made: nothing is checked. */
export function loadElf(file: Uint8Array): { readonly entry: number; readonly segments: readonly Segment[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const word = (at: number): number => Number(view.getBigUint64(at, true));
  const headers = word(0x20);
  const size = view.getUint16(0x36, true);
  const count = view.getUint16(0x38, true);
  const segments: Segment[] = [];
  for (let at = headers; at < headers + count * size; at += size) {
    const isLoaded = view.getUint32(at, true) === 1;
    const flags = view.getUint32(at + 4, true);
    if (!isLoaded) continue;
    const offset = word(at + 8);
    segments.push({
      address: word(at + 16),
      bytes: file.subarray(offset, offset + word(at + 32)),
      byteLength: word(at + 40),
      isWritable: (flags & 2) !== 0,
      isExecutable: (flags & 1) !== 0,
    });
  }
  return { entry: word(0x18), segments };
}
