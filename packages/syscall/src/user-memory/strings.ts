import { E2BIG, EFAULT, ENAMETOOLONG, ENOENT, readI64 } from '@synos/abi';
import { FRAME_BYTES, type UserMemory, type VirtualAddress } from '@synos/interfaces';
import { copyInView } from './bytes.js';

/** Bytes that a path may have, its zero included. */
export const PATH_MAX = 4096;
/** Bytes that one argument of execve(2) may have, its zero included (MAX_ARG_STRLEN). */
export const ARG_STRING_MAX = 131_072;
/** Bytes that all arguments and the environment may have: a quarter of the usual stack of 8 MB (execve(2)). */
export const ARGUMENTS_MAX = 2_097_152;

/** How much is looked at at a time. Divides a page, so that no look crosses into a page that the string may not reach. */
const CHUNK_BYTES = 256;

/**
 * Reads bytes up to a zero.
 *
 * @param maxBytes - how many at most, the zero included
 * @param tooLong - the errno, positive, where there is no zero among them
 * @returns the bytes without the zero: what a path or a name is to Linux, in whatever encoding; or -EFAULT where the
 *   memory ends before the zero, or `-tooLong`
 */
export function copyInString(
  memory: UserMemory,
  address: VirtualAddress,
  maxBytes: number,
  tooLong: number = ENAMETOOLONG,
): Uint8Array<ArrayBuffer> | number {
  let bytes = new Uint8Array(Math.min(maxBytes, CHUNK_BYTES));
  let length = 0;
  while (length < maxBytes) {
    const at = address + length;
    const toBoundary = CHUNK_BYTES - (((at % FRAME_BYTES) + FRAME_BYTES) % CHUNK_BYTES);
    const wanted = Math.min(toBoundary, maxBytes - length);
    if (length + wanted > bytes.length) bytes = grown(bytes, length + wanted);
    const got = memory.copyIn(at, bytes, length, wanted);
    const zero = bytes.subarray(length, length + got).indexOf(0);
    if (zero >= 0) return bytes.slice(0, length + zero);
    if (got < wanted) return -EFAULT;
    length += wanted;
  }
  return -tooLong;
}

function grown(bytes: Uint8Array<ArrayBuffer>, atLeast: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(atLeast, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

/**
 * Reads a path: a string of at most {@link PATH_MAX} bytes.
 *
 * @returns its bytes, or -EFAULT, -ENAMETOOLONG, or -ENOENT for an empty one (path_resolution(7); a call with
 *   AT_EMPTY_PATH takes {@link copyInString})
 */
export function copyInPath(memory: UserMemory, address: VirtualAddress): Uint8Array<ArrayBuffer> | number {
  const path = copyInString(memory, address, PATH_MAX);
  return typeof path !== 'number' && path.length === 0 ? -ENOENT : path;
}

/** What {@link copyInStrings} may take. */
export interface StringsLimits {
  /** Bytes of one string, its zero included. Default {@link ARG_STRING_MAX}. */
  readonly stringBytes?: number;
  /** Bytes of all strings, each with its zero and the eight of its pointer. Default {@link ARGUMENTS_MAX}. */
  readonly totalBytes?: number;
}

/**
 * Reads an array of addresses of strings that a null pointer ends: `argv` and `envp` of execve(2). The array may itself
 * be null, which Linux takes for an empty one.
 *
 * @param limits - for `envp`, the total less `stringsBytes(argv)`, because they share the room
 * @returns the strings' bytes, or -EFAULT, or -E2BIG
 */
export function copyInStrings(
  memory: UserMemory,
  address: VirtualAddress,
  limits: StringsLimits = {},
): Uint8Array<ArrayBuffer>[] | number {
  const { stringBytes = ARG_STRING_MAX, totalBytes = ARGUMENTS_MAX } = limits;
  const strings: Uint8Array<ArrayBuffer>[] = [];
  if (address === 0) return strings;
  let room = totalBytes;
  for (;;) {
    const word = copyInView(memory, address + 8 * strings.length, 8);
    if (typeof word === 'number') return -EFAULT;
    const pointer = readI64(word, 0);
    if (pointer === 0) return strings;
    room -= 8;
    if (room <= 0) return -E2BIG;
    const string = copyInString(memory, pointer, Math.min(stringBytes, room), E2BIG);
    if (typeof string === 'number') return string;
    room -= string.length + 1;
    strings.push(string);
  }
}

/** What strings take of `totalBytes`: each its bytes, its zero and its pointer. */
export function stringsBytes(strings: readonly Uint8Array[]): number {
  return strings.reduce((sum, { length }) => sum + length + 9, 0);
}
