import {
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENOBUFS,
  type Iovec,
  MSG_CTRUNC,
  type Msghdr,
  msghdrLayout,
  readMsghdr,
  writeU64,
} from '@synos/abi';
import type { UserMemory, VirtualAddress } from '@synos/interfaces';
import { copyInBytes, copyInView, copyOutBytes, copyOutInts, copyOutView } from './bytes.js';
import { type ControlMessage, controlBytes, parseControl } from './control.js';
import { copyInIovecs, IOV_MAX } from './iovec.js';
import { copyInSockaddrBytes, copyOutSockaddr, SOCKADDR_MAX, type Sockaddr } from './sockaddr.js';

/** Bytes of control messages that sendmsg(2) takes (net.core.optmem_max): more is ENOBUFS. */
export const CONTROL_MAX = 131_072;

/** A message that a program sends. */
export interface MessageToSend {
  /** The bytes of the destination; null for none. */
  readonly name: Uint8Array<ArrayBuffer> | null;
  readonly pieces: readonly Iovec[];
  readonly control: readonly ControlMessage[];
  /** `msg_flags`, which sendmsg(2) ignores but for a few of its own. */
  readonly flags: number;
}

/** Where a program wants a message to be put. */
export interface MessageToFill {
  readonly pieces: readonly Iovec[];
  /** Where its parts go. */
  readonly header: Msghdr;
}

// Offsets of what recvmsg(2) writes back, as struct user_msghdr has them.
const NAME_LENGTH_AT = 8;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;

/**
 * Reads the `struct msghdr` of sendmsg(2) and all it names but the data: that is read from `pieces` when there is room.
 *
 * @returns a new value; or -EFAULT; -EINVAL for a negative `msg_namelen` (a too long one is cut), for a length that is
 *   negative as `ssize_t`, and for control messages that do not fit together; -EMSGSIZE for more than {@link IOV_MAX}
 *   pieces (EINVAL in writev(2)); -ENOBUFS for more than {@link CONTROL_MAX} bytes of control messages
 */
export function copyInMessage(memory: UserMemory, address: VirtualAddress): MessageToSend | number {
  const header = copyInHeader(memory, address);
  if (typeof header === 'number') return header;
  let name: Uint8Array<ArrayBuffer> | null = null;
  if (header.name !== 0 && header.nameLengthBytes !== 0) {
    const bytes = copyInSockaddrBytes(memory, header.name, header.nameLengthBytes);
    if (typeof bytes === 'number') return bytes;
    name = bytes;
  }
  const pieces = copyInPieces(memory, header);
  if (typeof pieces === 'number') return pieces;
  if (header.controlLengthBytes > CONTROL_MAX) return -ENOBUFS;
  const bytes = copyInBytes(memory, header.control, header.controlLengthBytes);
  if (typeof bytes === 'number') return bytes;
  const control = parseControl(bytes);
  if (typeof control === 'number') return control;
  return { name, pieces, control, flags: header.flags };
}

/**
 * Reads the `struct msghdr` of recvmsg(2).
 *
 * @returns a new value, for {@link copyOutMessage} when a message has come; or an errno as {@link copyInMessage}
 */
export function copyInMessageToFill(memory: UserMemory, address: VirtualAddress): MessageToFill | number {
  const header = copyInHeader(memory, address);
  if (typeof header === 'number') return header;
  const pieces = copyInPieces(memory, header);
  return typeof pieces === 'number' ? pieces : { pieces, header };
}

function copyInHeader(memory: UserMemory, address: VirtualAddress): Msghdr | number {
  const view = copyInView(memory, address, msghdrLayout.size);
  if (typeof view === 'number') return view;
  const header = readMsghdr(view, 0);
  // Without a name its length does not count (__copy_msghdr).
  if (header.name === 0) return { ...header, nameLengthBytes: 0 };
  if ((header.nameLengthBytes | 0) < 0) return -EINVAL;
  return { ...header, nameLengthBytes: Math.min(header.nameLengthBytes, SOCKADDR_MAX) };
}

function copyInPieces(memory: UserMemory, header: Msghdr): Iovec[] | number {
  return header.iovCount > IOV_MAX ? -EMSGSIZE : copyInIovecs(memory, header.iov, header.iovCount);
}

/** What recvmsg(2) tells of a message beside its data. */
export interface MessageDetails {
  /** Who sent it; nobody is told (length 0) where it is null. */
  readonly name: Sockaddr | Uint8Array<ArrayBuffer> | null;
  readonly control: readonly ControlMessage[];
  /** `MSG_TRUNC` and the like. MSG_CTRUNC is added where control messages are cut. */
  readonly flags: number;
}

/**
 * Writes what recvmsg(2) returns beside the data: the sender's address and its true length, control messages as far as
 * there is room, flags. In Linux's order, and to where the header pointed when it was read, whatever the program did to
 * it since.
 *
 * @param address - where the `struct msghdr` lies
 * @param message - as {@link copyInMessageToFill} read it
 * @returns 0, or -EFAULT, -EINVAL. As in Linux control messages that fault are left out and are no error
 */
export function copyOutMessage(
  memory: UserMemory,
  address: VirtualAddress,
  message: MessageToFill,
  details: MessageDetails,
): number {
  const { header } = message;
  const { bytes, isCut } = controlBytes(details.control, header.control === 0 ? 0 : header.controlLengthBytes);
  const isControlOut = copyOutBytes(memory, header.control, bytes) === 0;
  const flags = isCut || !isControlOut ? details.flags | MSG_CTRUNC : details.flags;
  if (header.name !== 0) {
    const none = new Uint8Array(0);
    const result = copyOutSockaddr(memory, header.name, address + NAME_LENGTH_AT, details.name ?? none);
    if (result < 0) return result;
  }
  if (copyOutInts(memory, address + FLAGS_AT, flags) < 0) return -EFAULT;
  const length = isControlOut ? bytes.length : 0;
  return copyOutView(memory, address + CONTROL_LENGTH_AT, 8, (view) => writeU64(view, 0, length));
}
