/** A segment of a made-up program file. */
export interface MadeSegment {
  readonly type?: number;
  readonly flags: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Default: as many as `bytes`. */
  readonly memoryBytes?: number;
}

export interface MadeElf {
  readonly entry: number;
  readonly segments: readonly MadeSegment[];
  /** 2: lies where it says. 3: anywhere. */
  readonly type?: number;
}

const HEADER = 64;
const PROGRAM_HEADER = 56;

/** Writes an ELF64 file by hand: a header, program headers, then each segment at an offset that suits its address. */
export function makeElf({ entry, segments, type = 2 }: MadeElf): Uint8Array<ArrayBuffer> {
  let end = HEADER + PROGRAM_HEADER * segments.length;
  const offsets = segments.map(({ address, bytes }) => {
    const offset = end + ((((address - end) % 4096) + 4096) % 4096);
    end = offset + bytes.length;
    return offset;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, segments.length, true);
  for (const [index, segment] of segments.entries()) {
    const at = HEADER + PROGRAM_HEADER * index;
    view.setUint32(at, segment.type ?? 1, true);
    view.setUint32(at + 4, segment.flags, true);
    view.setBigUint64(at + 8, BigInt(offsets[index] as number), true);
    view.setBigUint64(at + 16, BigInt(segment.address), true);
    view.setBigUint64(at + 24, BigInt(segment.address), true);
    view.setBigUint64(at + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(at + 40, BigInt(segment.memoryBytes ?? segment.bytes.length), true);
    view.setBigUint64(at + 48, 4096n, true);
    file.set(segment.bytes, offsets[index] as number);
  }
  return file;
}
