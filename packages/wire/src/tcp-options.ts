// Kinds: 0 end, 1 NOP, 2 maximum segment size (RFC 9293 §3.1), 3 window scale, 8 timestamps (RFC 7323 §2.2, §3.2),
// 4 SACK permitted, 5 SACK (RFC 2018 §2, §3).

/** How many SACK blocks fit into a header (RFC 2018 §3). */
const maxSackBlocks = 4;

/** Two NOPs, then a timestamp option: how nearly every stack lays out its data segments (RFC 7323 appendix A). */
export const paddedTimestamp = 0x0101080a;

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
  if (to - from === 12 && view.getInt32(from) === paddedTimestamp) {
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
    if (kind === 0) return true;
    if (kind === 1) {
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
    case 2:
      if (length === 4) into.mssBytes = view.getUint16(at + 2);
      break;
    case 3:
      if (length === 3) into.windowScale = view.getUint8(at + 2);
      break;
    case 4:
      if (length === 2) into.sackPermitted = true;
      break;
    case 8:
      if (length === 10) {
        into.hasTimestamp = true;
        into.timestampValue = view.getInt32(at + 2);
        into.timestampEcho = view.getInt32(at + 6);
      }
      break;
    case 5:
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
  view.setInt32(at, 0x02040000 | mssBytes);
  return 4;
}

/** Writes a NOP and the option of 3 bytes (RFC 7323 §2.2). */
export function writeWindowScaleOption(view: DataView, at: number, shift: number): number {
  view.setInt32(at, 0x01030300 | shift);
  return 4;
}

/** Writes two NOPs and the option of 2 bytes (RFC 2018 §2). */
export function writeSackPermittedOption(view: DataView, at: number): number {
  view.setInt32(at, 0x01010402);
  return 4;
}

/** Writes two NOPs and the option of 10 bytes (RFC 7323 §3.2). */
export function writeTimestampOption(view: DataView, at: number, value: number, echo: number): number {
  view.setInt32(at, paddedTimestamp);
  view.setInt32((at + 4) | 0, value | 0);
  view.setInt32((at + 8) | 0, echo | 0);
  return 12;
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
  view.setInt32(at, 0x01010502 + 8 * count);
  for (let i = 0; i < count; i++) {
    view.setInt32(at + 4 + 8 * i, left[i]!);
    view.setInt32(at + 8 + 8 * i, right[i]!);
  }
  return 4 + 8 * count;
}

/** The bytes of options, a multiple of 4 of them; what is not there is not sent. */
export function emitTcpOptions(options: Partial<TcpOptions>): Uint8Array<ArrayBuffer> {
  const all = { ...createTcpOptions(), ...options };
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  let at = 0;
  if (all.mssBytes > 0) at += writeMssOption(view, at, all.mssBytes);
  if (all.sackPermitted) at += writeSackPermittedOption(view, at);
  if (all.hasTimestamp) at += writeTimestampOption(view, at, all.timestampValue, all.timestampEcho);
  if (all.windowScale >= 0) at += writeWindowScaleOption(view, at, all.windowScale);
  at += writeSackOption(view, at, all.sackCount, all.sackLeft, all.sackRight);
  return bytes.subarray(0, at);
}
