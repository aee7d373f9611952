import { type Address, assert, type ByteMemory } from '@synos/interfaces';
import { ipv4FromWord } from './address.js';
import { fold32, halves, invertSum, sumBytes, updateSum16 } from './checksum.js';
import { codeName, type Malformed, memoryOf, newMemory } from './parsed.js';

// Offsets, RFC 791 §3.1: 0 version and header length, 1 type of service, 2 total length, 4 identification, 6 flags and
// fragment offset, 8 time to live, 9 protocol, 10 checksum, 12 source, 16 destination, 20 options.

/** Bytes of an IPv4 header without options. */
export const ipv4MinHeaderBytes = 20;

/** What an IP packet carries (the protocols this package knows). */
export const protocolNumber = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Flags as they stand in the word with the fragment offset. */
export const ipv4Flag = { dontFragment: 0x4000, moreFragments: 0x2000 } as const;

/** Why bytes are no IPv4 packet. */
export const ipv4Fault = { truncated: 1, version: 2, headerLength: 3, totalLength: 4, checksum: 5 } as const;
/** One of {@link ipv4Fault}. */
export type Ipv4Fault = (typeof ipv4Fault)[keyof typeof ipv4Fault];

/** Bytes of the header, options included: 20 to 60. */
export function ipv4HeaderBytes(view: DataView, at: number): number {
  return (view.getUint8(at) & 0xf) << 2;
}

/** Bytes of the whole packet. What follows in a frame is padding. */
export function ipv4TotalBytes(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** The identification that fragments of a packet share. */
export function ipv4Identification(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** Flags and fragment offset in one word: 0 or {@link ipv4Flag}.dontFragment when the packet is whole. */
export function ipv4FlagsAndOffset(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** Where this fragment's payload lies in the whole packet's, a multiple of 8. */
export function ipv4FragmentOffsetBytes(view: DataView, at: number): number {
  return (ipv4FlagsAndOffset(view, at) & 0x1fff) << 3;
}

/** Whether fragments follow this one. */
export function ipv4MoreFragments(view: DataView, at: number): boolean {
  return (ipv4FlagsAndOffset(view, at) & ipv4Flag.moreFragments) !== 0;
}

/** Whether routers may not fragment it. */
export function ipv4DontFragment(view: DataView, at: number): boolean {
  return (ipv4FlagsAndOffset(view, at) & ipv4Flag.dontFragment) !== 0;
}

/** Hops left. */
export function ipv4Ttl(view: DataView, at: number): number {
  return view.getUint8(at + 8);
}

/** The former type of service: differentiated services and ECN (RFC 2474, RFC 3168). */
export function ipv4Tos(view: DataView, at: number): number {
  return view.getUint8(at + 1);
}

/** What it carries: one of {@link protocolNumber}, or another. */
export function ipv4Protocol(view: DataView, at: number): number {
  return view.getUint8(at + 9);
}

/** The source address as int32. */
export function ipv4Source(view: DataView, at: number): number {
  return view.getInt32(at + 12);
}

/** The destination address as int32. */
export function ipv4Destination(view: DataView, at: number): number {
  return view.getInt32(at + 16);
}

/**
 * Whether bytes begin with a whole IPv4 packet. More bytes may follow (padding): see {@link ipv4TotalBytes}.
 *
 * @param verifyChecksum - whether to look at the header checksum; not needed when a device vouches for it
 * @returns 0, or one of {@link ipv4Fault}
 */
export function checkIpv4(memory: ByteMemory, start: number, end: number, verifyChecksum: boolean): 0 | Ipv4Fault {
  const view = memory.view;
  const available = end - start;
  if (available < ipv4MinHeaderBytes) return ipv4Fault.truncated;
  // Version, header length and total length in one load.
  const first = view.getInt32(start);
  if (first >>> 28 !== 4) return ipv4Fault.version;
  const headerBytes = (first >>> 22) & 0x3c;
  if (headerBytes < ipv4MinHeaderBytes) return ipv4Fault.headerLength;
  const totalBytes = first & 0xffff;
  if (totalBytes < headerBytes) return ipv4Fault.totalLength;
  if (totalBytes > available) return ipv4Fault.truncated;
  if (!verifyChecksum) return 0;
  const sum =
    headerBytes === ipv4MinHeaderBytes ? plainHeaderSum(view, start) : sumBytes(memory, start, start + headerBytes);
  return sum === 0xffff ? 0 : ipv4Fault.checksum;
}

/** {@link sumBytes} of a header without options, which nearly all are: five words and no loop. */
function plainHeaderSum(view: DataView, at: number): number {
  return fold32(
    halves(view.getInt32(at)) +
      halves(view.getInt32(at + 4)) +
      halves(view.getInt32(at + 8)) +
      halves(view.getInt32(at + 12)) +
      halves(view.getInt32(at + 16)),
  );
}

/**
 * Writes a header of 20 bytes at `at`, checksum included.
 *
 * @param totalBytes - bytes of header and payload
 * @param flagsAndOffset - bits of {@link ipv4Flag} and the fragment offset in units of 8 bytes
 * @param source - the address's 32 bits
 * @param destination - the address's 32 bits
 */
export function writeIpv4(
  view: DataView,
  at: number,
  totalBytes: number,
  identification: number,
  flagsAndOffset: number,
  ttl: number,
  tos: number,
  protocol: number,
  source: number,
  destination: number,
): void {
  // By words, and summed from the arguments: memory read in another width than it was just written in stalls.
  const first = 0x4500_0000 | ((tos & 0xff) << 16) | (totalBytes & 0xffff);
  const second = (identification << 16) | (flagsAndOffset & 0xffff);
  const life = (ttl << 24) | ((protocol & 0xff) << 16);
  const sum = halves(first) + halves(second) + halves(life) + halves(source) + halves(destination);
  view.setInt32(at, first);
  view.setInt32((at + 4) | 0, second);
  view.setInt32((at + 8) | 0, life | invertSum(fold32(sum)));
  view.setInt32((at + 12) | 0, source | 0);
  view.setInt32((at + 16) | 0, destination | 0);
}

/** Writes the header checksum anew, after options or fields were changed. */
export function setIpv4Checksum(memory: ByteMemory, at: number): void {
  memory.view.setUint16(at + 10, 0);
  const sum = sumBytes(memory, at, at + ipv4HeaderBytes(memory.view, at));
  memory.view.setUint16(at + 10, invertSum(sum));
}

/**
 * Takes one hop off and corrects the checksum (RFC 1624).
 *
 * @returns the hops left; 0 means: go no further
 */
export function decrementTtl(view: DataView, at: number): number {
  const old = view.getUint16(at + 8);
  if (old < 0x100) return 0;
  view.setUint16(at + 8, old - 0x100);
  view.setUint16(at + 10, updateSum16(view.getUint16(at + 10), old, old - 0x100));
  return (old >>> 8) - 1;
}

/** An IPv4 packet as a value. */
export interface Ipv4Packet {
  readonly tos: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** A multiple of 8. */
  readonly fragmentOffsetBytes: number;
  readonly ttl: number;
  /** One of {@link protocolNumber}, or another. */
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  /** Options as they stand in the header, 40 bytes at most; filled up with zeros to a multiple of 4. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/** Reads a packet (RFC 791), its header checksum verified and padding behind it left out. The value owns its bytes. */
export function parseIpv4(
  bytes: Uint8Array,
  from?: number,
  to?: number,
): Ipv4Packet | Malformed<keyof typeof ipv4Fault> {
  const memory = memoryOf(bytes, from, to);
  const { bytes: own, view } = memory;
  const fault = codeName(ipv4Fault, checkIpv4(memory, 0, own.length, true));
  if (fault) return { error: fault };
  const headerBytes = ipv4HeaderBytes(view, 0);
  return {
    tos: ipv4Tos(view, 0),
    identification: ipv4Identification(view, 0),
    dontFragment: ipv4DontFragment(view, 0),
    moreFragments: ipv4MoreFragments(view, 0),
    fragmentOffsetBytes: ipv4FragmentOffsetBytes(view, 0),
    ttl: ipv4Ttl(view, 0),
    protocol: ipv4Protocol(view, 0),
    source: ipv4FromWord(ipv4Source(view, 0)),
    destination: ipv4FromWord(ipv4Destination(view, 0)),
    options: own.subarray(ipv4MinHeaderBytes, headerBytes),
    payload: own.subarray(headerBytes, ipv4TotalBytes(view, 0)),
  };
}

/**
 * The bytes of a packet, checksum filled in.
 *
 * @throws Error (`ERR_ASSERTION`) when the options or the whole do not fit
 */
export function emitIpv4(packet: Ipv4Packet): Uint8Array<ArrayBuffer> {
  const headerBytes = ipv4MinHeaderBytes + ((packet.options.length + 3) & ~3);
  const totalBytes = headerBytes + packet.payload.length;
  assert(headerBytes <= 60 && totalBytes <= 65_535, 'packet too long');
  const memory = newMemory(totalBytes);
  const flags =
    (packet.dontFragment ? ipv4Flag.dontFragment : 0) |
    (packet.moreFragments ? ipv4Flag.moreFragments : 0) |
    ((packet.fragmentOffsetBytes >>> 3) & 0x1fff);
  writeIpv4(
    memory.view,
    0,
    totalBytes,
    packet.identification,
    flags,
    packet.ttl,
    packet.tos,
    packet.protocol,
    packet.source.w3,
    packet.destination.w3,
  );
  memory.view.setUint8(0, 0x40 | (headerBytes >>> 2));
  memory.bytes.set(packet.options, ipv4MinHeaderBytes);
  memory.bytes.set(packet.payload, headerBytes);
  setIpv4Checksum(memory, 0);
  return memory.bytes;
}
