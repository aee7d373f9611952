import { ENOMEM, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '@synos/abi';
import { type AddressSpace, FRAME_BYTES } from '@synos/interfaces';
import { type ElfProgram, type ElfSegment, PROGRAM_END } from './parse.js';

/**
 * Maps the segments of a program into an empty address space and fills them, and sets where the heap begins.
 *
 * As in Linux the file is mapped by whole pages: what lies before and behind a segment in its pages comes along, up to
 * where its zeros begin, and a later segment takes the place of what it overlaps.
 *
 * @param bytes - the file that `program` was read from; only read
 * @returns 0, or a negative errno; then the address space is to be destroyed
 */
export function loadElf(memory: AddressSpace, program: ElfProgram, bytes: Uint8Array<ArrayBuffer>): number {
  let end = 0;
  for (const segment of program.segments) {
    const answer = loadSegment(memory, segment, bytes);
    if (answer < 0) return answer;
    end = Math.max(end, pageEnd(segment.address + segment.memoryBytes));
  }
  // A program that ends with user space has no heap: brk(2) answers 0.
  if (end < PROGRAM_END) memory.setHeapStart(end);
  return 0;
}

function loadSegment(memory: AddressSpace, segment: ElfSegment, bytes: Uint8Array<ArrayBuffer>): number {
  const { address, memoryBytes, fileOffset, fileBytes, protection } = segment;
  const start = pageStart(address);
  const byteLength = pageEnd(address + memoryBytes) - start;
  const mapped = memory.mmap(start, byteLength, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
  if (mapped < 0) return mapped;
  if (fileBytes > 0) {
    const from = fileOffset - (address - start);
    const fileEnd = fileOffset + fileBytes;
    // Zeros follow, or the file goes on to the page's end.
    const stop = memoryBytes > fileBytes ? fileEnd : from + pageEnd(fileEnd - from);
    const count = Math.min(stop, bytes.length) - from;
    if (memory.copyOut(start, bytes, from, count) !== count) return -ENOMEM;
  }
  return memory.mprotect(start, byteLength, protection);
}

function pageStart(address: number): number {
  return Math.floor(address / FRAME_BYTES) * FRAME_BYTES;
}

function pageEnd(address: number): number {
  return Math.ceil(address / FRAME_BYTES) * FRAME_BYTES;
}
