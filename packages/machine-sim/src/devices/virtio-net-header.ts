import { checksumState, type Packet } from '@synos/interfaces';

/** Bytes of the header before each frame (virtio 1.2, 5.1.6). */
export const HEADER_BYTES = 12;
/** Bytes of an Ethernet header. */
export const LINK_BYTES = 14;

/** Feature bits (5.1.3). */
export const netFeature = {
  checksum: 1 << 0,
  guestChecksum: 1 << 1,
  mtu: 1 << 3,
  mac: 1 << 5,
  guestTso4: 1 << 7,
  hostTso4: 1 << 11,
  mergeableBuffers: 1 << 15,
  status: 1 << 16,
} as const;

const flag = { needsChecksum: 1, dataValid: 2 } as const;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const TCP_CHECKSUM_OFFSET = 16;

/** Where the headers of a TCP segment over IPv4 end, in bytes from the frame's start. */
export interface TcpHeaders {
  readonly transport: number;
  readonly payload: number;
}

/** Finds the headers of a frame that is TCP over IPv4, whole and not a fragment; `null` where it is not. */
export function tcpHeaders(packet: Packet): TcpHeaders | null {
  const { view } = packet.memory;
  const length = packet.end - packet.start;
  if (length < LINK_BYTES + 40 || view.getUint16(packet.start + 12) !== 0x0800) return null;
  const ip = packet.start + LINK_BYTES;
  const headerBytes = (view.getUint8(ip) & 0xf) * 4;
  const isWhole = (view.getUint16(ip + 6) & 0x3fff) === 0;
  if (view.getUint8(ip) >>> 4 !== 4 || headerBytes < 20 || !isWhole || view.getUint8(ip + 9) !== 6) return null;
  const transport = LINK_BYTES + headerBytes;
  if (transport + 20 > length) return null;
  const tcpBytes = (view.getUint8(packet.start + transport + 12) >>> 4) * 4;
  return tcpBytes >= 20 && transport + tcpBytes <= length ? { transport, payload: transport + tcpBytes } : null;
}

/**
 * Marks a frame as the driver's header says. The driver may say anything: what does not fit the frame is refused.
 *
 * @param features - what the driver accepted
 */
export function applyHeader(header: DataView, packet: Packet, features: number): boolean {
  const flags = header.getUint8(0);
  const gso = header.getUint8(1);
  const start = header.getUint16(6, true);
  const offset = header.getUint16(8, true);
  if ((flags & flag.needsChecksum) === 0) return gso === GSO_NONE;
  const length = packet.end - packet.start;
  if ((features & netFeature.checksum) === 0 || start < LINK_BYTES || start + offset + 2 > length) return false;
  packet.checksum = checksumState.partial;
  packet.checksumStart = packet.start + start;
  packet.checksumOffset = offset;
  if (gso === GSO_NONE) return true;
  const headers = tcpHeaders(packet);
  const segmentBytes = header.getUint16(4, true);
  const isTcp = headers !== null && headers.transport === start && offset === TCP_CHECKSUM_OFFSET;
  if (gso !== GSO_TCPV4 || (features & netFeature.hostTso4) === 0 || !isTcp || segmentBytes === 0) return false;
  packet.segmentBytes = segmentBytes;
  return headers.payload < length;
}

/** Says in a header what is known of a received frame. */
export function writeHeader(header: DataView, packet: Packet, features: number, buffers: number): void {
  for (let at = 0; at < HEADER_BYTES; at += 4) header.setUint32(at, 0, true);
  header.setUint16(10, buffers, true);
  if ((features & netFeature.guestChecksum) === 0) return;
  const headers = packet.segmentBytes > 0 ? tcpHeaders(packet) : null;
  if (headers !== null) {
    // A super-segment always asks for its checksum: it stands for many (5.1.6.4.1).
    header.setUint8(0, flag.needsChecksum);
    header.setUint8(1, GSO_TCPV4);
    header.setUint16(2, headers.payload, true);
    header.setUint16(4, packet.segmentBytes, true);
    header.setUint16(6, headers.transport, true);
    header.setUint16(8, TCP_CHECKSUM_OFFSET, true);
  } else if (packet.checksum === checksumState.partial) {
    header.setUint8(0, flag.needsChecksum);
    header.setUint16(6, packet.checksumStart - packet.start, true);
    header.setUint16(8, packet.checksumOffset, true);
  } else if (packet.checksum === checksumState.verified) {
    header.setUint8(0, flag.dataValid);
  }
}
