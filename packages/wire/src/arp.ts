import type { Address } from '@synos/interfaces';
import { ipv4FromWord } from './address.js';
import { etherType } from './ethernet.js';
import { codeName, type Malformed, memoryOf } from './parsed.js';

// Offsets, RFC 826: 0 hardware type, 2 protocol type, 4 and 5 lengths of their addresses, 6 operation, 8 and 14 the
// sender's addresses, 18 and 24 the target's.

/** Where an ARP packet holds its sender's hardware address. */
export const arpSenderMacOffset = 8;
/** Where an ARP packet holds its target's hardware address. */
export const arpTargetMacOffset = 18;

/** Bytes of an ARP packet for IPv4 over Ethernet. */
export const arpBytes = 28;

/** What an ARP packet does. */
export const arpOperation = { request: 1, reply: 2 } as const;

/** Why an ARP packet is none of ours. */
export const arpFault = { truncated: 1, hardware: 2, protocol: 3 } as const;
/** One of {@link arpFault}. */
export type ArpFault = (typeof arpFault)[keyof typeof arpFault];

/** The operation. */
export function arpOperationOf(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** The sender's IPv4 address as int32. */
export function arpSenderIpv4(view: DataView, at: number): number {
  return view.getInt32(at + 14);
}

/** The target's IPv4 address as int32. */
export function arpTargetIpv4(view: DataView, at: number): number {
  return view.getInt32(at + 24);
}

/**
 * Whether `at` to `end` begins with an ARP packet for IPv4 over Ethernet, whatever its operation.
 *
 * @returns 0, or one of {@link arpFault}
 */
export function checkArp(view: DataView, at: number, end: number): 0 | ArpFault {
  if (end - at < arpBytes) return arpFault.truncated;
  if (view.getUint16(at) !== 1 || view.getUint8(at + 4) !== 6) return arpFault.hardware;
  if (view.getUint16(at + 2) !== etherType.ipv4 || view.getUint8(at + 5) !== 4) return arpFault.protocol;
  return 0;
}

/** Writes the 28 bytes of a packet at `at`. */
export function writeArp(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  operation: number,
  senderMac: Uint8Array,
  senderIpv4: number,
  targetMac: Uint8Array,
  targetIpv4: number,
): void {
  view.setUint16(at, 1);
  view.setUint16(at + 2, etherType.ipv4);
  view.setUint16(at + 4, 0x0604);
  view.setUint16(at + 6, operation);
  for (let i = 0; i < 6; i++) {
    bytes[at + arpSenderMacOffset + i] = senderMac[i]!;
    bytes[at + arpTargetMacOffset + i] = targetMac[i]!;
  }
  view.setInt32(at + 14, senderIpv4);
  view.setInt32(at + 24, targetIpv4);
}

/** An ARP packet as a value. */
export interface ArpPacket {
  /** One of {@link arpOperation}, or another. */
  readonly operation: number;
  readonly senderMac: Uint8Array;
  readonly sender: Address;
  readonly targetMac: Uint8Array;
  readonly target: Address;
}

/** Reads an ARP packet (RFC 826). The value owns its bytes. */
export function parseArp(bytes: Uint8Array, from?: number, to?: number): ArpPacket | Malformed<keyof typeof arpFault> {
  const { bytes: own, view } = memoryOf(bytes, from, to);
  const fault = codeName(arpFault, checkArp(view, 0, own.length));
  if (fault) return { error: fault };
  return {
    operation: arpOperationOf(view, 0),
    senderMac: own.subarray(arpSenderMacOffset, 14),
    sender: ipv4FromWord(arpSenderIpv4(view, 0)),
    targetMac: own.subarray(arpTargetMacOffset, 24),
    target: ipv4FromWord(arpTargetIpv4(view, 0)),
  };
}

/** The bytes of an ARP packet. */
export function emitArp(packet: ArpPacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(arpBytes);
  const view = new DataView(bytes.buffer);
  const { operation, senderMac, sender, targetMac, target } = packet;
  writeArp(bytes, view, 0, operation, senderMac, sender.w3, targetMac, target.w3);
  return bytes;
}
