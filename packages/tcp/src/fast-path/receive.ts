import { type Arrival, checksumState, type Packet } from '@synos/interfaces';
import { fold32, protocolNumber, sumBytes, tcpFlag } from '@synos/wire';
import { progress } from '../acknowledgment.js';
import { notify, type TcpCore } from '../core.js';
import { flag } from '../flag.js';
import { flowKind } from '../flow.js';
import { heardFrom } from '../lifecycle.js';
import { output } from '../output.js';
import { rareForWriting } from '../rare.js';
import { advanceReceived, ensureReceiveRing, releaseReceiveRing } from '../receive-queue.js';
import { scheduleAck } from '../segment-arrives/text.js';
import { dequeueText } from '../send-queue.js';
import { receiveWindow, type Tcb } from '../tcb.js';
import { isPredictable, predictedControl, predictedHeaderBytes, timestampWord } from './predictable.js';

/** Of the word with the control bits: what may be anything. */
const windowAndPush = 0xffff | (tcpFlag.psh << 16);

/**
 * The next text in order, with an acknowledgement of all that was sent: what `arrivesSynchronized` does about it. The
 * checksum is known when the text has been copied; where it is wrong, nobody reads what lies behind `rcv.nxt`.
 */
export function receivePredicted(core: TcpCore, packet: Packet, arrival: Arrival): boolean {
  const { memory, start, end } = packet;
  const { view, fast } = memory;
  const textStart = (start + predictedHeaderBytes) | 0;
  const textBytes = (end - textStart) | 0;
  if (textBytes <= 0 || !fast || arrival.isGroup === true) return false;
  const control = view.getInt32((start + 12) | 0);
  if ((control & ~windowAndPush) !== predictedControl || view.getInt32((start + 20) | 0) !== timestampWord)
    return false;
  const ports = view.getInt32(start);
  const flow = core.demux.find(arrival.destination, ports & 0xffff, arrival.source, ports >>> 16);
  if (flow === null || flow.kind !== flowKind.connection) return false;
  const tcb = flow as Tcb;
  const { records, sndUna, sndNxt, rcvNxt } = tcb;
  const acked = (sndNxt - sndUna) | 0;
  const window = (control & 0xffff) << Math.max(tcb.sndScale, 0);
  const timestamp = view.getInt32((start + 24) | 0);
  const sentMs = records === null ? -1 : records.onlySentMs();
  if (
    !isPredictable(tcb) ||
    view.getInt32((start + 4) | 0) !== rcvNxt ||
    view.getInt32((start + 8) | 0) !== sndNxt ||
    ((timestamp - tcb.tsRecent) | 0) < 0 ||
    textBytes > receiveWindow(tcb) ||
    tcb.sendBytes !== acked ||
    (acked > 0 && sentMs < 0) ||
    window === 0 ||
    tcb.sndWnd === 0 ||
    tcb.owner === null ||
    (tcb.device !== 0 && tcb.device !== arrival.device) ||
    !ensureReceiveRing(core, tcb, tcb.recvBytes + textBytes)
  )
    return false;
  const block = tcb.recvBlock!;
  const at = (tcb.recvHead + tcb.recvBytes) & (block.byteLength - 1);
  let isGood = block.memory === memory && at + textBytes <= block.byteLength;
  if (isGood) {
    const sum = fast.copy(textStart, end, (block.offset + at) | 0);
    isGood =
      packet.checksum !== checksumState.none ||
      fold32(sum + sumBytes(memory, start, textStart) + tcb.route.addressSum + protocolNumber.tcp + (end - start)) ===
        0xffff;
  }
  if (!isGood) {
    if (tcb.recvBytes === 0) releaseReceiveRing(core, tcb);
    return false;
  }
  tcb.segmentsReceived++;
  if (((rcvNxt - tcb.lastAckSent) | 0) <= 0) {
    tcb.tsRecent = timestamp;
    tcb.tsRecentMs = core.nowMs;
  }
  heardFrom(core, tcb);
  if (acked > 0) {
    if ((sndNxt - tcb.iss) >>> 0 < (sndUna - tcb.iss) >>> 0) rareForWriting(tcb).sndWraps++;
    tcb.sndUna = sndNxt;
    core.giveRecords(records!);
    tcb.records = null;
    dequeueText(core, tcb, acked);
    progress(core, tcb, acked, acked, core.host.now - sentMs);
  }
  tcb.sndWl1 = rcvNxt;
  tcb.sndWl2 = sndNxt;
  if (window > tcb.sndWnd) tcb.rtoDueMs = 0;
  tcb.sndWnd = window;
  if (window > tcb.maxSndWnd) tcb.maxSndWnd = window;
  advanceReceived(tcb, (rcvNxt + textBytes) | 0);
  core.counters.bytesIn += textBytes;
  scheduleAck(core, tcb, false, textBytes);
  tcb.lastReceivedMs = core.nowMs;
  notify(core, tcb.owner);
  if ((tcb.flags & flag.ackNow) !== 0) output(core, tcb);
  return true;
}
