import { assert } from '@synos/interfaces';

// Kinds, RFC 9293 §3.1, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3.
const endKind = 0;
const nopKind = 1;
const mssKind = 2;
const windowScaleKind = 3;
const sackPermittedKind = 4;
const sackKind = 5;
const timestampKind = 8;

/** How many SACK blocks fit into a header (RFC 2018 §3). */
export const maxSackBlocks = 4;

/** Two NOPs, then a timestamp option: how nearly every stack lays out its data segments (RFC 7323 appendix A). */
const paddedTimestamp = 0x0101080a;
const paddedTimestampBytes = 12;

/** What the options of a segment say. One record per reader, overwritten by each {@link readTcpOptions}. */
export interface TcpOptions {
  /** Maximum segment size; 0: no such option. */
  mssBytes: number;
  /** As sent, 0 to 255; who uses it reads more than 14 as 14 (RFC 7323 §2.3). -1: no such option. */
  windowScale: number;
  sackPermitted: boolean;
  hasTimestamp: boolean;
  /** TSval as int32. */
  timestampValue: number;
  /** TSecr as int32. */
  timestampEcho: number;
  /** How many blocks hold, 0 to 4. */
  sackCount: number;
  /** First sequence number of each block. */
  readonly sackLeft: Int32Array;
  /** The sequence number after the last of each block. */
  readonly sackRight: Int32Array;
}

/**
 * A record to read options into.
 *
 * @example
 * ```ts
 * const options = createTcpOptions();
 * readTcpOptions(view, at + tcpMinHeaderBytes, at + tcpHeaderBytes(view, at), options);
 * ```
 */
export function createTcpOptions(): TcpOptions {
  return {
    mssBytes: 0,
    windowScale: -1,
    sackPermitted: false,
    hasTimestamp: false,
    timestampValue: 0,
    timestampEcho: 0,
    sackCount: 0,
    sackLeft: new Int32Array(maxSackBlocks),
    sackRight: new Int32Array(maxSackBlocks),
  };
}

/**
 * Reads the options between `from` and `to`. Kinds that are not known are skipped by their length, as are known ones of
 * a wrong length (RFC 9293 §3.1, MUST-6 and MUST-7).
 *
 * @returns false when a length leads astray; what was read before it holds
 */
export function readTcpOptions(view: DataView, from: number, to: number, into: TcpOptions): boolean {
  into.mssBytes = 0;
  into.windowScale = -1;
  into.sackPermitted = false;
  into.sackCount = 0;
  if (to - from === paddedTimestampBytes && view.getInt32(from) === paddedTimestamp) {
    into.hasTimestamp = true;
    into.timestampValue = view.getInt32(from + 4);
    into.timestampEcho = view.getInt32(from + 8);
    return true;
  }
  into.hasTimestamp = false;
  into.timestampValue = 0;
  into.timestampEcho = 0;
  let at = from;
  while (at < to) {
    const kind = view.getUint8(at);
    if (kind === endKind) return true;
    if (kind === nopKind) {
      at++;
      continue;
    }
    if (at + 1 >= to) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > to) return false;
    readOption(view, at, kind, length, into);
    at += length;
  }
  return true;
}

function readOption(view: DataView, at: number, kind: number, length: number, into: TcpOptions): void {
  switch (kind) {
    case mssKind:
      if (length === 4) into.mssBytes = view.getUint16(at + 2);
      break;
    case windowScaleKind:
      if (length === 3) into.windowScale = view.getUint8(at + 2);
      break;
    case sackPermittedKind:
      if (length === 2) into.sackPermitted = true;
      break;
    case timestampKind:
      if (length === 10) {
        into.hasTimestamp = true;
        into.timestampValue = view.getInt32(at + 2);
        into.timestampEcho = view.getInt32(at + 6);
      }
      break;
    case sackKind:
      if (length >= 10 && (length - 2) % 8 === 0) readSackBlocks(view, at + 2, (length - 2) / 8, into);
      break;
  }
}

function readSackBlocks(view: DataView, at: number, count: number, into: TcpOptions): void {
  const kept = Math.min(count, maxSackBlocks);
  for (let i = 0; i < kept; i++) {
    into.sackLeft[i] = view.getInt32(at + 8 * i);
    into.sackRight[i] = view.getInt32(at + 8 * i + 4);
  }
  into.sackCount = kept;
}

/** Writes the option of 4 bytes (RFC 9293 §3.7.1). Each writer answers how many bytes it wrote, a multiple of 4. */
export function writeMssOption(view: DataView, at: number, mssBytes: number): number {
  view.setUint16(at, (mssKind << 8) | 4);
  view.setUint16(at + 2, mssBytes);
  return 4;
}

/** Writes a NOP and the option of 3 bytes (RFC 7323 §2.2). */
export function writeWindowScaleOption(view: DataView, at: number, shift: number): number {
  view.setUint32(at, (nopKind << 24) | (windowScaleKind << 16) | (3 << 8) | shift);
  return 4;
}

/** Writes two NOPs and the option of 2 bytes (RFC 2018 §2). */
export function writeSackPermittedOption(view: DataView, at: number): number {
  view.setUint32(at, (nopKind << 24) | (nopKind << 16) | (sackPermittedKind << 8) | 2);
  return 4;
}

/** Writes two NOPs and the option of 10 bytes (RFC 7323 §3.2). */
export function writeTimestampOption(view: DataView, at: number, value: number, echo: number): number {
  view.setInt32(at, paddedTimestamp);
  view.setInt32(at + 4, value);
  view.setInt32(at + 8, echo);
  return paddedTimestampBytes;
}

/**
 * Writes two NOPs and the option (RFC 2018 §3).
 *
 * @param count - blocks, 0 to 4; beside a timestamp 3 fit. With 0 nothing is written
 */
export function writeSackOption(
  view: DataView,
  at: number,
  count: number,
  left: ArrayLike<number>,
  right: ArrayLike<number>,
): number {
  if (count === 0) return 0;
  view.setUint32(at, (nopKind << 24) | (nopKind << 16) | (sackKind << 8) | (2 + 8 * count));
  for (let i = 0; i < count; i++) {
    view.setInt32(at + 4 + 8 * i, left[i]!);
    view.setInt32(at + 8 + 8 * i, right[i]!);
  }
  return 4 + 8 * count;
}

/** The options of a segment as a value: what is not there is not sent. */
export interface TcpOptionValues {
  readonly mssBytes?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  /** TSval and TSecr as int32. */
  readonly timestamp?: { readonly value: number; readonly echo: number };
  /** First and one past the last sequence number of each block, as int32. */
  readonly sack?: readonly { readonly left: number; readonly right: number }[];
}

/** Reads options into a value. */
export function parseTcpOptions(view: DataView, from: number, to: number): TcpOptionValues {
  const read = createTcpOptions();
  readTcpOptions(view, from, to, read);
  const sack = Array.from({ length: read.sackCount }, (_, i) => ({
    left: read.sackLeft[i]!,
    right: read.sackRight[i]!,
  }));
  return {
    ...(read.mssBytes > 0 && { mssBytes: read.mssBytes }),
    ...(read.windowScale >= 0 && { windowScale: read.windowScale }),
    ...(read.sackPermitted && { sackPermitted: true }),
    ...(read.hasTimestamp && { timestamp: { value: read.timestampValue, echo: read.timestampEcho } }),
    ...(sack.length > 0 && { sack }),
  };
}

/** The bytes of options, a multiple of 4 of them. More than 40 fit into no header. */
export function emitTcpOptions(options: TcpOptionValues): Uint8Array<ArrayBuffer> {
  const { mssBytes, windowScale, sackPermitted, timestamp, sack = [] } = options;
  assert(sack.length <= maxSackBlocks, 'four SACK blocks at most');
  const view = new DataView(new ArrayBuffer(64));
  let at = 0;
  if (mssBytes !== undefined) at += writeMssOption(view, at, mssBytes);
  if (sackPermitted) at += writeSackPermittedOption(view, at);
  if (timestamp) at += writeTimestampOption(view, at, timestamp.value, timestamp.echo);
  if (windowScale !== undefined) at += writeWindowScaleOption(view, at, windowScale);
  at += writeSackOption(
    view,
    at,
    sack.length,
    sack.map((block) => block.left),
    sack.map((block) => block.right),
  );
  return new Uint8Array(view.buffer, 0, at);
}
