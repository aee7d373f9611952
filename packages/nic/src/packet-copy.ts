import type { Packet, PacketPool } from '@synos/interfaces';
import { copyBytes } from '@synos/wire';
import { linkHeaderBytes } from './frame.js';

/**
 * Copies a frame with its marks into a packet of `pool`, or answers `null` when the pool has none. The original stays
 * with the caller.
 */
export function copyFrame(packet: Packet, pool: PacketPool): Packet | null {
  const length = packet.end - packet.start;
  const copy = pool.take(length > linkHeaderBytes ? length - linkHeaderBytes : 0, false);
  if (copy === null) return null;
  // The network header on the 4-byte boundary that `take` offers: checksums are summed in words from there.
  const start = copy.start - linkHeaderBytes;
  copy.start = start;
  copy.end = start + length;
  copyBytes(copy.memory.bytes, start, packet.memory.bytes, packet.start, length);
  copy.checksum = packet.checksum;
  copy.checksumStart = packet.checksumStart - packet.start + start;
  copy.checksumOffset = packet.checksumOffset;
  copy.segmentBytes = packet.segmentBytes;
  return copy;
}

/** Brings `length` bytes from `at`, a frame, into a packet of `pool`, or answers `null` when the pool has none. */
export function frameFromBytes(bytes: Uint8Array, at: number, length: number, pool: PacketPool): Packet | null {
  const packet = pool.take(length > linkHeaderBytes ? length - linkHeaderBytes : 0, false);
  if (packet === null) return null;
  packet.start -= linkHeaderBytes;
  packet.end = packet.start + length;
  copyBytes(packet.memory.bytes, packet.start, bytes, at, length);
  return packet;
}
