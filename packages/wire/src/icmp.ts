import type { ByteMemory } from '@synos/interfaces';
import { invertSum, sumBytes } from './checksum.js';
import { codeName, type Malformed, memoryOf, newMemory } from './parsed.js';

// Offsets, RFC 792: 0 type, 1 code, 2 checksum, 4 four bytes whose meaning the type gives.

/** Bytes of an ICMP header. An error's quoted packet follows it. */
export const icmpHeaderBytes = 8;

/** Types of ICMP messages. */
export const icmpType = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Codes of `unreachable` (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
export const icmpUnreachableCode = {
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  networkUnknown: 6,
  hostUnknown: 7,
  networkProhibited: 9,
  hostProhibited: 10,
  networkTos: 11,
  hostTos: 12,
  prohibited: 13,
  precedenceViolation: 14,
  precedenceCutoff: 15,
} as const;

/** Codes of `timeExceeded`. */
export const icmpTimeExceededCode = { transit: 0, reassembly: 1 } as const;

/** Why bytes are no ICMP message. */
export const icmpFault = { truncated: 1, checksum: 2 } as const;
/** One of {@link icmpFault}. */
export type IcmpFault = (typeof icmpFault)[keyof typeof icmpFault];

/** The type: one of {@link icmpType}, or another. */
export function icmpTypeOf(view: DataView, at: number): number {
  return view.getUint8(at);
}

/** The code within the type. */
export function icmpCodeOf(view: DataView, at: number): number {
  return view.getUint8(at + 1);
}

/** The four bytes after the checksum as int32. */
export function icmpRestOfHeader(view: DataView, at: number): number {
  return view.getInt32(at + 4);
}

/** Of an echo: whose it is. */
export function icmpEchoIdentifier(view: DataView, at: number): number {
  return view.getUint16(at + 4);
}

/** Of an echo: which one. */
export function icmpEchoSequence(view: DataView, at: number): number {
  return view.getUint16(at + 6);
}

/** Of `fragmentationNeeded`: the MTU of the next hop, 0 from routers older than RFC 1191. */
export function icmpNextHopMtu(view: DataView, at: number): number {
  return icmpEchoSequence(view, at);
}

/**
 * Whether bytes are an ICMP message with a right checksum.
 *
 * @returns 0, or one of {@link icmpFault}
 */
export function checkIcmp(memory: ByteMemory, start: number, end: number): 0 | IcmpFault {
  if (end - start < icmpHeaderBytes) return icmpFault.truncated;
  return sumBytes(memory, start, end) === 0xffff ? 0 : icmpFault.checksum;
}

/** Writes the header at `at` of a message whose body is in place up to `end`, checksum included. */
export function writeIcmp(
  memory: ByteMemory,
  at: number,
  end: number,
  type: number,
  code: number,
  restOfHeader: number,
): void {
  const view = memory.view;
  view.setUint16(at, (type << 8) | code);
  view.setUint16(at + 2, 0);
  view.setInt32(at + 4, restOfHeader);
  view.setUint16(at + 2, invertSum(sumBytes(memory, at, end)));
}

/** An ICMP message as a value. */
export interface IcmpMessage {
  /** One of {@link icmpType}, or another. */
  readonly type: number;
  readonly code: number;
  /** The four bytes after the checksum as int32: of an echo identifier and sequence number. */
  readonly restOfHeader: number;
  readonly payload: Uint8Array;
}

/** Reads a message (RFC 792), its checksum verified. The value owns its bytes. */
export function parseIcmp(
  bytes: Uint8Array,
  from?: number,
  to?: number,
): IcmpMessage | Malformed<keyof typeof icmpFault> {
  const memory = memoryOf(bytes, from, to);
  const { bytes: own, view } = memory;
  const fault = codeName(icmpFault, checkIcmp(memory, 0, own.length));
  if (fault) return { error: fault };
  return {
    type: icmpTypeOf(view, 0),
    code: icmpCodeOf(view, 0),
    restOfHeader: icmpRestOfHeader(view, 0),
    payload: own.subarray(icmpHeaderBytes),
  };
}

/** The bytes of a message, checksum filled in. */
export function emitIcmp(message: IcmpMessage): Uint8Array<ArrayBuffer> {
  const memory = newMemory(icmpHeaderBytes + message.payload.length);
  memory.bytes.set(message.payload, icmpHeaderBytes);
  writeIcmp(memory, 0, memory.bytes.length, message.type, message.code, message.restOfHeader);
  return memory.bytes;
}
