import type { Packet, Result } from '@synos/interfaces';
import {
  copyBytes,
  ipv4Flag,
  ipv4FlagsAndOffset,
  ipv4HeaderBytes,
  ipv4MinHeaderBytes,
  setIpv4Checksum,
} from '@synos/wire';
import type { Context } from '../context.js';

const endOfOptions = 0;
const noOperation = 1;
/** The bit of an option's kind that says: into every fragment (RFC 791 §3.1). */
const copied = 0x80;

/**
 * Cuts a packet that is somebody else's, and may be a fragment already, into fragments for a link (RFC 791 §3.2). It
 * stops at the first that cannot go: the others cannot be completed then. The packet stays the caller's.
 *
 * @param packet - `start` at its IPv4 header, transport checksum complete
 * @param send - takes each fragment
 */
export function forwardFragments(
  context: Context,
  packet: Packet,
  mtuBytes: number,
  send: (fragment: Packet) => Result,
): void {
  const { view } = packet.memory;
  const at = packet.start;
  const headerBytes = ipv4HeaderBytes(view, at);
  const flagsAndOffset = ipv4FlagsAndOffset(view, at);
  const length = packet.end - at - headerBytes;
  const chunk = (mtuBytes - headerBytes) & ~7;
  for (let from = 0; from < length; from += chunk) {
    const bytes = Math.min(chunk, length - from);
    const fragment = context.packets.take(bytes, false);
    if (fragment === null) {
      context.counters.forwardNoBuffers++;
      return;
    }
    const { memory } = fragment;
    const header = fragment.start - headerBytes;
    copyBytes(memory.bytes, fragment.start, packet.memory.bytes, at + headerBytes + from, bytes);
    copyBytes(memory.bytes, header, packet.memory.bytes, at, headerBytes);
    fragment.end = fragment.start + bytes;
    fragment.start = header;
    fragment.networkStart = header;
    if (from > 0) blankOptions(memory.view, header + ipv4MinHeaderBytes, header + headerBytes);
    memory.view.setUint16(header + 2, headerBytes + bytes);
    const more = from + bytes < length ? ipv4Flag.moreFragments : 0;
    memory.view.setUint16(header + 6, (flagsAndOffset + (from >>> 3)) | more);
    setIpv4Checksum(memory, header);
    if (send(fragment) !== 0) return;
  }
  context.counters.forwardFragmented++;
}

/** Options that belong into the first fragment alone become "no operation" in the others. They were checked. */
function blankOptions(view: DataView<ArrayBuffer>, at: number, end: number): void {
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === endOfOptions) return;
    const next = kind === noOperation ? at + 1 : at + view.getUint8(at + 1);
    if ((kind & copied) === 0) for (let i = at; i < next; i++) view.setUint8(i, noOperation);
    at = next;
  }
}
