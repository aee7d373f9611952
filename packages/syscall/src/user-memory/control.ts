import { cmsgAlign, cmsghdrLayout, cmsgLen, cmsgSpace, EINVAL, readCmsghdr, writeCmsghdr } from '@synos/abi';

/** A control message: cmsg(3). */
export interface ControlMessage {
  /** `SOL_*`. */
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const HEADER_BYTES = cmsghdrLayout.size;

/**
 * Takes the control messages of sendmsg(2) apart.
 *
 * @param bytes - `msg_control`; copied from
 * @returns the messages; fewer than 16 bytes hold none. -EINVAL where a length is less than a header's or reaches beyond
 *   the end (CMSG_OK)
 */
export function parseControl(bytes: Uint8Array<ArrayBuffer>): ControlMessage[] | number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: ControlMessage[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const { lengthBytes, level, type } = readCmsghdr(view, at);
    if (lengthBytes < HEADER_BYTES || lengthBytes > bytes.length - at) return -EINVAL;
    messages.push({ level, type, data: bytes.slice(at + HEADER_BYTES, at + lengthBytes) });
    at += cmsgAlign(lengthBytes);
  }
  return messages;
}

/**
 * Puts control messages together for recvmsg(2), as put_cmsg of Linux does: one that does not fit is cut, one whose
 * header does not fit is left out.
 *
 * @param capacity - the program's room, in bytes
 * @returns the bytes, padded as far as there is room, and whether anything was cut
 */
export function controlBytes(
  messages: readonly ControlMessage[],
  capacity: number,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly isCut: boolean } {
  const whole = messages.reduce((sum, { data }) => sum + cmsgSpace(data.length), 0);
  const bytes = new Uint8Array(Math.min(whole, capacity));
  const view = new DataView(bytes.buffer);
  let at = 0;
  let isCut = false;
  for (const { level, type, data } of messages) {
    const room = capacity - at;
    if (room < HEADER_BYTES) {
      isCut = true;
      continue;
    }
    const lengthBytes = Math.min(cmsgLen(data.length), room);
    isCut ||= lengthBytes < cmsgLen(data.length);
    writeCmsghdr(view, at, { lengthBytes, level, type });
    bytes.set(data.subarray(0, lengthBytes - HEADER_BYTES), at + HEADER_BYTES);
    at += Math.min(cmsgSpace(data.length), room);
  }
  return { bytes: bytes.subarray(0, at), isCut };
}
