import type { LinearMemory, PageFault } from '../src/index.js';

/** 64 KB of memory at an address of the kernel half; everything else is absent. */
export interface FlatMemory extends LinearMemory {
  readonly base: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

export function createFlatMemory(base = -0x7fff_0000_0000, byteLength = 0x1_0000): FlatMemory {
  const bytes = new Uint8Array(byteLength);
  const outside = (address: number, length: number): boolean =>
    address < base || address + length > base + bytes.length;
  return {
    base,
    bytes,
    view: new DataView(bytes.buffer),
    read(address, into): PageFault | null {
      if (outside(address, into.length)) return { address, errorCode: 0 };
      into.set(bytes.subarray(address - base, address - base + into.length));
      return null;
    },
    write(address, from, user): PageFault | null {
      if (outside(address, from.length)) return { address, errorCode: user ? 6 : 2 };
      bytes.set(from, address - base);
      return null;
    },
  };
}
