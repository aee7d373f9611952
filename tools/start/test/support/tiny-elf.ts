import type { Assembly } from './assembly.js';

const HEADER_BYTES = 64;
const SEGMENT_HEADER_BYTES = 56;
const LOAD_ADDRESS = 0x40_0000;
const START = HEADER_BYTES + SEGMENT_HEADER_BYTES;

/** Where the first byte of a {@link tinyElf}'s code lies. */
export const CODE_ADDRESS = LOAD_ADDRESS + START;

/** PF_X, PF_W and PF_R. */
export const segmentRight = { execute: 1, write: 2, read: 4 } as const;

/** A program header. */
export interface SegmentHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
  readonly alignBytes: bigint;
}

/** An ELF file with these headers and these bytes behind them (System V ABI, chapters 4 and 5: ELF-64 object files). */
export function elfFile(
  type: number,
  entry: bigint,
  segments: readonly SegmentHeader[],
  content: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const start = HEADER_BYTES + SEGMENT_HEADER_BYTES * segments.length;
  const bytes = new Uint8Array(start + content.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, SEGMENT_HEADER_BYTES, true);
  view.setUint16(56, segments.length, true);
  view.setUint16(58, 64, true);
  segments.forEach((segment, index) => {
    const at = HEADER_BYTES + index * SEGMENT_HEADER_BYTES;
    view.setUint32(at, segment.type, true);
    view.setUint32(at + 4, segment.flags, true);
    view.setBigUint64(at + 8, segment.offset, true);
    view.setBigUint64(at + 16, segment.address, true);
    view.setBigUint64(at + 24, segment.address, true);
    view.setBigUint64(at + 32, segment.fileBytes, true);
    view.setBigUint64(at + 40, segment.memoryBytes, true);
    view.setBigUint64(at + 48, segment.alignBytes, true);
  });
  bytes.set(content, start);
  return bytes;
}

/**
 * A program of one segment, which may be read, written and executed, with `spareBytes` of zeros behind what the file
 * has.
 */
export function tinyElf(code: Assembly | Uint8Array, spareBytes = 0): Uint8Array<ArrayBuffer> {
  const bytes = code instanceof Uint8Array ? code : code.assembled(CODE_ADDRESS);
  const segment = {
    type: 1,
    flags: segmentRight.execute | segmentRight.write | segmentRight.read,
    offset: 0n,
    address: BigInt(LOAD_ADDRESS),
    fileBytes: BigInt(START + bytes.length),
    memoryBytes: BigInt(START + bytes.length + spareBytes),
    alignBytes: 4096n,
  };
  return elfFile(2, BigInt(CODE_ADDRESS), [segment], bytes);
}
