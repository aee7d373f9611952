import { checksumState, type Packet } from '@synos/interfaces';
import { addSums, ethernetType, etherType, foldSum, invertSum, protocolNumber, sumBytes } from '@synos/wire';
import { linkHeaderBytes } from './frame.js';

/** Where {@link completeChecksum} found the field: an offset from the frame's start. Reused from call to call. */
export interface ChecksumField {
  at: number;
  value: number;
}

/**
 * Works out the transport checksum that a frame would carry on a real wire, without touching the frame.
 *
 * Between devices that vouch for one another the field is never filled: a frame is `partial` on its way out and
 * `verified`, with the pseudo-header sum still in the field, on its way in. Whoever shows such a frame to the outside
 * needs the real value; it follows from the headers alone.
 *
 * @returns false: leave the bytes as they are. true: `field` says what to write where
 */
export function completeChecksum(packet: Packet, field: ChecksumField): boolean {
  if (packet.checksum === checksumState.none) return false;
  if (findTransport(packet, field)) return true;
  if (packet.checksum !== checksumState.partial) return false;
  field.at = packet.checksumStart + packet.checksumOffset - packet.start;
  field.value = invertSum(sumBytes(packet.memory, packet.checksumStart, packet.end));
  return true;
}

/** Completes the frame itself, and forgets that anybody vouched for it. */
export function completeInPlace(packet: Packet, field: ChecksumField): void {
  if (completeChecksum(packet, field)) {
    packet.memory.view.setUint16(packet.start + field.at, field.value);
  }
  packet.checksum = checksumState.none;
}

/** TCP and UDP in an unfragmented IPv4 packet (RFC 9293 §3.1, RFC 768). */
function findTransport(packet: Packet, field: ChecksumField): boolean {
  const { memory, start, end } = packet;
  const { view, bytes } = memory;
  const network = start + linkHeaderBytes;
  if (end - network < 20 || ethernetType(view, start) !== etherType.ipv4) return false;
  const headerBytes = ((bytes[network] as number) & 0x0f) * 4;
  const totalBytes = view.getUint16(network + 2);
  if ((bytes[network] as number) >> 4 !== 4 || headerBytes < 20 || totalBytes > end - network) return false;
  const isFragment = (view.getUint16(network + 6) & 0x3fff) !== 0;
  const protocol = bytes[network + 9] as number;
  if (isFragment || (protocol !== protocolNumber.tcp && protocol !== protocolNumber.udp)) return false;
  const transport = network + headerBytes;
  const transportEnd = network + totalBytes;
  const fieldAt = transport + (protocol === protocolNumber.tcp ? 16 : 6);
  if (transportEnd < fieldAt + 2) return false;
  const present = view.getUint16(fieldAt);
  // RFC 768: zero means that the sender made none.
  if (protocol === protocolNumber.udp && present === 0) return false;
  const addresses = sumBytes(memory, network + 12, network + 20);
  const pseudoHeader = addSums(addresses, foldSum(protocol + transportEnd - transport));
  const segment = sumBytes(memory, transport, transportEnd);
  // Taking the field out again is adding its complement (RFC 1624).
  const sum = addSums(addSums(pseudoHeader, segment), invertSum(present));
  const value = invertSum(sum);
  field.at = fieldAt - start;
  field.value = value === 0 && protocol === protocolNumber.udp ? 0xffff : value;
  return true;
}
