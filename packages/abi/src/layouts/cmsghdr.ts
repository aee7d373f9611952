import { readU64, writeU64 } from './integers.js';
import type { Layout } from './layout.js';

// Stands alone, so that a bundle of the functions does not carry the description.
const CMSGHDR_BYTES = 16;

/** `struct cmsghdr`: cmsg(3). The data follows at once. */
export const cmsghdrLayout = {
  name: 'struct cmsghdr',
  size: CMSGHDR_BYTES,
  align: 8,
  fields: [
    { name: 'cmsg_len', key: 'lengthBytes', offset: 0, size: 8, type: 'u64' },
    { name: 'cmsg_level', key: 'level', offset: 8, size: 4, type: 'i32' },
    { name: 'cmsg_type', key: 'type', offset: 12, size: 4, type: 'i32' },
  ],
} as const satisfies Layout;

/** Header of a control message. */
export interface Cmsghdr {
  /** Length of header and data, without padding. */
  readonly lengthBytes: number;
  /** Level, `SOL_*`. */
  readonly level: number;
  /** Type within the level, such as `SCM_*`. */
  readonly type: number;
}

/**
 * Reads a `struct cmsghdr`.
 *
 * @returns a new value; its length is what the program wrote and must be checked against the room that there is
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function readCmsghdr(view: DataView, offset: number): Cmsghdr {
  return {
    lengthBytes: readU64(view, offset),
    level: view.getInt32(offset + 8, true),
    type: view.getInt32(offset + 12, true),
  };
}

/**
 * Writes a `struct cmsghdr`.
 *
 * @throws RangeError when the view does not hold the 16 bytes
 */
export function writeCmsghdr(view: DataView, offset: number, value: Cmsghdr): void {
  view.setInt32(offset + 12, value.type, true);
  view.setInt32(offset + 8, value.level, true);
  writeU64(view, offset, value.lengthBytes);
}

/** `CMSG_ALIGN`: a length rounded up to a multiple of eight bytes. */
export function cmsgAlign(lengthBytes: number): number {
  return Math.ceil(lengthBytes / 8) * 8;
}

/** `CMSG_LEN`: what `cmsg_len` says for that much data, in bytes. */
export function cmsgLen(dataBytes: number): number {
  return CMSGHDR_BYTES + dataBytes;
}

/** `CMSG_SPACE`: the room that a control message with that much data takes, padding included, in bytes. */
export function cmsgSpace(dataBytes: number): number {
  return CMSGHDR_BYTES + cmsgAlign(dataBytes);
}
