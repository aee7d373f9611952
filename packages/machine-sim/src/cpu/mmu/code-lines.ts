import { FRAME_BYTES, type PhysicalAddress } from '@synos/interfaces';

/** Bytes that one bit stands for: 64 lines to a frame. */
const LINE_BYTES = 64;

/**
 * Which memory has been translated: a bit for every 64 bytes. A store elsewhere in a frame with code costs a look here
 * and no more, so that code and data may share a page.
 */
export interface CodeLines {
  /** Whether any code of a frame is marked. */
  hasFrame(frame: number): boolean;
  /** Whether any byte of these, all in one frame, is marked. */
  hasBytes(address: PhysicalAddress, byteLength: number): boolean;
  /** Marks bytes, all in one frame. */
  mark(address: PhysicalAddress, byteLength: number): void;
  clearFrame(frame: number): void;
}

/** Makes it for RAM of this size, with nothing marked. */
export function createCodeLines(ramBytes: number): CodeLines {
  const frames = Math.ceil(ramBytes / FRAME_BYTES);
  const lines = new Int32Array(frames * 2);
  /** Bits `from` to `to` of 64, of one half. */
  const maskOf = (from: number, to: number, half: number): number => {
    const first = Math.max(from - half * 32, 0);
    const last = Math.min(to - half * 32, 31);
    if (first > 31 || last < 0) return 0;
    return (-1 << first) & (-1 >>> (31 - last));
  };
  const lineOf = (address: PhysicalAddress): number => (address % FRAME_BYTES) / LINE_BYTES;
  return {
    hasFrame: (frame) => (lines[frame * 2]! | lines[frame * 2 + 1]!) !== 0,
    hasBytes(address, byteLength) {
      const frame = Math.floor(address / FRAME_BYTES) * 2;
      if ((lines[frame]! | lines[frame + 1]!) === 0) return false;
      const from = Math.floor(lineOf(address));
      const to = Math.floor(lineOf(address + byteLength - 1));
      return ((lines[frame]! & maskOf(from, to, 0)) | (lines[frame + 1]! & maskOf(from, to, 1))) !== 0;
    },
    mark(address, byteLength) {
      const frame = Math.floor(address / FRAME_BYTES) * 2;
      const from = Math.floor(lineOf(address));
      const to = Math.floor(lineOf(address + byteLength - 1));
      lines[frame] = lines[frame]! | maskOf(from, to, 0);
      lines[frame + 1] = lines[frame + 1]! | maskOf(from, to, 1);
    },
    clearFrame(frame) {
      lines[frame * 2] = 0;
      lines[frame * 2 + 1] = 0;
    },
  };
}
