import { type Block, checksumState, type Packet, type Result, type Route, type SendOptions } from '@synos/interfaces';
import {
  addSums,
  fold32,
  invertSum,
  protocolNumber,
  smaller,
  sumBytes,
  tcpChecksumOffset,
  tcpFlag,
  tcpMinHeaderBytes,
  writeMssOption,
  writeSackOption,
  writeSackPermittedOption,
  writeTcp,
  writeTimestampOption,
  writeWindowScaleOption,
} from '@synos/wire';
import { setAckDue, type TcpCore } from './core.js';
import { flag } from './flag.js';
import { rareForWriting } from './rare.js';
import { noteAcknowledged, offeredWindow } from './receive-window.js';
import { readRing, readRingSummed } from './ring.js';
import { ownMssBytes, sackOptionBytes, timestampOptionBytes } from './segment-size.js';
import type { Tcb } from './tcb.js';

/** How long until a packet is asked for again when the pool is empty. */
export const poolRetryMs = 5;
/** What fits a small packet together with all headers, for when the large ones are out. */
const smallPayloadBytes = 1400;

/**
 * Writes the header in front of a packet whose `start` is at the options, and sends it.
 *
 * @param textSum - the sum of its text, where it is known: then the checksum is completed here. -1: whoever sends it does
 */
export function launch(
  core: TcpCore,
  packet: Packet,
  optionBytes: number,
  localPort: number,
  remotePort: number,
  route: Route,
  options: SendOptions,
  sequence: number,
  acknowledgment: number,
  flags: number,
  window: number,
  textSum: number,
): Result {
  const start = packet.start - tcpMinHeaderBytes;
  packet.start = start;
  const pseudo = fold32(route.addressSum + protocolNumber.tcp + packet.end - start);
  const headerBytes = tcpMinHeaderBytes + optionBytes;
  const { view } = packet.memory;
  writeTcp(view, start, localPort, remotePort, sequence, acknowledgment, headerBytes, flags, window, pseudo, 0);
  packet.checksum = checksumState.partial;
  packet.checksumStart = start;
  packet.checksumOffset = tcpChecksumOffset;
  if (textSum >= 0) completeChecksum(packet, headerBytes, textSum);
  core.counters.segmentsOut++;
  const result = core.host.send(packet, route, protocolNumber.tcp, options);
  if (result < 0) core.counters.sendFailed++;
  return result;
}

/** Copies text into a packet. Answers its sum where it comes with the copy, else -1. */
function readText(block: Block, at: number, packet: Packet, bytes: number, mss: number): number {
  const { memory, start } = packet;
  if (bytes <= mss) return readRingSummed(block, at, memory, start, bytes);
  packet.segmentBytes = mss;
  readRing(block, at, memory, start, bytes);
  return -1;
}

function completeChecksum(packet: Packet, headerBytes: number, textSum: number): void {
  const { memory, start } = packet;
  const headerSum = sumBytes(memory, start, start + headerBytes);
  memory.view.setUint16(start + tcpChecksumOffset, invertSum(addSums(headerSum, textSum)));
  packet.checksum = checksumState.verified;
}

/**
 * Sends a segment of a connection: `length` bytes of the send ring from `from` bytes after `snd.una`. Every segment
 * carries the latest acknowledgement, so whatever acknowledgement was owed is paid by it.
 *
 * @param mss - payload bytes per segment; a longer `length` makes a super-segment
 * @returns how many bytes of text went, less than `length` when only a small packet was free, or -1 when none was
 */
export function transmit(
  core: TcpCore,
  tcb: Tcb,
  sequence: number,
  from: number,
  length: number,
  flags: number,
  mss: number,
): number {
  let bytes = length;
  let packet = core.host.packets.take(length, length === 0);
  if (packet === null && length > smallPayloadBytes) {
    bytes = smaller(mss, smallPayloadBytes);
    packet = core.host.packets.take(bytes, false);
  }
  if (packet === null) {
    core.counters.noPackets++;
    return -1;
  }
  let textSum = -1;
  if (bytes > 0) {
    const block = tcb.sendBlock!;
    const at = (tcb.sendHead + from) & (block.byteLength - 1);
    packet.end = packet.start + bytes;
    textSum = readText(block, at, packet, bytes, mss);
  }
  const control = bytes < length ? flags & ~(tcpFlag.fin | tcpFlag.psh) : flags;
  const isSyn = (flags & tcpFlag.syn) !== 0;
  const optionBytes = isSyn ? writeSynOptions(core, tcb, packet, flags) : writeOptions(core, tcb, packet);
  let window: number;
  if ((flags & tcpFlag.ack) !== 0) {
    window = offeredWindow(tcb);
    // The window of a SYN is never scaled (RFC 7323 §2.2).
    if (isSyn && window > 65_535) window = 65_535;
    noteAcknowledged(tcb, window);
    if (!isSyn) window >>>= tcb.rcvScale;
  } else {
    // The first SYN.
    window = smaller(tcb.options.receiveBufferBytes, 65_535);
  }
  tcb.segmentsSent++;
  const acknowledgment = (flags & tcpFlag.ack) === 0 ? 0 : tcb.rcvNxt;
  launch(
    core,
    packet,
    optionBytes,
    tcb.localPort,
    tcb.remotePort,
    tcb.route,
    tcb.options.send,
    sequence,
    acknowledgment,
    control,
    window,
    textSum,
  );
  return bytes;
}

function writeOptions(core: TcpCore, tcb: Tcb, packet: Packet): number {
  const sackBytes = sackOptionBytes(tcb);
  const total = ((tcb.flags & flag.timestamps) !== 0 ? timestampOptionBytes : 0) + sackBytes;
  if (total === 0) return 0;
  packet.start -= total;
  const { view } = packet.memory;
  let at = packet.start;
  if ((tcb.flags & flag.timestamps) !== 0)
    at += writeTimestampOption(view, at, (core.nowMs + tcb.tsOffset) | 0, tcb.tsRecent);
  if (sackBytes > 0) {
    const { sackLeft, sackRight } = core.sackScratch;
    const count = tcb.outOfOrder!.blocks(sackLeft, sackRight, (tcb.flags & flag.timestamps) !== 0 ? 3 : 4);
    writeSackOption(view, at, count, sackLeft, sackRight);
  }
  return total;
}

/** On a SYN: what we can. On a SYN-ACK: what both can (RFC 7323 §2.2, §3.2; RFC 2018 §2). */
function writeSynOptions(core: TcpCore, tcb: Tcb, packet: Packet, flags: number): number {
  const answers = (flags & tcpFlag.ack) !== 0;
  const { settings } = core;
  return writeHandshakeOptions(
    packet,
    ownMssBytes(tcb.route, tcb.options.maximumSegmentBytes),
    answers ? (tcb.flags & flag.sackPermitted) !== 0 : settings.selectiveAcknowledgements,
    answers ? (tcb.flags & flag.timestamps) !== 0 : settings.timestamps,
    (core.nowMs + tcb.tsOffset) | 0,
    answers ? tcb.tsRecent : 0,
    (answers ? tcb.sndScale >= 0 : settings.windowScaling) ? tcb.rcvScale : -1,
  );
}

/** Writes the options of a SYN or SYN-ACK in front of `packet.start` and answers their length. */
export function writeHandshakeOptions(
  packet: Packet,
  mssBytes: number,
  sackPermitted: boolean,
  timestamps: boolean,
  timestampValue: number,
  timestampEcho: number,
  windowScale: number,
): number {
  const total = 4 + (sackPermitted ? 4 : 0) + (timestamps ? timestampOptionBytes : 0) + (windowScale >= 0 ? 4 : 0);
  packet.start -= total;
  const { view } = packet.memory;
  let at = packet.start;
  at += writeMssOption(view, at, mssBytes);
  if (sackPermitted) at += writeSackPermittedOption(view, at);
  if (timestamps) at += writeTimestampOption(view, at, timestampValue, timestampEcho);
  if (windowScale >= 0) writeWindowScaleOption(view, at, windowScale);
  return total;
}

/** Sends the acknowledgement that is owed, or tries again soon when no packet is free. */
export function sendAck(core: TcpCore, tcb: Tcb): void {
  if (transmit(core, tcb, tcb.sndNxt, 0, 0, tcpFlag.ack, tcb.mss) < 0) {
    tcb.flags &= ~flag.ackNow;
    setAckDue(core, tcb, core.nextMs + poolRetryMs);
  }
}

/**
 * A challenge acknowledgement (RFC 5961 §3.2, §4.2, §5.2), unless the connection has sent its share of them in this
 * second (§7: counted per connection, so that one flow learns nothing of another).
 */
export function sendChallengeAck(core: TcpCore, tcb: Tcb): void {
  const rare = rareForWriting(tcb);
  if (core.nowMs - rare.challengesSinceMs >= 1000) {
    rare.challengesSinceMs = core.nowMs;
    rare.challenges = 0;
  }
  if (rare.challenges >= core.settings.challengeAcksPerSecond) {
    core.counters.challengeAcksSuppressed++;
    return;
  }
  rare.challenges++;
  core.counters.challengeAcks++;
  sendAck(core, tcb);
}
