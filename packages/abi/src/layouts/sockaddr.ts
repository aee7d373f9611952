import { AF_INET, AF_INET6, AF_UNSPEC } from '../constants/address-family.js';
import type { Layout } from './layout.js';

// Sizes stand alone, so that a bundle of the functions does not carry the descriptions.
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** `struct sockaddr_in`: ip(7). Port and address are in network order. */
export const sockaddrInLayout = {
  name: 'struct sockaddr_in',
  size: SOCKADDR_IN_BYTES,
  align: 4,
  fields: [
    { name: 'sin_family', key: 'family', offset: 0, size: 2, type: 'u16' },
    { name: 'sin_port', key: 'port', offset: 2, size: 2, type: 'u16be' },
    { name: 'sin_addr', key: 'address', offset: 4, size: 4, type: 'u32be' },
    { name: 'sin_zero', key: 'zero', offset: 8, size: 8, type: 'bytes' },
  ],
} as const satisfies Layout;

/** `struct sockaddr_in6`: ipv6(7). Port and flow information are in network order, the scope is not. */
export const sockaddrIn6Layout = {
  name: 'struct sockaddr_in6',
  size: SOCKADDR_IN6_BYTES,
  align: 4,
  fields: [
    { name: 'sin6_family', key: 'family', offset: 0, size: 2, type: 'u16' },
    { name: 'sin6_port', key: 'port', offset: 2, size: 2, type: 'u16be' },
    { name: 'sin6_flowinfo', key: 'flowinfo', offset: 4, size: 4, type: 'u32be' },
    { name: 'sin6_addr', key: 'address', offset: 8, size: 16, type: 'bytes' },
    { name: 'sin6_scope_id', key: 'scopeId', offset: 24, size: 4, type: 'u32' },
  ],
} as const satisfies Layout;

/** `struct sockaddr_storage`: room for any address of any family. Only the family has a place of its own. */
export const sockaddrStorageLayout = {
  name: 'struct sockaddr_storage',
  size: 128,
  align: 8,
  fields: [{ name: 'ss_family', key: 'family', offset: 0, size: 2, type: 'u16' }],
} as const satisfies Layout;

/** An IPv4 address and port. */
export interface SockaddrIn {
  readonly family: typeof AF_INET;
  /** 0 to 65535. */
  readonly port: number;
  /** The address as signed int32, first octet highest: 127.0.0.1 is 0x7f000001, 255.255.255.255 is -1. */
  readonly address: number;
}

/** An IPv6 address and port. */
export interface SockaddrIn6 {
  readonly family: typeof AF_INET6;
  /** 0 to 65535. */
  readonly port: number;
  /** Traffic class and flow label, unsigned 32 bits. */
  readonly flowinfo: number;
  /** The address as four signed int32, most significant first. */
  readonly address: { readonly w0: number; readonly w1: number; readonly w2: number; readonly w3: number };
  /** Index of the interface of a link-local address, unsigned 32 bits; 0 for none. */
  readonly scopeId: number;
}

/** An address of no family: what connect(2) takes to dissolve an association. */
export interface SockaddrUnspec {
  readonly family: typeof AF_UNSPEC;
}

/**
 * Why an address could not be read. `truncated`: the stated length, or the view, is too short for the family (Linux
 * answers EINVAL). `family`: another family than asked for, or one that is not known here (EAFNOSUPPORT).
 */
export type SockaddrError = 'truncated' | 'family';

// Linux takes a sockaddr_in6 without its last field, as RFC 2133 had it (SIN6_LEN_RFC2133).
const SIN6_RFC2133_BYTES = 24;

function holds(view: DataView, offset: number, length: number, size: number): boolean {
  return length >= size && Number.isInteger(offset) && offset >= 0 && offset + size <= view.byteLength;
}

/**
 * Reads the family of an address of any family.
 *
 * @param view - the memory
 * @param offset - where the address starts, in bytes
 * @param length - the length that the program stated, in bytes; any number is safe
 * @returns the family (`AF_*`), or why there is none. Never throws.
 */
export function readSockaddrFamily(view: DataView, offset: number, length: number): number | 'truncated' {
  return holds(view, offset, length, 2) ? view.getUint16(offset, true) : 'truncated';
}

/**
 * Reads a `struct sockaddr_in`. The length is looked at before the family, as bind(2) does; `sin_zero` is ignored, as
 * Linux does.
 *
 * @param view - the memory; nothing of it is kept
 * @param offset - where the address starts, in bytes
 * @param length - the length that the program stated, in bytes; any number is safe
 * @returns a new value, or why there is none. Never throws.
 * @example
 * ```ts
 * const name = readSockaddrIn(view, 0, 16);
 * if (typeof name === 'string') return name === 'family' ? -errno.EAFNOSUPPORT : -errno.EINVAL;
 * ```
 */
export function readSockaddrIn(view: DataView, offset: number, length: number): SockaddrIn | SockaddrError {
  if (!holds(view, offset, length, SOCKADDR_IN_BYTES)) return 'truncated';
  if (view.getUint16(offset, true) !== AF_INET) return 'family';
  return { family: AF_INET, port: view.getUint16(offset + 2, false), address: view.getInt32(offset + 4, false) };
}

/**
 * Reads a `struct sockaddr_in6`. A length of 24 to 27 bytes is taken too, with scope 0, as Linux does (RFC 2133 had no
 * scope).
 *
 * @param view - the memory; nothing of it is kept
 * @param offset - where the address starts, in bytes
 * @param length - the length that the program stated, in bytes; any number is safe
 * @returns a new value, or why there is none. Never throws.
 */
export function readSockaddrIn6(view: DataView, offset: number, length: number): SockaddrIn6 | SockaddrError {
  if (!holds(view, offset, length, SIN6_RFC2133_BYTES)) return 'truncated';
  const withScope = length >= SOCKADDR_IN6_BYTES;
  if (withScope && !holds(view, offset, length, SOCKADDR_IN6_BYTES)) return 'truncated';
  if (view.getUint16(offset, true) !== AF_INET6) return 'family';
  return {
    family: AF_INET6,
    port: view.getUint16(offset + 2, false),
    flowinfo: view.getUint32(offset + 4, false),
    address: {
      w0: view.getInt32(offset + 8, false),
      w1: view.getInt32(offset + 12, false),
      w2: view.getInt32(offset + 16, false),
      w3: view.getInt32(offset + 20, false),
    },
    scopeId: withScope ? view.getUint32(offset + 24, true) : 0,
  };
}

/**
 * Reads an address of any family known here: AF_INET, AF_INET6, or AF_UNSPEC, of which nothing but the family counts.
 *
 * @param view - the memory; nothing of it is kept
 * @param offset - where the address starts, in bytes
 * @param length - the length that the program stated, in bytes; any number is safe
 * @returns a new value, told apart by `family`, or why there is none. Never throws.
 */
export function readSockaddr(
  view: DataView,
  offset: number,
  length: number,
): SockaddrIn | SockaddrIn6 | SockaddrUnspec | SockaddrError {
  switch (readSockaddrFamily(view, offset, length)) {
    case 'truncated':
      return 'truncated';
    case AF_UNSPEC:
      return { family: AF_UNSPEC };
    case AF_INET:
      return readSockaddrIn(view, offset, length);
    case AF_INET6:
      return readSockaddrIn6(view, offset, length);
    default:
      return 'family';
  }
}

/** Bytes that {@link writeSockaddr} needs for an address of the given family: 16 or 28. */
export function sockaddrSize(family: typeof AF_INET | typeof AF_INET6): number {
  return family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES;
}

function writeWhole(view: DataView, offset: number, value: SockaddrIn | SockaddrIn6): void {
  view.setUint16(offset, value.family, true);
  view.setUint16(offset + 2, value.port, false);
  if (value.family === AF_INET) {
    view.setInt32(offset + 4, value.address, false);
    view.setInt32(offset + 8, 0);
    view.setInt32(offset + 12, 0);
    return;
  }
  view.setUint32(offset + 4, value.flowinfo, false);
  view.setInt32(offset + 8, value.address.w0, false);
  view.setInt32(offset + 12, value.address.w1, false);
  view.setInt32(offset + 16, value.address.w2, false);
  view.setInt32(offset + 20, value.address.w3, false);
  view.setUint32(offset + 24, value.scopeId, true);
}

/**
 * Writes an address the way accept(2), getsockname(2) and recvfrom(2) return one: as many bytes of it as there is room
 * for. The caller stores the result where the program's length was, so that the program sees that it was cut.
 *
 * @param view - the memory
 * @param offset - where the address goes, in bytes
 * @param capacity - the room that the program stated, in bytes; nothing is written beyond it
 * @param value - the address; words and ports are cut to their width
 * @returns the full size of the address in bytes, which may exceed `capacity`
 * @throws RangeError when the view does not hold the bytes that are to be written
 */
export function writeSockaddr(
  view: DataView,
  offset: number,
  capacity: number,
  value: SockaddrIn | SockaddrIn6,
): number {
  const size = sockaddrSize(value.family);
  if (capacity >= size) {
    writeWhole(view, offset, value);
    return size;
  }
  const whole = new DataView(new ArrayBuffer(size));
  writeWhole(whole, 0, value);
  for (let i = 0; i < capacity; i++) view.setUint8(offset + i, whole.getUint8(i));
  return size;
}
