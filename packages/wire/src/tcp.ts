import { type Address, assert, type ByteMemory } from '@synos/interfaces';
import { ipv6Any } from './address.js';
import { addSums, invertSum, pseudoHeaderSum, sumBytes } from './checksum.js';
import { protocolNumber } from './ipv4.js';
import { codeName, type Malformed, memoryOf, newMemory } from './parsed.js';
import { createTcpOptions, emitTcpOptions, readTcpOptions, type TcpOptions } from './tcp-options.js';

// Offsets, RFC 9293 §3.1: 0 source port, 2 destination port, 4 sequence number, 8 acknowledgment number, 12 header
// length, 13 control bits, 14 window, 16 checksum, 18 urgent pointer, 20 options.

/** Where a TCP header holds its checksum. */
export const tcpChecksumOffset = 16;

/** Bytes of a TCP header without options. */
export const tcpMinHeaderBytes = 20;

/** Control bits (RFC 9293 §3.1). */
export const tcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/** Why bytes are no TCP segment. */
export const tcpFault = { truncated: 1, headerLength: 2, checksum: 3 } as const;
/** One of {@link tcpFault}. */
export type TcpFault = (typeof tcpFault)[keyof typeof tcpFault];

/** The source port. */
export function tcpSourcePort(view: DataView, at: number): number {
  return view.getUint16(at);
}

/** The destination port. */
export function tcpDestinationPort(view: DataView, at: number): number {
  return view.getUint16(at + 2);
}

/** The sequence number as int32. */
export function tcpSequence(view: DataView, at: number): number {
  return view.getInt32(at + 4);
}

/** The acknowledgment number as int32; means nothing without the ACK bit. */
export function tcpAcknowledgment(view: DataView, at: number): number {
  return view.getInt32(at + 8);
}

/** Bytes of the header, options included: 20 to 60. */
export function tcpHeaderBytes(view: DataView, at: number): number {
  return (view.getUint8(at + 12) >>> 4) << 2;
}

/** The control bits: {@link tcpFlag}. */
export function tcpFlags(view: DataView, at: number): number {
  return view.getUint8(at + 13);
}

/** The window field, not scaled. */
export function tcpWindow(view: DataView, at: number): number {
  return view.getUint16(at + 14);
}

/** The urgent pointer; means nothing without the URG bit. */
export function tcpUrgentPointer(view: DataView, at: number): number {
  return view.getUint16(at + 18);
}

/** The fields of a header that every segment is judged by. */
export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  /** As int32. */
  sequence: number;
  /** As int32. */
  acknowledgment: number;
  /** Bits of {@link tcpFlag}. */
  flags: number;
  /** The field, not scaled. */
  window: number;
}

/**
 * Reads them all, in four loads.
 *
 * @returns bytes of the header, options included, as {@link tcpHeaderBytes}
 */
export function readTcpFields(view: DataView, at: number, into: TcpFields): number {
  const ports = view.getInt32(at);
  const control = view.getInt32(at + 12);
  into.sourcePort = ports >>> 16;
  into.destinationPort = ports & 0xffff;
  into.sequence = view.getInt32(at + 4);
  into.acknowledgment = view.getInt32(at + 8);
  into.flags = (control >>> 16) & 0xff;
  into.window = control & 0xffff;
  return (control >>> 28) << 2;
}

/**
 * Whether bytes are a TCP segment.
 *
 * @param verified - the checksum needs no look
 * @returns 0, or one of {@link tcpFault}
 */
export function checkTcp(
  memory: ByteMemory,
  start: number,
  end: number,
  source: Address,
  destination: Address,
  verified: boolean,
): 0 | TcpFault {
  const length = end - start;
  if (length < tcpMinHeaderBytes) return tcpFault.truncated;
  const headerBytes = tcpHeaderBytes(memory.view, start);
  if (headerBytes < tcpMinHeaderBytes || headerBytes > length) return tcpFault.headerLength;
  if (verified) return 0;
  const pseudo = pseudoHeaderSum(source, destination, protocolNumber.tcp, length);
  return addSums(pseudo, sumBytes(memory, start, end)) === 0xffff ? 0 : tcpFault.checksum;
}

/**
 * Writes the first 20 bytes of a header at `at`; options, if any, are written behind them.
 *
 * @param headerBytes - bytes of the header with options, a multiple of 4, 20 to 60
 * @param checksumField - the checksum, or with `checksum: partial` the folded pseudo-header sum
 */
export function writeTcp(
  view: DataView,
  at: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgment: number,
  headerBytes: number,
  flags: number,
  window: number,
  checksumField: number,
  urgentPointer: number,
): void {
  // `| 0` says what they are; engines take what a DataView is handed for a float otherwise.
  view.setInt32(at, (sourcePort << 16) | (destinationPort & 0xffff));
  view.setInt32((at + 4) | 0, sequence | 0);
  view.setInt32((at + 8) | 0, acknowledgment | 0);
  view.setInt32((at + 12) | 0, (headerBytes << 26) | (flags << 16) | (window & 0xffff));
  view.setInt32((at + tcpChecksumOffset) | 0, (checksumField << 16) | (urgentPointer & 0xffff));
}

/** A TCP segment as a value. */
export interface TcpSegment extends Readonly<TcpFields> {
  readonly urgentPointer: number;
  readonly options: TcpOptions;
  readonly payload: Uint8Array;
}

/** What {@link emitTcp} makes a segment of: options that are not given are not sent. */
export interface TcpSegmentInput extends Omit<TcpSegment, 'options'> {
  readonly options?: Partial<TcpOptions>;
}

/**
 * Reads a segment (RFC 9293 §3.1). The value owns its bytes. Options end at the first malformed one; unknown ones are
 * left out.
 *
 * @param source - with `destination`: the addresses of the packet, to verify the checksum; without them it is not
 */
export function parseTcp(
  bytes: Uint8Array,
  from?: number,
  to?: number,
  source?: Address,
  destination: Address = ipv6Any,
): TcpSegment | Malformed<keyof typeof tcpFault> {
  const memory = memoryOf(bytes, from, to);
  const { bytes: own, view } = memory;
  const code = checkTcp(memory, 0, own.length, source ?? destination, destination, !source);
  const fault = codeName(tcpFault, code);
  if (fault) return { error: fault };
  const fields = {} as TcpFields;
  const headerBytes = readTcpFields(view, 0, fields);
  const options = createTcpOptions();
  readTcpOptions(view, tcpMinHeaderBytes, headerBytes, options);
  return { ...fields, urgentPointer: tcpUrgentPointer(view, 0), options, payload: own.subarray(headerBytes) };
}

/**
 * The bytes of a segment, checksum filled in.
 *
 * @throws Error (`ERR_ASSERTION`) when the options take more than 40 bytes
 */
export function emitTcp(segment: TcpSegmentInput, source: Address, destination: Address): Uint8Array<ArrayBuffer> {
  const options = emitTcpOptions(segment.options ?? {});
  const headerBytes = tcpMinHeaderBytes + options.length;
  assert(headerBytes <= 60, 'packet too long');
  const length = headerBytes + segment.payload.length;
  const memory = newMemory(length);
  writeTcp(
    memory.view,
    0,
    segment.sourcePort,
    segment.destinationPort,
    segment.sequence,
    segment.acknowledgment,
    headerBytes,
    segment.flags,
    segment.window,
    pseudoHeaderSum(source, destination, protocolNumber.tcp, length),
    segment.urgentPointer,
  );
  memory.bytes.set(options, tcpMinHeaderBytes);
  memory.bytes.set(segment.payload, headerBytes);
  memory.view.setUint16(tcpChecksumOffset, invertSum(sumBytes(memory, 0, length)));
  return memory.bytes;
}
