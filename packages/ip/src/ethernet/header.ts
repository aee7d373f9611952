import type { Packet } from '@synos/interfaces';
import type { NetInterface } from '../net-interface.js';

/** Destination, source, type (IEEE 802.3 §3.1.1). */
export const ethernetBytes = 14;

/** The first two bytes of a hardware address as a number. */
export function macHighOf(mac: Uint8Array): number {
  return (mac[0]! << 8) | mac[1]!;
}

/** The other four, as an int32. */
export function macLowOf(mac: Uint8Array): number {
  return (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!;
}

/**
 * Writes the link header in front of a packet: addresses as a 16-bit and a 32-bit number each, four stores in all.
 */
export function writeEthernet(packet: Packet, from: NetInterface, macHigh: number, macLow: number, type: number): void {
  const at = packet.start - ethernetBytes;
  const view = packet.memory.view;
  view.setUint16(at, macHigh | 0);
  view.setInt32((at + 2) | 0, macLow | 0);
  view.setInt32((at + 6) | 0, (from.macHigh << 16) | (from.macLow >>> 16));
  view.setInt32((at + 10) | 0, (from.macLow << 16) | type);
  packet.start = at;
}

/** Puts a link header that exists already in front of a packet. */
export function copyEthernetHeader(packet: Packet, from: Uint8Array<ArrayBuffer>, fromAt: number): void {
  const at = packet.start - ethernetBytes;
  const bytes = packet.memory.bytes;
  for (let i = 0; i < ethernetBytes; i++) bytes[at + i] = from[fromAt + i]!;
  packet.start = at;
}
