import { readU64, writeU64 } from './integers.js';
import type { Layout } from './layout.js';

/** `struct msghdr`: sendmsg(2). */
export const msghdrLayout = {
  name: 'struct msghdr',
  size: 56,
  align: 8,
  fields: [
    { name: 'msg_name', key: 'name', offset: 0, size: 8, type: 'pointer' },
    { name: 'msg_namelen', key: 'nameLengthBytes', offset: 8, size: 4, type: 'u32' },
    { name: 'msg_iov', key: 'iov', offset: 16, size: 8, type: 'pointer' },
    { name: 'msg_iovlen', key: 'iovCount', offset: 24, size: 8, type: 'u64' },
    { name: 'msg_control', key: 'control', offset: 32, size: 8, type: 'pointer' },
    { name: 'msg_controllen', key: 'controlLengthBytes', offset: 40, size: 8, type: 'u64' },
    { name: 'msg_flags', key: 'flags', offset: 48, size: 4, type: 'i32' },
  ],
} as const satisfies Layout;

/** A message of sendmsg(2) and recvmsg(2): addresses of its parts. */
export interface Msghdr {
  /** Address of the socket address; 0 for none. */
  readonly name: number;
  /** Length of the socket address, unsigned 32 bits. Linux refuses one that is negative as an `int`. */
  readonly nameLengthBytes: number;
  /** Address of the array of `struct iovec`. */
  readonly iov: number;
  /** Number of its elements. */
  readonly iovCount: number;
  /** Address of the control messages; 0 for none. */
  readonly control: number;
  /** Length of the control messages. */
  readonly controlLengthBytes: number;
  /** `MSG_*`, set by recvmsg(2). */
  readonly flags: number;
}

/**
 * Reads a `struct msghdr`.
 *
 * @returns a new value
 * @throws RangeError when the view does not hold the fields
 */
export function readMsghdr(view: DataView, offset: number): Msghdr {
  return {
    name: readU64(view, offset),
    nameLengthBytes: view.getUint32(offset + 8, true),
    iov: readU64(view, offset + 16),
    iovCount: readU64(view, offset + 24),
    control: readU64(view, offset + 32),
    controlLengthBytes: readU64(view, offset + 40),
    flags: view.getInt32(offset + 48, true),
  };
}

/**
 * Writes a `struct msghdr`, its padding as zero.
 *
 * @throws RangeError when the view does not hold the 56 bytes
 */
export function writeMsghdr(view: DataView, offset: number, value: Msghdr): void {
  view.setUint32(offset + 52, 0, true);
  view.setInt32(offset + 48, value.flags, true);
  writeU64(view, offset + 40, value.controlLengthBytes);
  writeU64(view, offset + 32, value.control);
  writeU64(view, offset + 24, value.iovCount);
  writeU64(view, offset + 16, value.iov);
  view.setUint32(offset + 12, 0, true);
  view.setUint32(offset + 8, value.nameLengthBytes, true);
  writeU64(view, offset, value.name);
}
