import {
  type AF_INET,
  type AF_INET6,
  EAFNOSUPPORT,
  EFAULT,
  EINVAL,
  readSockaddr,
  readSockaddrFamily,
  type SockaddrIn,
  type SockaddrIn6,
  type SockaddrUnspec,
  sockaddrInLayout,
  sockaddrSize,
  sockaddrStorageLayout,
  writeSockaddr,
} from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';
import { copyInBytes, copyInInt, copyOutBytes, copyOutInts } from './bytes.js';

/** Bytes of `struct sockaddr_storage`: no address is longer. */
export const SOCKADDR_MAX = sockaddrStorageLayout.size;

/** A socket address of a family that is known here. */
export type Sockaddr = SockaddrIn | SockaddrIn6;

/**
 * Reads the bytes of a socket address of any family, as bind(2), connect(2) and sendto(2) do before they look at it.
 *
 * @param lengthBytes - as the program said; a negative one or one above {@link SOCKADDR_MAX} is EINVAL
 * @returns the bytes, none for length 0, whatever the address then; or -EINVAL, -EFAULT
 */
export function copyInSockaddrBytes(
  memory: UserMemory,
  address: VirtualAddress,
  lengthBytes: number,
): Uint8Array<ArrayBuffer> | number {
  // An int in the kernel, whatever socklen_t is; read as either, what is negative is too long.
  if (lengthBytes < 0 || lengthBytes > SOCKADDR_MAX) return -EINVAL;
  return copyInBytes(memory, address, lengthBytes);
}

/**
 * Reads a socket address: AF_INET, AF_INET6, or AF_UNSPEC (connect(2) without a peer).
 *
 * @param lengthBytes - as the program said
 * @returns a new value; or -EFAULT; -EINVAL where it is too short for its family, or longer than any;
 *   -EAFNOSUPPORT for another family
 */
export function copyInSockaddr(
  memory: UserMemory,
  address: VirtualAddress,
  lengthBytes: number,
): Sockaddr | SockaddrUnspec | number {
  const bytes = copyInSockaddrBytes(memory, address, lengthBytes);
  return typeof bytes === 'number' ? bytes : sockaddrOf(bytes);
}

/** What the bytes of a socket address mean: as {@link copyInSockaddr}. */
export function sockaddrOf(bytes: Uint8Array<ArrayBuffer>): Sockaddr | SockaddrUnspec | number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const value = readSockaddr(view, 0, bytes.length);
  if (value === 'truncated') return -EINVAL;
  if (value !== 'family') return value;
  // Linux looks at the length before the family: what is too short for IPv4 is too short (inet_bind).
  const isShort = readSockaddrFamily(view, 0, bytes.length) === 'truncated' || bytes.length < sockaddrInLayout.size;
  return isShort ? -EINVAL : -EAFNOSUPPORT;
}

/** The bytes of an address, whole. */
export function sockaddrBytes(value: Sockaddr): Uint8Array<ArrayBuffer> {
  const family: typeof AF_INET | typeof AF_INET6 = value.family;
  const bytes = new Uint8Array(sockaddrSize(family));
  writeSockaddr(new DataView(bytes.buffer), 0, bytes.length, value);
  return bytes;
}

/**
 * Writes a socket address as accept(2), getsockname(2), getpeername(2) and recvfrom(2) return one: as much of it as the
 * program has room for, then its true length where the program's was, so that the program sees a cut.
 *
 * @param address - where it goes
 * @param lengthAddress - where the program's `socklen_t` lies: its room before, the true length after
 * @param value - the address, or its bytes; none of them (length 0) where there is no peer to tell
 * @returns 0; -EFAULT; -EINVAL for a negative room. As in Linux (move_addr_to_user) a call that has done its work by
 *   then answers this errno all the same: accept(2) closes the connection
 */
export function copyOutSockaddr(
  memory: UserMemory,
  address: VirtualAddress,
  lengthAddress: VirtualAddress,
  value: Sockaddr | Uint8Array<ArrayBuffer>,
): number {
  const room = copyInInt(memory, lengthAddress);
  if (typeof room === 'number') return room;
  if (room.value < 0) return -EINVAL;
  const bytes = value instanceof Uint8Array ? value : sockaddrBytes(value);
  const length = Math.min(room.value, bytes.length);
  if (copyOutBytes(memory, address, bytes.subarray(0, length)) < 0) return -EFAULT;
  return copyOutInts(memory, lengthAddress, bytes.length);
}

/**
 * Writes the value of a socket option as getsockopt(2) does: as much as there is room for, then how much that was.
 * Unlike an address's, the length that comes back is what was written.
 *
 * @returns 0; -EFAULT; -EINVAL for a negative room
 */
export function copyOutOption(
  memory: UserMemory,
  address: VirtualAddress,
  lengthAddress: VirtualAddress,
  value: Uint8Array<ArrayBuffer>,
): number {
  const room = copyInInt(memory, lengthAddress);
  if (typeof room === 'number') return room;
  if (room.value < 0) return -EINVAL;
  const bytes = value.subarray(0, Math.min(room.value, value.length));
  if (copyOutBytes(memory, address, bytes) < 0) return -EFAULT;
  return copyOutInts(memory, lengthAddress, bytes.length);
}
