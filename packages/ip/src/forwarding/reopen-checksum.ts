import { checksumState, type Packet } from '@synos/interfaces';
import {
  foldSum,
  ipv4FlagsAndOffset,
  ipv4HeaderBytes,
  ipv4Protocol,
  protocolNumber,
  sumBytes,
  tcpChecksumOffset,
  udpChecksumOffset,
} from '@synos/wire';

/**
 * Makes a sum that a device vouched for one that is to be filled. Between devices that vouch for one another it never
 * was: the field holds the pseudo-header's sum, and nothing tells that from the real one. So it is put there in any
 * case, and whoever sends the packet fills it, or vouches again.
 *
 * What is no whole TCP or UDP packet is left as it is: only these have sums that devices deal with.
 *
 * @param packet - `start` at its IPv4 header
 */
export function reopenChecksum(packet: Packet): void {
  const { memory, start, end } = packet;
  const { view } = memory;
  const protocol = ipv4Protocol(view, start);
  const offset =
    protocol === protocolNumber.tcp ? tcpChecksumOffset : protocol === protocolNumber.udp ? udpChecksumOffset : -1;
  const transport = start + ipv4HeaderBytes(view, start);
  // Only with the first and last byte here is there a sum to speak of.
  if (offset < 0 || end - transport < offset + 2 || (ipv4FlagsAndOffset(view, start) & 0x3fff) !== 0) return;
  const field = transport + offset;
  // RFC 768: zero means that the sender made none.
  if (protocol === protocolNumber.udp && view.getUint16(field) === 0) return;
  view.setUint16(field, foldSum(sumBytes(memory, start + 12, start + 20) + protocol + end - transport));
  packet.checksumStart = transport;
  packet.checksumOffset = offset;
  packet.checksum = checksumState.partial;
}
