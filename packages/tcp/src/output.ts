import { larger, smaller, tcpFlag } from '@synos/wire';
import { setRetryDue, setRto, type TcpCore } from './core.js';
import { flag } from './flag.js';
import { rareForWriting } from './rare.js';
import { currentRto } from './rtt.js';
import { packetLimitBytes, refreshMss, sackOptionBytes } from './segment-size.js';
import { state } from './state.js';
import { inFlightBytes, outstanding, type Tcb, unsentBytes } from './tcb.js';
import { poolRetryMs, sendAck, transmit } from './transmit.js';
import { isContended, waitForRoom } from './turns.js';

/** How long a short segment is held for more to come (`cork`, `transfer.more`), as Linux has it. */
const corkMs = 200;

/** Sends what may be sent now, retransmissions first, and the acknowledgement that is owed. */
export function output(core: TcpCore, tcb: Tcb): void {
  if (tcb.sendBytes > 0 || (tcb.flags & flag.finQueued) !== 0) {
    if ((tcb.flags & flag.waitsForRoom) === 0) sendText(core, tcb);
    armPersist(core, tcb);
  }
  if ((tcb.flags & flag.ackNow) !== 0) sendAck(core, tcb);
}

/** Whether text may be on its way in this state; in the others everything is acknowledged or nothing was sent. */
function sendsText(tcb: Tcb): boolean {
  switch (tcb.state) {
    case state.established:
    case state.closeWait:
    case state.finWait1:
    case state.closing:
    case state.lastAck:
      return true;
    default:
      return false;
  }
}

function sendText(core: TcpCore, tcb: Tcb): void {
  if (!sendsText(tcb)) return;
  const mss = refreshMss(tcb) - sackOptionBytes(tcb);
  const { route } = tcb;
  const takesTurns = isContended(core, tcb);
  if (!takesTurns) tcb.turnLeft = -1;
  if (outstanding(tcb) === 0 && core.nowMs - tcb.lastSentMs > tcb.rtoMs) tcb.congestion.idleRestart();
  for (;;) {
    const { records } = tcb;
    const lost = records === null ? -1 : records.firstLost();
    const unsent = unsentBytes(tcb);
    const length = lost >= 0 ? (mayRetransmit(tcb) ? mss : 0) : nextLength(core, tcb, unsent, mss);
    if (length <= 0) return;
    // Others were here before: not even room that is there now may be taken before they had their turns.
    if (!route.hasRoom || (takesTurns && tcb.turnLeft <= 0)) {
      waitForRoom(core, tcb);
      return;
    }
    const sent = lost >= 0 ? retransmit(core, tcb, lost, mss) : sendNew(core, tcb, length, unsent, mss);
    if (!sent) {
      setRetryDue(core, tcb, core.nextMs + poolRetryMs);
      return;
    }
    if (takesTurns) tcb.turnLeft--;
  }
}

function mayRetransmit(tcb: Tcb): boolean {
  return inFlightBytes(tcb) < tcb.congestion.windowBytes;
}

/** How many sequence numbers of new text (or the FIN) may go now; 0 for none. */
function nextLength(core: TcpCore, tcb: Tcb, unsent: number, mss: number): number {
  if (unsent === 0 && !finWaits(tcb)) return 0;
  const windowLeft = (tcb.sndUna + tcb.sndWnd - tcb.sndNxt) | 0;
  if (unsent === 0) return windowLeft > 0 ? 1 : 0;
  let allowed = tcb.congestion.windowBytes;
  // RFC 3042: the first two duplicates let a new segment out each, so that a third can come.
  if ((tcb.flags & flag.inRecovery) === 0 && tcb.dupAcks > 0 && tcb.dupAcks < 3) allowed += tcb.dupAcks * mss;
  const congestionLeft = allowed - inFlightBytes(tcb);
  const length = smaller(smaller(unsent, windowLeft), congestionLeft);
  if (length <= 0) return 0;
  if (length >= mss) {
    const fits = smaller(length, packetLimitBytes(tcb, mss));
    // A super-segment ends on a whole segment, unless its short end may go as well.
    const tail = fits % mss;
    return tail === 0 || (fits === unsent && maySendShort(core, tcb, fits, unsent)) ? fits : fits - tail;
  }
  if (maySendShort(core, tcb, length, unsent)) return length;
  return congestionLeft < mss && length === congestionLeft && outstanding(tcb) === 0 ? length : 0;
}

/** The sender's side of silly window avoidance, and Nagle's rule (RFC 9293 §3.8.6.2.1, §3.7.4). */
function maySendShort(core: TcpCore, tcb: Tcb, length: number, unsent: number): boolean {
  if (length === unsent) {
    if ((tcb.flags & flag.finQueued) !== 0) return true;
    if ((tcb.flags & flag.more) !== 0 || tcb.options.cork === true) {
      if (tcb.retryDueMs === 0) setRetryDue(core, tcb, core.nextMs + corkMs);
      return false;
    }
    // As Minshall has it: only an earlier short segment holds this one back, not full ones on their way.
    if (tcb.options.noDelay === true || ((tcb.sndSmall - tcb.sndUna) | 0) <= 0) return true;
  }
  return length < unsent && length * 2 >= tcb.maxSndWnd;
}

/** A FIN of ours is to be sent. */
export function finWaits(tcb: Tcb): boolean {
  return (tcb.flags & (flag.finQueued | flag.finSent)) === flag.finQueued;
}

function sendNew(core: TcpCore, tcb: Tcb, length: number, unsent: number, mss: number): boolean {
  let flags = tcpFlag.ack;
  if (length < unsent) return sendRange(core, tcb, length, flags, mss);
  if (unsent > 0) flags |= tcpFlag.psh;
  if (finWaits(tcb) && ((tcb.sndUna + tcb.sndWnd - tcb.sndNxt) | 0) > unsent) flags |= tcpFlag.fin;
  return sendRange(core, tcb, unsent, flags, mss);
}

/** Sends `text` bytes from `snd.nxt` (and a FIN, if the flags say so) and takes note of it. */
export function sendRange(core: TcpCore, tcb: Tcb, text: number, flags: number, mss: number): boolean {
  const sent = transmit(core, tcb, tcb.sndNxt, outstanding(tcb), text, flags, mss);
  if (sent < 0) return false;
  noteSent(core, tcb, sent, sent === text ? flags & tcpFlag.fin : 0, mss);
  return true;
}

/** Takes note of a segment with new text, or a FIN, or both. */
export function noteSent(core: TcpCore, tcb: Tcb, sent: number, fin: number, mss: number): void {
  const flight = outstanding(tcb);
  // An answer soon after a question: from now on acknowledgements may ride on answers.
  if (tcb.lastReceivedMs !== 0 && core.nowMs - tcb.lastReceivedMs < core.settings.delayedAckMs)
    tcb.flags |= flag.pingPong;
  const length = sent + fin;
  let { records } = tcb;
  if (records === null) {
    records = core.takeRecords();
    tcb.records = records;
  }
  records.push(tcb.sndNxt, length, core.host.now);
  tcb.sndNxt = (tcb.sndNxt + length) | 0;
  if (fin !== 0) tcb.flags |= flag.finSent;
  if (sent !== 0 && (sent < mss || sent % mss !== 0)) tcb.sndSmall = tcb.sndNxt;
  tcb.lastSentMs = core.nowMs;
  core.counters.bytesOut += sent;
  if (flight === 0 || tcb.rtoDueMs === 0) setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
}

/** Sends a record again, or as much of its beginning as one packet takes. */
export function retransmit(core: TcpCore, tcb: Tcb, index: number, mss: number): boolean {
  const records = tcb.records!;
  while (records.length(index) < mss && records.joinNext(index, mss));
  const sequence = records.sequence(index);
  const length = records.length(index);
  const fin = (tcb.flags & flag.finSent) !== 0 && ((sequence + length) | 0) === tcb.sndNxt ? 1 : 0;
  const room = larger(mss, tcb.congestion.windowBytes - inFlightBytes(tcb));
  const limit = larger(mss, smaller(packetLimitBytes(tcb, mss), room - (room % mss)));
  const text = smaller(length - fin, limit);
  let flags: number = tcpFlag.ack;
  if (text === length - fin && fin !== 0) flags |= tcpFlag.fin;
  if (text > 0) flags |= tcpFlag.psh;
  const sent = transmit(core, tcb, sequence, (sequence - tcb.sndUna) | 0, text, flags, mss);
  if (sent < 0) return false;
  const covered = sent === length - fin ? length : sent;
  if (covered < length) records.split(index, covered);
  records.resent(index, core.host.now);
  const rare = rareForWriting(tcb);
  rare.retransmits++;
  rare.retransmittedBytes += sent;
  tcb.lastSentMs = core.nowMs;
  core.counters.retransmits++;
  if (tcb.rtoDueMs === 0) setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
  return true;
}

/**
 * When something waits, nothing is on its way and nothing else will wake us, the window is to be probed
 * (RFC 9293 §3.8.6.1) or silly window avoidance to be overridden (§3.8.6.2.1, rule 4). One timer serves for both and
 * for retransmission: only one of them has work at a time.
 */
function armPersist(core: TcpCore, tcb: Tcb): void {
  if (tcb.rtoDueMs !== 0 || (tcb.flags & flag.waitsForRoom) !== 0 || tcb.retryDueMs !== 0 || outstanding(tcb) !== 0)
    return;
  if (!sendsText(tcb) || (unsentBytes(tcb) === 0 && !finWaits(tcb))) return;
  setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
}
