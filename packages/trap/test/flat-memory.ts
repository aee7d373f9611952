import type { LinearMemory, PageFault } from '../src/index.js';

/** 64 KB of memory at an address of the kernel half; everything else is absent. */
export interface FlatMemory extends LinearMemory {
  readonly base: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

export function createFlatMemory(base = -0x7fff_0000_0000, byteLength = 0x1_0000): FlatMemory {
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  const scratch = new DataView(new ArrayBuffer(16));
  const outside = (address: number, length: number): boolean =>
    address < base || address + length > base + bytes.length;
  return {
    base,
    bytes,
    view,
    scratch,
    read(address, byteLength): PageFault | null {
      if (outside(address, byteLength)) return { address, errorCode: 0 };
      for (let at = 0; at < byteLength; at++) scratch.setUint8(at, view.getUint8(address - base + at));
      return null;
    },
    write(address, user): PageFault | null {
      if (outside(address, 8)) return { address, errorCode: user ? 6 : 2 };
      for (let at = 0; at < 8; at++) view.setUint8(address - base + at, scratch.getUint8(at));
      return null;
    },
  };
}
