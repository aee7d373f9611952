import { checksumState, type Packet } from '@synos/interfaces';
import { tcpFlag, tcpFlags, tcpHeaderBytes } from '@synos/wire';

// VIRTIO 1.2, §5.1.6, `struct virtio_net_hdr`: flags, kind of segmentation, length of the headers, bytes per segment,
// start and offset of the checksum, count of buffers; half-words little-endian.

/** Bytes in front of each frame. */
export const netHeaderBytes = 12;

const needsChecksum = 1;
const dataIsValid = 2;
const gsoNone = 0;
const gsoTcpv4 = 1;
const gsoEcn = 0x80;

/**
 * Writes, in front of a frame, what is left to be done with it.
 *
 * @param knowsEcn - whether the device can clear "congestion window reduced" in all segments but the first
 */
export function writeNetHeader(packet: Packet, knowsEcn: boolean): void {
  const { view } = packet.memory;
  const at = packet.start - netHeaderBytes;
  view.setUint32(at, 0);
  view.setUint32(at + 4, 0);
  view.setUint32(at + 8, 0);
  if (packet.checksum !== checksumState.partial) return;
  const transport = packet.checksumStart;
  view.setUint8(at, needsChecksum);
  view.setUint16(at + 6, transport - packet.start, true);
  view.setUint16(at + 8, packet.checksumOffset, true);
  if (packet.segmentBytes === 0) return;
  // RFC 3168 §6.1.2 wants it in the first segment alone.
  const isEcn = knowsEcn && (tcpFlags(view, transport) & tcpFlag.cwr) !== 0;
  view.setUint8(at + 1, isEcn ? gsoTcpv4 | gsoEcn : gsoTcpv4);
  view.setUint16(at + 2, transport - packet.start + tcpHeaderBytes(view, transport), true);
  view.setUint16(at + 4, packet.segmentBytes, true);
}

/** Whether the device checked the frame's checksum, or knows that it never left this computer and has none yet. */
export function isVouchedFor(view: DataView, at: number): boolean {
  return (view.getUint8(at) & (needsChecksum | dataIsValid)) !== 0;
}

/** Bytes per segment of a received super-segment; 0 for a plain frame, -1 for a kind that nobody asked for. */
export function segmentBytesOf(view: DataView, at: number): number {
  const kind = view.getUint8(at + 1) & ~gsoEcn;
  if (kind === gsoNone) return 0;
  return kind === gsoTcpv4 ? view.getUint16(at + 4, true) || -1 : -1;
}

/** Over how many buffers the device spread the frame, where that was agreed on. */
export function bufferCountOf(view: DataView, at: number): number {
  return view.getUint16(at + 10, true);
}
