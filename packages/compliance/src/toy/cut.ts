import type { Address, Packet } from '@synos/interfaces';
import { foldSum, invertSum, pseudoHeaderSum, sumBytes, tcpFlag } from '@synos/wire';

const tcpProtocol = 6;
const flagsAt = 13;
const checksumAt = 16;

/** How many segments a TCP super-segment makes; 1 for what needs no cutting. */
export function toySegmentCount(packet: Packet, protocol: number): number {
  if (protocol !== tcpProtocol || packet.segmentBytes === 0) return 1;
  const payload = packet.end - packet.start - tcpHeaderBytesOf(packet);
  return Math.max(1, Math.ceil(payload / packet.segmentBytes));
}

/**
 * One segment of a TCP super-segment as bytes with its checksum filled: what a card with segmentation offload does
 * (FIN and PSH on the last one only, CWR on the first one only, RFC 3168 §6.1.2).
 */
export function toySegment(
  packet: Packet,
  index: number,
  count: number,
  source: Address,
  destination: Address,
): Uint8Array<ArrayBuffer> {
  const header = tcpHeaderBytesOf(packet);
  const from = packet.start + header + index * packet.segmentBytes;
  const to = Math.min(from + packet.segmentBytes, packet.end);
  const buffer = new ArrayBuffer((header + to - from + 7) & ~7);
  const bytes = new Uint8Array(buffer, 0, header + to - from);
  bytes.set(packet.memory.bytes.subarray(packet.start, packet.start + header));
  bytes.set(packet.memory.bytes.subarray(from, to), header);
  const view = new DataView(buffer);
  view.setInt32(4, view.getInt32(4) + index * packet.segmentBytes);
  let flags = view.getUint8(flagsAt);
  if (index < count - 1) flags &= ~(tcpFlag.fin | tcpFlag.psh);
  if (index > 0) flags &= ~tcpFlag.cwr;
  view.setUint8(flagsAt, flags);
  view.setUint16(checksumAt, 0);
  const memory = { bytes: new Uint8Array(buffer), view, words: new Uint32Array(buffer) };
  const sum = sumBytes(memory, 0, bytes.length) + pseudoHeaderSum(source, destination, tcpProtocol, bytes.length);
  view.setUint16(checksumAt, invertSum(foldSum(sum)));
  return bytes;
}

function tcpHeaderBytesOf(packet: Packet): number {
  return (packet.memory.view.getUint8(packet.start + 12) >> 4) * 4;
}
