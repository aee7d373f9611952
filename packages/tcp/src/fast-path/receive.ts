import { type Arrival, checksumState, type FastBytes, type Packet } from '@synos/interfaces';
import { fold32, halves, paddedTimestamp, protocolNumber, tcpFlag } from '@synos/wire';
import { takeAcknowledgment } from '../acknowledgment.js';
import { notify, type TcpCore } from '../core.js';
import { flowKind } from '../flow.js';
import { heardFrom } from '../lifecycle.js';
import { output } from '../output.js';
import { advanceReceived, ensureReceiveRing, releaseReceiveRing } from '../receive-queue.js';
import { isExpectedAck, takeTimestamp } from '../segment-arrives/synchronized.js';
import { scheduleAck } from '../segment-arrives/text.js';
import { receiveWindow, type Tcb } from '../tcb.js';
import { isPredictable, predictedControl, predictedHeaderBytes } from './predictable.js';

/** Of the word with the control bits: what may be anything. */
const windowAndPush = 0xffff | (tcpFlag.psh << 16);

/**
 * The next text in order, or an acknowledgement alone: what `arrivesSynchronized` does about it. The checksum of text is
 * known when it has been copied; where it is wrong, nobody reads what lies behind `rcv.nxt`.
 */
export function receivePredicted(core: TcpCore, packet: Packet, arrival: Arrival): boolean {
  const { memory, start, end } = packet;
  const { view, fast } = memory;
  const textStart = (start + predictedHeaderBytes) | 0;
  const textBytes = (end - textStart) | 0;
  if (textBytes < 0 || !fast || arrival.isGroup === true) return false;
  const control = view.getInt32((start + 12) | 0);
  if ((control & ~windowAndPush) !== predictedControl || view.getInt32((start + 20) | 0) !== paddedTimestamp)
    return false;
  const ports = view.getInt32(start);
  const flow = core.demux.find(arrival.destination, ports & 0xffff, arrival.source, ports >>> 16);
  if (flow === null || flow.kind !== flowKind.connection) return false;
  const tcb = flow as Tcb;
  const { rcvNxt } = tcb;
  const acknowledgment = view.getInt32((start + 8) | 0);
  const timestamp = view.getInt32((start + 24) | 0);
  if (
    !isPredictable(tcb) ||
    view.getInt32((start + 4) | 0) !== rcvNxt ||
    ((timestamp - tcb.tsRecent) | 0) < 0 ||
    textBytes > receiveWindow(tcb) ||
    !isExpectedAck(tcb, acknowledgment) ||
    (tcb.device !== 0 && tcb.device !== arrival.device)
  )
    return false;
  const echo = view.getInt32((start + 28) | 0);
  const headerSum =
    tcb.route.addressSum +
    (protocolNumber.tcp + predictedHeaderBytes + textBytes) +
    halves(ports) +
    halves(rcvNxt) +
    halves(acknowledgment) +
    halves(control) +
    halves(view.getInt32((start + 16) | 0)) +
    halves(paddedTimestamp) +
    halves(timestamp) +
    halves(echo);
  const isRight =
    textBytes > 0
      ? copyText(core, tcb, packet, fast, textStart, headerSum)
      : packet.checksum !== checksumState.none || fold32(headerSum) === 0xffff;
  if (!isRight) return false;
  tcb.segmentsReceived++;
  const { segment } = core;
  const { options } = segment;
  segment.sequence = rcvNxt;
  segment.acknowledgment = acknowledgment;
  segment.flags = tcpFlag.ack;
  segment.window = control & 0xffff;
  segment.textBytes = textBytes;
  options.hasTimestamp = true;
  options.timestampValue = timestamp;
  options.timestampEcho = echo;
  takeTimestamp(core, tcb, segment);
  heardFrom(core, tcb);
  takeAcknowledgment(core, tcb, segment);
  if (textBytes > 0) {
    advanceReceived(tcb, (rcvNxt + textBytes) | 0);
    core.counters.bytesIn += textBytes;
    scheduleAck(core, tcb, false, textBytes);
    tcb.lastReceivedMs = core.nowMs;
    notify(core, tcb.owner);
  }
  output(core, tcb);
  return true;
}

/** Copies text behind what is in the receive ring. Answers whether it fitted and the segment's checksum is right. */
function copyText(
  core: TcpCore,
  tcb: Tcb,
  packet: Packet,
  fast: FastBytes,
  textStart: number,
  headerSum: number,
): boolean {
  const { memory, end } = packet;
  const { recvBytes, recvHintBytes } = tcb;
  const textBytes = end - textStart;
  // A ring that must grow would have grown for a segment that nobody vouches for.
  if (tcb.recvBlock === null && !ensureReceiveRing(core, tcb, textBytes)) return false;
  const { memory: ringMemory, offset, byteLength } = tcb.recvBlock!;
  const at = (tcb.recvHead + recvBytes) & (byteLength - 1);
  if (ringMemory === memory && recvBytes + textBytes <= byteLength && at + textBytes <= byteLength) {
    if (packet.checksum !== checksumState.none) {
      fast.move(textStart, end, offset + at);
      return true;
    }
    if (fold32(fast.copy(textStart, end, offset + at) + headerSum) === 0xffff) return true;
  }
  if (recvBytes === 0) {
    releaseReceiveRing(core, tcb);
    tcb.recvHintBytes = recvHintBytes;
  }
  return false;
}
