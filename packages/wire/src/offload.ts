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
  const { memory, segmentBytes } = packet;
  const { view } = into.memory;
  const payloadStart = transportStart + tcpHeaderBytes(memory.view, transportStart);
  const from = payloadStart + index * segmentBytes;
  const to = segmentBytes > 0 ? Math.min(packet.end, from + segmentBytes) : packet.end;
  const start = into.start - payloadStart + networkStart;
  const transport = start + transportStart - networkStart;
  const end = into.start + to - from;
  assert((from < to || index === 0) && start >= into.slotStart && end <= into.slotEnd, 'no room for segment');

  copyBytes(into.memory.bytes, start, memory.bytes, networkStart, payloadStart - networkStart);
  copyBytes(into.memory.bytes, into.start, memory.bytes, from, to - from);
  into.start = start;
  into.end = end;
  into.networkStart = start;
  into.segmentBytes = 0;

  view.setUint16(start + 2, end - start);
  view.setUint16(start + 4, ipv4Identification(view, start) + index);
  setIpv4Checksum(into.memory, start);

  let flags = tcpFlags(view, transport);
  if (to < packet.end) flags &= ~(tcpFlag.fin | tcpFlag.psh);
  // Congestion window reduced is said once (RFC 3168 §6.1.2).
  if (index > 0) flags &= ~tcpFlag.cwr;
  view.setInt32(transport + 4, tcpSequence(view, transport) + index * segmentBytes);
  view.setUint8(transport + 13, flags);

  // The pseudo-header (RFC 9293 §3.1): both addresses, the protocol, and the length of what is summed.
  const pseudo = sumBytes(into.memory, start + 12, start + 20) + protocolNumber.tcp + end - transport;
  view.setUint16(transport + tcpChecksumOffset, foldSum(pseudo));
  into.checksumStart = transport;
  into.checksumOffset = tcpChecksumOffset;
  into.checksum = checksumState.partial;
  fillChecksum(into);
}
