import {
  AT_BASE,
  AT_CLKTCK,
  AT_EGID,
  AT_ENTRY,
  AT_EUID,
  AT_EXECFN,
  AT_FLAGS,
  AT_GID,
  AT_NULL,
  AT_PAGESZ,
  AT_PHDR,
  AT_PHENT,
  AT_PHNUM,
  AT_PLATFORM,
  AT_RANDOM,
  AT_SECURE,
  AT_UID,
  E2BIG,
  ENOMEM,
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  writeU64,
} from '@synos/abi';
import { type AddressSpace, type Entropy, FRAME_BYTES, type VirtualAddress } from '@synos/interfaces';
import { bytesOfText } from '../text.js';
import { type ElfProgram, PROGRAM_END, PROGRAM_HEADER_BYTES } from './parse.js';

/** Ticks a second of times(2): what every Linux on x86-64 says. */
export const CLOCK_TICKS = 100;

/** What a program is started with. Strings without their zeros. */
export interface StartArguments {
  /** The file name, for AT_EXECFN. */
  readonly path: Uint8Array;
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
}

/**
 * Maps a program's stack below the end of user space and puts there what it finds when it begins (System V ABI for
 * x86-64, 3.4.1): from rsp upwards argc, argv, envp and the auxiliary vector, then what they point to. The stack cannot be
 * executed. Nothing is mapped below it, so that an overflow is a page fault.
 *
 * @param stackBytes - how large it is, a multiple of 4,096. A quarter of it is for arguments, as in Linux
 * @returns rsp, a multiple of 16; or -E2BIG, -ENOMEM
 */
export function buildStack(
  memory: AddressSpace,
  program: ElfProgram,
  { path, argv, envp }: StartArguments,
  stackBytes: number,
  entropy: Entropy,
): VirtualAddress {
  const random = new Uint8Array(16);
  entropy.fill(random);
  const strings = layStrings([random, bytesOfText('x86_64'), ...argv, ...envp, path]);
  const at = (index: number): VirtualAddress => strings.addresses[index] as number;
  const auxiliary: readonly (readonly [number, number])[] = [
    [AT_PAGESZ, FRAME_BYTES],
    [AT_CLKTCK, CLOCK_TICKS],
    [AT_PHDR, program.headersAddress],
    [AT_PHENT, PROGRAM_HEADER_BYTES],
    [AT_PHNUM, program.headerCount],
    [AT_BASE, 0],
    [AT_FLAGS, 0],
    [AT_ENTRY, program.entry],
    [AT_UID, 0],
    [AT_EUID, 0],
    [AT_GID, 0],
    [AT_EGID, 0],
    [AT_SECURE, 0],
    [AT_RANDOM, at(0)],
    [AT_PLATFORM, at(1)],
    [AT_EXECFN, at(2 + argv.length + envp.length)],
    [AT_NULL, 0],
  ];
  const words = [
    argv.length,
    ...argv.map((_, index) => at(2 + index)),
    0,
    ...envp.map((_, index) => at(2 + argv.length + index)),
    0,
    ...auxiliary.flat(),
  ];
  const rsp = Math.floor((strings.start - 8 * words.length) / 16) * 16;
  if (PROGRAM_END - rsp > stackBytes / 4) return -E2BIG;

  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  const mapped = memory.mmap(PROGRAM_END - stackBytes, stackBytes, PROT_READ | PROT_WRITE, flags);
  // Taken already: by a program whose segments reach up here.
  if (mapped < 0) return -ENOMEM;
  const bytes = new Uint8Array(PROGRAM_END - rsp);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) writeU64(view, 8 * index, word);
  for (const [index, string] of strings.pieces.entries()) bytes.set(string, at(index) - rsp);
  return memory.copyOut(rsp, bytes) === bytes.length ? rsp : -ENOMEM;
}

/** Where strings go: one behind the other, each with a zero, the last ends eight zeros below the end. */
function layStrings(pieces: readonly Uint8Array[]): {
  readonly pieces: readonly Uint8Array[];
  readonly addresses: readonly VirtualAddress[];
  readonly start: VirtualAddress;
} {
  const byteLength = pieces.reduce((sum, { length }) => sum + length + 1, 0);
  const start = PROGRAM_END - 8 - byteLength;
  let next = start;
  const addresses = pieces.map(({ length }) => {
    const address = next;
    next += length + 1;
    return address;
  });
  return { pieces, addresses, start };
}
