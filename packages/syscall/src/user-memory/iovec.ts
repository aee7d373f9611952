import { EFAULT, EINVAL, type Iovec, iovecLayout, readIovec } from '@synos/abi';
import { USER_END, type UserMemory, type VirtualAddress } from '@synos/interfaces';
import { copyInView } from './bytes.js';

/** Pieces that readv(2) and its relatives take (UIO_MAXIOV). */
export const IOV_MAX = 1024;
/** Bytes that one call moves at most: what is asked for above it is cut (read(2), MAX_RW_COUNT). */
export const MAX_RW_BYTES = 0x7fff_f000;

const SSIZE_END = 0x8000_0000_0000_0000;

/**
 * Whether a range lies in the user half (access_ok): asked of all of it before anything is moved. It says nothing about
 * what is mapped there.
 */
export function isUserRange(address: VirtualAddress, byteLength: number): boolean {
  return address >= 0 && byteLength >= 0 && address + byteLength <= USER_END;
}

/**
 * The buffer of read(2), write(2), pread64(2) and pwrite64(2).
 *
 * @param byteLength - as the program said, unsigned
 * @returns one piece, cut at {@link MAX_RW_BYTES}; or -EFAULT where the whole, uncut, leaves the user half
 */
export function readWriteBuffer(address: VirtualAddress, byteLength: number): Iovec | number {
  if (!isUserRange(address, byteLength)) return -EFAULT;
  return { base: address, lengthBytes: Math.min(byteLength, MAX_RW_BYTES) };
}

/**
 * The buffer of sendto(2) and recvfrom(2): as {@link readWriteBuffer}, but cut first (import_ubuf), so that a length of
 * 2^64 - 1 is no fault yet.
 */
export function messageBuffer(address: VirtualAddress, byteLength: number): Iovec | number {
  return readWriteBuffer(address, Math.min(byteLength, MAX_RW_BYTES));
}

/**
 * Reads an array of `struct iovec`, as readv(2), writev(2) and the messages of sendmsg(2) do.
 *
 * @param count - how many, as the program said; more than {@link IOV_MAX} is EINVAL
 * @returns the pieces, cut so that they hold {@link MAX_RW_BYTES} together; or -EFAULT where the array cannot be read or
 *   a piece leaves the user half; -EINVAL where a length is negative as `ssize_t`. That is looked for in the whole array
 *   first, so that it wins over a piece that faults
 */
export function copyInIovecs(memory: UserMemory, address: VirtualAddress, count: number): Iovec[] | number {
  if (count < 0 || count > IOV_MAX) return -EINVAL;
  const view = copyInView(memory, address, count * iovecLayout.size);
  if (typeof view === 'number') return view;
  const pieces: Iovec[] = [];
  for (let index = 0; index < count; index++) pieces.push(readIovec(view, index * iovecLayout.size));
  if (pieces.some(({ lengthBytes }) => lengthBytes >= SSIZE_END)) return -EINVAL;
  let room = MAX_RW_BYTES;
  for (const [index, { base, lengthBytes }] of pieces.entries()) {
    if (!isUserRange(base, lengthBytes)) return -EFAULT;
    const cut = Math.min(lengthBytes, room);
    pieces[index] = { base, lengthBytes: cut };
    room -= cut;
  }
  return pieces;
}

/** How many bytes pieces hold together. */
export function iovecBytes(pieces: readonly Iovec[]): number {
  return pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

/**
 * Copies from the pieces of a program, in their order, into one buffer.
 *
 * @param skipBytes - how much of the pieces to pass over: what an earlier call took. Default 0
 * @param offset - where in `into`; default 0
 * @param byteLength - how many at most; default: up to the end of `into`
 * @returns how many bytes came, from the first on. Fewer than there were means a fault: a stream takes what came, a
 *   datagram is EFAULT; {@link copiedOrFault} says which answer that is
 */
export function gather(
  memory: UserMemory,
  pieces: readonly Iovec[],
  into: Uint8Array<ArrayBuffer>,
  skipBytes = 0,
  offset = 0,
  byteLength = into.length - offset,
): number {
  return eachPiece(pieces, skipBytes, byteLength, (address, done, length) =>
    memory.copyIn(address, into, offset + done, length),
  );
}

/**
 * Copies from one buffer to the pieces of a program, in their order: as {@link gather}, the other way.
 *
 * @returns how many bytes went; fewer than both sides had means a fault
 */
export function scatter(
  memory: UserMemory,
  pieces: readonly Iovec[],
  from: Uint8Array<ArrayBuffer>,
  skipBytes = 0,
  offset = 0,
  byteLength = from.length - offset,
): number {
  return eachPiece(pieces, skipBytes, byteLength, (address, done, length) =>
    memory.copyOut(address, from, offset + done, length),
  );
}

function eachPiece(
  pieces: readonly Iovec[],
  skipBytes: number,
  byteLength: number,
  copy: (address: VirtualAddress, done: number, length: number) => number,
): number {
  let skip = skipBytes;
  let done = 0;
  for (const { base, lengthBytes } of pieces) {
    if (skip >= lengthBytes) {
      skip -= lengthBytes;
      continue;
    }
    const length = Math.min(lengthBytes - skip, byteLength - done);
    if (length === 0) return done;
    const copied = copy(base + skip, done, length);
    skip = 0;
    done += copied;
    if (copied < length) return done;
  }
  return done;
}

/**
 * What a call that moves a stream answers after a copy: the bytes that it moved, and EFAULT only where a fault left none
 * (read(2): "a smaller number of bytes"; the next call finds the fault).
 *
 * @param copied - bytes that were copied
 * @param wanted - bytes that were to be copied
 */
export function copiedOrFault(copied: number, wanted: number): number {
  return copied > 0 || wanted === 0 ? copied : -EFAULT;
}
