import { checksumState } from '@synos/interfaces';
import { fold32, halves, invertSum, paddedTimestamp, protocolNumber, tcpFlag } from '@synos/wire';
import type { TcpCore } from '../core.js';
import { noteSent } from '../output.js';
import { noteAcknowledged, offeredWindow } from '../receive-window.js';
import { refreshMss } from '../segment-size.js';
import { enqueueText, releaseSendRing } from '../send-queue.js';
import type { Tcb } from '../tcb.js';
import { isContended } from '../turns.js';
import { isPredictable, predictedControl, predictedHeaderBytes } from './predictable.js';

/** A segment of text while nothing is on its way: what `sendText` does about it. */
export function sendPredicted(
  core: TcpCore,
  tcb: Tcb,
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
): boolean {
  const length = (end - start) | 0;
  const { host } = core;
  const { route, options, sendHintBytes } = tcb;
  if (
    flags !== 0 ||
    length === 0 ||
    !isPredictable(tcb) ||
    tcb.sendBytes !== 0 ||
    tcb.sndUna !== tcb.sndNxt ||
    length > tcb.sndWnd ||
    length > options.sendBufferBytes ||
    length > tcb.congestion.windowBytes ||
    options.cork === true ||
    core.nowMs - tcb.lastSentMs > tcb.rtoMs ||
    isContended(core, tcb)
  )
    return false;
  const mss = refreshMss(tcb);
  if (length > mss || !route.hasRoom) return false;
  const packet = host.packets.take(length, false);
  if (packet === null) return false;
  const { memory, start: textAt } = packet;
  const { view, fast } = memory;
  if (!fast || enqueueText(core, tcb, bytes, start, length) < length || tcb.sendBlock!.memory !== memory) {
    releaseSendRing(core, tcb);
    tcb.sendHintBytes = sendHintBytes;
    packet.pool.release(packet);
    return false;
  }
  tcb.turnLeft = -1;
  const window = offeredWindow(tcb);
  const { sndNxt: sequence, rcvNxt: acknowledgment, tsRecent } = tcb;
  const ports = (tcb.localPort << 16) | tcb.remotePort;
  const control = predictedControl | (tcpFlag.psh << 16) | (window >>> tcb.rcvScale);
  const timestamp = (core.nowMs + tcb.tsOffset) | 0;
  const at = textAt - predictedHeaderBytes;
  view.setInt32(at, ports);
  view.setInt32((at + 4) | 0, sequence | 0);
  view.setInt32((at + 8) | 0, acknowledgment | 0);
  view.setInt32((at + 12) | 0, control);
  view.setInt32((at + 20) | 0, paddedTimestamp);
  view.setInt32((at + 24) | 0, timestamp);
  view.setInt32((at + 28) | 0, tsRecent | 0);
  packet.start = at;
  packet.end = textAt + length;
  packet.checksum = checksumState.verified;
  noteAcknowledged(tcb, window);
  tcb.segmentsSent++;
  core.counters.segmentsOut++;
  // The header is summed from its numbers and the text is read late: what was just written, read in another width, is
  // waited for.
  const { offset } = tcb.sendBlock!;
  const sum =
    fast.copy(offset, offset + length, textAt) +
    route.addressSum +
    (protocolNumber.tcp + predictedHeaderBytes + length) +
    halves(ports) +
    halves(sequence) +
    halves(acknowledgment) +
    halves(control) +
    halves(paddedTimestamp) +
    halves(timestamp) +
    halves(tsRecent);
  view.setInt32((at + 16) | 0, invertSum(fold32(sum)) << 16);
  if (host.send(packet, route, protocolNumber.tcp, options.send) < 0) core.counters.sendFailed++;
  noteSent(core, tcb, length, 0, mss);
  return true;
}
