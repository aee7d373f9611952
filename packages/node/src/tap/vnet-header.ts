import { checksumState, type Packet } from '@synos/interfaces';
import { ethernetHeaderBytes, tcpFlag, tcpFlags, tcpHeaderBytes } from '@synos/wire';

// virtio 1.2 §5.1.6, `struct virtio_net_hdr` in its short form: flags, kind of segmentation, length of the headers,
// bytes per segment, start and offset of the checksum; half-words little-endian.

/** Bytes in front of each frame of a TAP with `IFF_VNET_HDR`. */
export const vnetHeaderBytes = 10;

const needsChecksum = 1;
const dataIsValid = 2;
const gsoNone = 0;
const gsoTcpv4 = 1;
const gsoEcn = 0x80;

/** Writes, in front of a frame, what is left to be done with it. */
export function writeVnetHeader(view: DataView, at: number, packet: Packet): void {
  const isPartial = packet.checksum === checksumState.partial;
  // A super-segment of one segment is none.
  const isSuper = isPartial && packet.segmentBytes !== 0;
  const transport = packet.checksumStart;
  let kind = gsoNone;
  let headerBytes = 0;
  if (isSuper) {
    const { view: own } = packet.memory;
    kind = gsoTcpv4;
    // Congestion window reduced goes out with the first segment alone (RFC 3168 §6.1.2); Linux is told to see to it.
    if ((tcpFlags(own, transport) & tcpFlag.cwr) !== 0) kind |= gsoEcn;
    headerBytes = transport - packet.start + tcpHeaderBytes(own, transport);
  }
  view.setUint8(at, isPartial ? needsChecksum : 0);
  view.setUint8(at + 1, kind);
  view.setUint16(at + 2, headerBytes, true);
  view.setUint16(at + 4, isSuper ? packet.segmentBytes : 0, true);
  view.setUint16(at + 6, isPartial ? transport - packet.start : 0, true);
  view.setUint16(at + 8, isPartial ? packet.checksumOffset : 0, true);
}

/**
 * Marks a received frame with what the header in front of it says. A checksum that Linux left open belongs to data that
 * never left this machine: it is as good as verified.
 */
export function readVnetHeader(bytes: Uint8Array, at: number, packet: Packet): void {
  if (((bytes[at] as number) & (needsChecksum | dataIsValid)) !== 0) packet.checksum = checksumState.verified;
  const isSuper = ((bytes[at + 1] as number) & ~gsoEcn) === gsoTcpv4;
  packet.segmentBytes = isSuper ? (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8) : 0;
}

/** Whether the header says that the frame is a super-segment. */
export function isSuperSegment(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] !== gsoNone;
}

/** The longest IPv4 packet with its link header. */
export const longestFrameBytes = ethernetHeaderBytes + 65_535;
