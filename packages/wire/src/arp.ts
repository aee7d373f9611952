import type { Address } from '@synos/interfaces';
import { ipv4FromWord } from './address.js';
import { etherType } from './ethernet.js';
import { type Malformed, memoryOf } from './parsed.js';

// Offsets, RFC 826: hardware type, protocol type, their address lengths, operation, then sender and target.
const hardwareTypeOffset = 0;
const protocolTypeOffset = 2;
const hardwareLengthOffset = 4;
const protocolLengthOffset = 5;
const operationOffset = 6;
/** Where an ARP packet holds its sender's hardware address. */
export const arpSenderMacOffset = 8;
const senderIpv4Offset = 14;
/** Where an ARP packet holds its target's hardware address. */
export const arpTargetMacOffset = 18;
const targetIpv4Offset = 24;

/** Bytes of an ARP packet for IPv4 over Ethernet. */
export const arpBytes = 28;

/** What an ARP packet does. */
export const arpOperation = { request: 1, reply: 2 } as const;

const ethernetHardware = 1;

/** Why an ARP packet is none of ours. */
export type ArpFault = 'truncated' | 'hardware' | 'protocol';

/** The operation. */
export function arpOperationOf(view: DataView, at: number): number {
  return view.getUint16(at + operationOffset);
}

/** The sender's IPv4 address as int32. */
export function arpSenderIpv4(view: DataView, at: number): number {
  return view.getInt32(at + senderIpv4Offset);
}

/** The target's IPv4 address as int32. */
export function arpTargetIpv4(view: DataView, at: number): number {
  return view.getInt32(at + targetIpv4Offset);
}

/** Whether `at` to `end` begins with an ARP packet for IPv4 over Ethernet, whatever its operation. */
export function checkArp(view: DataView, at: number, end: number): 'ok' | ArpFault {
  if (end - at < arpBytes) return 'truncated';
  if (view.getUint16(at + hardwareTypeOffset) !== ethernetHardware || view.getUint8(at + hardwareLengthOffset) !== 6) {
    return 'hardware';
  }
  if (view.getUint16(at + protocolTypeOffset) !== etherType.ipv4 || view.getUint8(at + protocolLengthOffset) !== 4) {
    return 'protocol';
  }
  return 'ok';
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
  view.setUint16(at + hardwareTypeOffset, ethernetHardware);
  view.setUint16(at + protocolTypeOffset, etherType.ipv4);
  view.setUint8(at + hardwareLengthOffset, 6);
  view.setUint8(at + protocolLengthOffset, 4);
  view.setUint16(at + operationOffset, operation);
  for (let i = 0; i < 6; i++) {
    bytes[at + arpSenderMacOffset + i] = senderMac[i]!;
    bytes[at + arpTargetMacOffset + i] = targetMac[i]!;
  }
  view.setInt32(at + senderIpv4Offset, senderIpv4);
  view.setInt32(at + targetIpv4Offset, targetIpv4);
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
export function parseArp(bytes: Uint8Array, from = 0, to = bytes.length): ArpPacket | Malformed<ArpFault> {
  const { bytes: own, view } = memoryOf(bytes, from, to);
  const fault = checkArp(view, 0, own.length);
  if (fault !== 'ok') return { error: fault };
  return {
    operation: arpOperationOf(view, 0),
    senderMac: own.subarray(arpSenderMacOffset, senderIpv4Offset),
    sender: ipv4FromWord(arpSenderIpv4(view, 0)),
    targetMac: own.subarray(arpTargetMacOffset, targetIpv4Offset),
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
