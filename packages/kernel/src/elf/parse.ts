import { EINVAL, ENOEXEC, PROT_EXEC, PROT_READ, PROT_WRITE, readU64 } from '@synos/abi';
import { assert, FRAME_BYTES, USER_END, type VirtualAddress } from '@synos/interfaces';

/** Programs end here: the last page below 2^47 is never mapped, as in Linux (TASK_SIZE). */
export const PROGRAM_END = USER_END - FRAME_BYTES;

/** Where programs go that run anywhere: two thirds up, as Linux has it (ELF_ET_DYN_BASE), on 4 MB. */
const ANYWHERE_BASE = 0x5555_5540_0000;

/** A stretch of memory that a program file asks for (PT_LOAD). */
export interface ElfSegment {
  /** Where its bytes begin in the file. Differs from the address by a multiple of a page, unless it has no bytes. */
  readonly fileOffset: number;
  readonly fileBytes: number;
  readonly address: VirtualAddress;
  /** `fileBytes` or more; what is beyond them is zero. */
  readonly memoryBytes: number;
  /** PROT_ bits. */
  readonly protection: number;
}

/** A program that can be loaded. */
export interface ElfProgram {
  readonly entry: VirtualAddress;
  /** One or more, in the file's order. */
  readonly segments: readonly ElfSegment[];
  /** Where the program headers lie in memory, for AT_PHDR; 0 where no segment has them. */
  readonly headersAddress: VirtualAddress;
  readonly headerCount: number;
}

/** Why a file is no program of ours. */
export type ElfFault =
  | 'not an ELF file'
  | 'not for x86-64'
  | 'not an executable'
  | 'program headers are missing or cut off'
  | 'asks for an interpreter'
  | 'nothing to load'
  | 'a segment is cut off'
  | 'a segment is longer in the file than in memory'
  | 'a segment is not aligned as it lies in the file'
  | 'a segment leaves user space'
  | 'the entry point is not in user space';

/** What is wrong with a file, and how Linux says so. */
export interface ElfRefusal {
  readonly fault: ElfFault;
  /** Negative: -ENOEXEC or -EINVAL. */
  readonly answer: number;
}

const HEADER_BYTES = 64;
/** Bytes of a program header: AT_PHENT. */
export const PROGRAM_HEADER_BYTES = 56;
/** Linux takes no more bytes of program headers (load_elf_phdrs). */
const MAX_HEADERS_BYTES = 65_536;

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_INTERP = 3;

/**
 * Reads a static ELF64 program (System V ABI, chapters 4 and 5; Linux, fs/binfmt_elf.c): one that lies where it says
 * (ET_EXEC), or one that runs anywhere and relocates itself (ET_DYN without an interpreter). Any bytes will do.
 *
 * @param bytes - the whole file; only read
 * @example
 * ```ts
 * import { parseElf } from '@synos/kernel';
 *
 * const program = parseElf(new Uint8Array(64));
 * if ('fault' in program) console.log(program.fault); // not an ELF file
 * ```
 */
export function parseElf(bytes: Uint8Array): ElfProgram | ElfRefusal {
  assert(ArrayBuffer.isView(bytes), 'a program file is a Uint8Array');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES || view.getUint32(0) !== 0x7f45_4c46) return refused('not an ELF file');
  const isLittleEndian64 = bytes[4] === 2 && bytes[5] === 1;
  if (!isLittleEndian64 || view.getUint16(18, true) !== EM_X86_64) return refused('not for x86-64');
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) return refused('not an executable');

  const headersAt = readU64(view, 32);
  const headerCount = view.getUint16(56, true);
  const headersBytes = headerCount * PROGRAM_HEADER_BYTES;
  const areHeadersGood = view.getUint16(54, true) === PROGRAM_HEADER_BYTES && headerCount > 0;
  if (!areHeadersGood || headersBytes > MAX_HEADERS_BYTES || headersAt + headersBytes > bytes.length)
    return refused('program headers are missing or cut off');

  const segments: ElfSegment[] = [];
  for (let index = 0; index < headerCount; index++) {
    const at = headersAt + index * PROGRAM_HEADER_BYTES;
    const kind = view.getUint32(at, true);
    if (kind === PT_INTERP) return refused('asks for an interpreter');
    if (kind !== PT_LOAD) continue;
    const segment = readSegment(view, at);
    if (segment.memoryBytes === 0 && segment.fileBytes === 0) continue;
    const fault = faultOf(segment, bytes.length);
    if (fault !== null) return refused(fault);
    segments.push(segment);
  }
  if (segments.length === 0) return refused('nothing to load');
  return place(segments, type === ET_DYN, readU64(view, 24), headersAt, headerCount);
}

function readSegment(view: DataView, at: number): ElfSegment {
  const flags = view.getUint32(at + 4, true);
  let protection = 0;
  if ((flags & 4) !== 0) protection |= PROT_READ;
  if ((flags & 2) !== 0) protection |= PROT_WRITE;
  if ((flags & 1) !== 0) protection |= PROT_EXEC;
  return {
    fileOffset: readU64(view, at + 8),
    address: readU64(view, at + 16),
    fileBytes: readU64(view, at + 32),
    memoryBytes: readU64(view, at + 40),
    protection,
  };
}

function faultOf({ fileOffset, fileBytes, address, memoryBytes }: ElfSegment, byteLength: number): ElfFault | null {
  if (fileBytes > memoryBytes) return 'a segment is longer in the file than in memory';
  if (memoryBytes > PROGRAM_END || address > PROGRAM_END - memoryBytes) return 'a segment leaves user space';
  if (fileBytes === 0) return null;
  if (fileOffset > byteLength || fileBytes > byteLength - fileOffset) return 'a segment is cut off';
  return (address - fileOffset) % FRAME_BYTES === 0 ? null : 'a segment is not aligned as it lies in the file';
}

/** Moves what may lie anywhere to where it goes. */
function place(
  segments: readonly ElfSegment[],
  isAnywhere: boolean,
  entryInFile: number,
  headersAt: number,
  headerCount: number,
): ElfProgram | ElfRefusal {
  const lowest = segments.reduce((least, { address }) => Math.min(least, address), Infinity);
  const bias = isAnywhere ? ANYWHERE_BASE - Math.floor(lowest / FRAME_BYTES) * FRAME_BYTES : 0;
  const placed = segments.map((segment) => ({ ...segment, address: segment.address + bias }));
  if (placed.some(({ address, memoryBytes }) => address > PROGRAM_END - memoryBytes))
    return refused('a segment leaves user space');
  const entry = entryInFile + bias;
  if (!(entry >= 0 && entry < PROGRAM_END)) return refused('the entry point is not in user space');
  const holder = placed.find(
    ({ fileOffset, fileBytes }) => headersAt >= fileOffset && headersAt < fileOffset + fileBytes,
  );
  const headersAddress = holder === undefined ? 0 : headersAt - holder.fileOffset + holder.address;
  return { entry, segments: placed, headersAddress, headerCount };
}

/** Linux's answer: -EINVAL for segments that cannot be mapped so, -ENOEXEC for what is no program at all. */
function refused(fault: ElfFault): ElfRefusal {
  switch (fault) {
    case 'a segment is longer in the file than in memory':
    case 'a segment is not aligned as it lies in the file':
    case 'a segment leaves user space':
    case 'the entry point is not in user space':
      return { fault, answer: -EINVAL };
    default:
      return { fault, answer: -ENOEXEC };
  }
}
