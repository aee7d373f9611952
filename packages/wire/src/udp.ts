import { type Address, assert, type ByteMemory, isIpv4Mapped } from '@synos/interfaces';
import { ipv6Any } from './address.js';
import { addSums, invertSum, pseudoHeaderSum, sumBytes } from './checksum.js';
import { protocolNumber } from './ipv4.js';
import { codeName, type Malformed, memoryOf, newMemory } from './parsed.js';

// Offsets, RFC 768: 0 source port, 2 destination port, 4 length, 6 checksum.

/** Where a UDP header holds its checksum. */
export const udpChecksumOffset = 6;

/** Bytes of a UDP header. */
export const udpHeaderBytes = 8;

/** Why bytes are no UDP datagram. */
export const udpFault = { truncated: 1, length: 2, checksum: 3 } as const;
/** One of {@link udpFault}. */
export type UdpFault = (typeof udpFault)[keyof typeof udpFault];

/** The source port; 0 when nobody wants an answer. */
export function udpSourcePort(view: DataView, at: number): number {
  return view.getUint16(at);
}

/** The destination port. */
export function udpDestinationPort(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** Bytes of header and payload. Bytes of the packet behind them do not belong to the datagram. */
export function udpLength(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** The checksum field; 0: the sender made none. */
export function udpChecksum(view: DataView, at: number): number {
  return view.getUint16(at + udpChecksumOffset);
}

/**
 * Whether bytes begin with a whole UDP datagram. No checksum (0) is fine over IPv4 (RFC 1122 §4.1.3.4), not over IPv6
 * (RFC 8200 §8.1).
 *
 * @param verified - the checksum needs no look
 * @returns 0, or one of {@link udpFault}
 */
export function checkUdp(
  memory: ByteMemory,
  start: number,
  end: number,
  source: Address,
  destination: Address,
  verified: boolean,
): 0 | UdpFault {
  if (end - start < udpHeaderBytes) return udpFault.truncated;
  const length = udpLength(memory.view, start);
  if (length < udpHeaderBytes || length > end - start) return udpFault.length;
  if (verified) return 0;
  if (udpChecksum(memory.view, start) === 0) return isIpv4Mapped(destination) ? 0 : udpFault.checksum;
  const pseudo = pseudoHeaderSum(source, destination, protocolNumber.udp, length);
  return addSums(pseudo, sumBytes(memory, start, start + length)) === 0xffff ? 0 : udpFault.checksum;
}

/**
 * Writes the 8 bytes of a header at `at`.
 *
 * @param length - bytes of header and payload
 * @param checksumField - the checksum, or with `checksum: partial` the folded pseudo-header sum
 */
export function writeUdp(
  view: DataView,
  at: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
  checksumField: number,
): void {
  view.setUint16(at, sourcePort);
  view.setUint16(at + 2, destinationPort);
  view.setUint16(at + 4, length);
  view.setUint16(at + udpChecksumOffset, checksumField);
}

/** A UDP datagram as a value. */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/**
 * Reads a datagram (RFC 768). The value owns its bytes.
 *
 * @param source - with `destination`: the addresses of the packet, to verify the checksum; without them it is not
 */
export function parseUdp(
  bytes: Uint8Array,
  from?: number,
  to?: number,
  source?: Address,
  destination: Address = ipv6Any,
): UdpDatagram | Malformed<keyof typeof udpFault> {
  const memory = memoryOf(bytes, from, to);
  const { bytes: own, view } = memory;
  const code = checkUdp(memory, 0, own.length, source ?? destination, destination, !source);
  const fault = codeName(udpFault, code);
  if (fault) return { error: fault };
  return {
    sourcePort: udpSourcePort(view, 0),
    destinationPort: udpDestinationPort(view, 0),
    payload: own.subarray(udpHeaderBytes, udpLength(view, 0)),
  };
}

/**
 * The bytes of a datagram, checksum filled in. A sum of zero goes out as 0xffff (RFC 768).
 *
 * @throws Error (`ERR_ASSERTION`) when the payload is longer than 65527 bytes
 */
export function emitUdp(datagram: UdpDatagram, source: Address, destination: Address): Uint8Array<ArrayBuffer> {
  const length = udpHeaderBytes + datagram.payload.length;
  assert(length <= 65_535, 'packet too long');
  const memory = newMemory(length);
  const pseudo = pseudoHeaderSum(source, destination, protocolNumber.udp, length);
  writeUdp(memory.view, 0, datagram.sourcePort, datagram.destinationPort, length, pseudo);
  memory.bytes.set(datagram.payload, udpHeaderBytes);
  memory.view.setUint16(udpChecksumOffset, invertSum(sumBytes(memory, 0, length)) || 0xffff);
  return memory.bytes;
}
