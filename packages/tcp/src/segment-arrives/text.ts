import { smaller, tcpFlag } from '@synos/wire';
import { notify, setAckDue, type TcpCore } from '../core.js';
import { flag } from '../flag.js';
import { abortConnection, enterTimeWait, initialQuickAcks } from '../lifecycle.js';
import { output } from '../output.js';
import { dropOutOfOrder, storeText } from '../receive-queue.js';
import type { Segment } from '../segment.js';
import { ownMssBytes } from '../segment-size.js';
import { mayReceiveText, state } from '../state.js';
import { receiveWindow, type Tcb } from '../tcb.js';
import { sendAck } from '../transmit.js';

/** Full segments that one acknowledgement may stand for: what a sender's slow start counts of it (RFC 9406 §4.2). */
const mostOwedSegments = 8;

/**
 * Seventh and eighth step of RFC 9293 §3.10.7.4: the text of an acceptable segment and its FIN; then whatever is to be
 * sent because of it. The urgent pointer (sixth step) is ignored: urgent text stays in line, as RFC 6093 §6 advises.
 */
export function takeText(core: TcpCore, tcb: Tcb, segment: Segment): void {
  if (segment.length > 0) {
    if (mayReceiveText(tcb.state)) {
      if (takeLengthyText(core, tcb, segment)) return;
    } else {
      // Text after the peer's FIN: it should not occur and is ignored, but for an acknowledgement.
      tcb.flags |= flag.ackNow;
    }
  }
  output(core, tcb);
}

/** Answers true when the connection is gone from the table. */
function takeLengthyText(core: TcpCore, tcb: Tcb, segment: Segment): boolean {
  let { sequence, textStart, textBytes } = segment;
  let fin = (segment.flags & tcpFlag.fin) !== 0;
  let offset = (sequence - tcb.rcvNxt) | 0;
  if (offset < 0) {
    // Received before, in part: it was acknowledged once already.
    const old = smaller(-offset, textBytes);
    textStart += old;
    textBytes -= old;
    sequence = (sequence + old) | 0;
    offset = (sequence - tcb.rcvNxt) | 0;
    tcb.flags |= flag.ackNow;
    if (offset < 0) fin = false;
  }
  const beyond = offset + textBytes - receiveWindow(tcb);
  if (beyond > 0) {
    textBytes -= smaller(beyond, textBytes);
    fin = false;
    tcb.flags |= flag.ackNow;
  }
  if (textBytes > 0) {
    // RFC 9293 §3.6.1: after a full close nobody will read this; the peer is told (RFC 2525 §2.17).
    if (tcb.owner === null && tcb.waitsAt === null) {
      core.counters.dropAfterClose++;
      abortConnection(core, tcb, 0);
      return true;
    }
    const isDisorder = offset > 0 || tcb.outOfOrder !== null;
    if (!storeText(core, tcb, offset, segment.memory, textStart, textBytes)) {
      tcb.flags |= flag.ackNow;
      return false;
    }
    scheduleAck(core, tcb, isDisorder, segment.textBytes);
    tcb.lastReceivedMs = core.nowMs;
    if (offset === 0) notify(core, tcb.owner);
  }
  if (!fin || offset < 0) return false;
  if (((sequence + textBytes - tcb.rcvNxt) | 0) !== 0) {
    // A FIN behind a hole comes again with what is missing.
    tcb.flags |= flag.ackNow;
    return false;
  }
  return takeFin(core, tcb);
}

/** Eighth step: the peer will send no more. */
function takeFin(core: TcpCore, tcb: Tcb): boolean {
  tcb.rcvNxt = (tcb.rcvNxt + 1) | 0;
  if (receiveWindow(tcb) < 0) tcb.rcvAdv = tcb.rcvNxt;
  tcb.flags |= flag.finReceived;
  // What a peer has sent beyond its own end is nothing.
  dropOutOfOrder(core, tcb);
  tcb.flags |= flag.ackNow;
  notify(core, tcb.owner);
  switch (tcb.state) {
    case state.established:
      tcb.state = state.closeWait;
      return false;
    case state.finWait1:
      // Ours is not acknowledged yet, or the fifth step had moved on to FIN-WAIT-2.
      tcb.state = state.closing;
      return false;
    default:
      sendAck(core, tcb);
      enterTimeWait(core, tcb);
      return true;
  }
}

/**
 * At the end of the poll, so that segments that came together are acknowledged together, as a card's batch is, and an
 * answer that the program gives meanwhile takes the acknowledgement along; at once where more than a few are owed
 * (RFC 2525 §2.13, stretch ACK violation) or nobody polls.
 */
function acknowledgeSoon(core: TcpCore, tcb: Tcb): void {
  if (!core.host.isPolling || ((tcb.rcvNxt - tcb.lastAckSent) | 0) >= mostOwedSegments * tcb.rcvMss) {
    tcb.flags |= flag.ackNow;
  } else if ((tcb.flags & flag.ackOwed) === 0) {
    tcb.flags |= flag.ackOwed;
    core.owedAcks[core.owedAckCount++] = tcb;
  }
}

/** The end of a poll. */
export function sendOwedAcks(core: TcpCore): void {
  const { owedAcks } = core;
  for (let i = 0; i < core.owedAckCount; i++) {
    const tcb = owedAcks[i]!;
    tcb.flags &= ~flag.ackOwed;
    if (tcb.id < 0 || tcb.rcvNxt === tcb.lastAckSent) continue;
    tcb.flags |= flag.ackNow;
    output(core, tcb);
  }
  core.owedAckCount = 0;
}

/** When to acknowledge text (RFC 9293 §3.8.6.3, RFC 5681 §4.2). */
export function scheduleAck(core: TcpCore, tcb: Tcb, isDisorder: boolean, textBytes: number): void {
  if (textBytes > tcb.rcvMss) {
    tcb.rcvMss = smaller(textBytes, ownMssBytes(tcb.route, tcb.options.maximumSegmentBytes));
  }
  if (isDisorder) {
    // Out of order, or filling a hole: at once, so that fast retransmit works.
    tcb.flags |= flag.ackNow;
    tcb.quickAcks = initialQuickAcks;
    tcb.flags &= ~flag.pingPong;
  } else if (
    ((tcb.rcvNxt - tcb.lastAckSent) | 0) >= 2 * tcb.rcvMss ||
    (tcb.quickAcks > 0 && (tcb.flags & flag.pingPong) === 0)
  ) {
    acknowledgeSoon(core, tcb);
  } else if (tcb.ackDueMs === 0 && (tcb.flags & flag.ackNow) === 0) {
    setAckDue(core, tcb, core.nextMs + core.settings.delayedAckMs);
    core.counters.delayedAcks++;
  }
}
