import { assert, checksumState, type Packet } from '@synos/interfaces';
import { copyBytes } from './bytes.js';
import { foldSum, invertSum, sumBytes } from './checksum.js';
import { ipv4Identification, protocolNumber, setIpv4Checksum } from './ipv4.js';
import { tcpChecksumOffset, tcpFlag, tcpFlags, tcpHeaderBytes, tcpSequence } from './tcp.js';
import { udpChecksumOffset } from './udp.js';

/**
 * Does in software what a card with checksum offload does: completes a `partial` checksum and marks the packet
 * `verified`. Packets in any other state stay as they are.
 */
export function fillChecksum(packet: Packet): void {
  if (packet.checksum !== checksumState.partial) return;
  const { memory, checksumStart, checksumOffset } = packet;
  let checksum = invertSum(sumBytes(memory, checksumStart, packet.end));
  // In UDP zero means: none (RFC 768). No other protocol has its field there.
  if (checksum === 0 && checksumOffset === udpChecksumOffset) checksum = 0xffff;
  memory.view.setUint16(checksumStart + checksumOffset, checksum);
  packet.checksum = checksumState.verified;
}

/**
 * How many segments a super-segment is cut into, 1 at least.
 *
 * @param transportStart - where its TCP header begins
 */
export function superSegmentCount(packet: Packet, transportStart: number): number {
  if (packet.segmentBytes === 0) return 1;
  const payloadBytes = packet.end - transportStart - tcpHeaderBytes(packet.memory.view, transportStart);
  return Math.max(1, Math.ceil(payloadBytes / packet.segmentBytes));
}

/**
 * Does in software what a card with segmentation offload does: makes one segment of a super-segment, TCP over IPv4,
 * complete with checksums. The super-segment is not changed, so cutting may stop and go on later.
 *
 * @param packet - the super-segment, network header at `networkStart`
 * @param transportStart - where its TCP header begins
 * @param index - which segment, from 0 to {@link superSegmentCount} - 1
 * @param into - a packet as taken from a pool; payload goes to its `start`, headers in front
 */
export function cutSuperSegment(
  packet: Packet,
  networkStart: number,
  transportStart: number,
  index: number,
  into: Packet,
): void {
  const { view, bytes } = packet.memory;
  const target = into.memory;
  const payloadStart = transportStart + tcpHeaderBytes(view, transportStart);
  const from = payloadStart + index * packet.segmentBytes;
  const to = packet.segmentBytes === 0 ? packet.end : Math.min(packet.end, from + packet.segmentBytes);
  const headerBytes = payloadStart - networkStart;
  const roomy = into.start - headerBytes >= into.slotStart && into.start + to - from <= into.slotEnd;
  assert(from <= to && roomy, 'no such segment, or no room for it');

  const start = into.start - headerBytes;
  const transport = start + transportStart - networkStart;
  copyBytes(target.bytes, start, bytes, networkStart, headerBytes);
  copyBytes(target.bytes, into.start, bytes, from, to - from);
  into.end = into.start + to - from;
  into.start = start;
  into.networkStart = start;
  into.segmentBytes = 0;

  target.view.setUint16(start + 2, into.end - start);
  target.view.setUint16(start + 4, ipv4Identification(view, networkStart) + index);
  setIpv4Checksum(target, start);

  let flags = tcpFlags(view, transportStart);
  if (to < packet.end) flags &= ~(tcpFlag.fin | tcpFlag.psh);
  // Congestion window reduced is said once (RFC 3168 §6.1.2).
  if (index > 0) flags &= ~tcpFlag.cwr;
  target.view.setInt32(transport + 4, tcpSequence(view, transportStart) + index * packet.segmentBytes);
  target.view.setUint8(transport + 13, flags);

  into.checksumStart = transport;
  into.checksumOffset = tcpChecksumOffset;
  into.checksum = checksumState.partial;
  // The pseudo-header (RFC 9293 §3.1): both addresses, the protocol, and the length of what is summed.
  const pseudo = sumBytes(target, start + 12, start + 20) + protocolNumber.tcp + into.end - transport;
  target.view.setUint16(transport + tcpChecksumOffset, foldSum(pseudo));
  fillChecksum(into);
}
