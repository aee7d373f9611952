import { type Arrival, failure } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { takeAcknowledgment } from '../acknowledgment.js';
import { setKeepDue, setRto, type TcpCore } from '../core.js';
import { flag } from '../flag.js';
import { endConnection, enterTimeWait, establish, heardFrom } from '../lifecycle.js';
import { output } from '../output.js';
import { sendReset } from '../reply.js';
import { currentRto, measuredRtt } from '../rtt.js';
import type { Segment } from '../segment.js';
import { state } from '../state.js';
import { outstanding, receiveWindow, type Tcb } from '../tcb.js';
import { sendAck, sendChallengeAck, transmit } from '../transmit.js';
import { isAcceptable } from './acceptable.js';
import { takeText } from './text.js';

/** 24 days: an idle connection's last timestamp is too old to judge by (RFC 7323 §5.5). */
const timestampValidMs = 24 * 86_400_000;

/** A segment in SYN-RECEIVED and the states after it, TIME-WAIT excepted: RFC 9293 §3.10.7.4. */
export function arrivesSynchronized(core: TcpCore, tcb: Tcb, segment: Segment, arrival: Arrival): void {
  const { flags } = segment;
  if (!checkSequence(core, tcb, segment)) return;
  if ((flags & tcpFlag.rst) !== 0) {
    arrivesReset(core, tcb, segment);
    return;
  }
  // Fourth: SYN. RFC 5961 §4.2: whatever its sequence number, it is challenged.
  if ((segment.flags & tcpFlag.syn) !== 0) {
    sendChallengeAck(core, tcb);
    return;
  }
  // Fifth: ACK.
  if ((flags & tcpFlag.ack) === 0) {
    core.counters.dropNoAck++;
    return;
  }
  takeTimestamp(core, tcb, segment);
  heardFrom(core, tcb);
  const acked = (segment.acknowledgment - tcb.sndUna) | 0;
  if (tcb.state === state.synReceived && (acked <= 0 || acked > outstanding(tcb))) {
    sendReset(core, segment, arrival);
    return;
  }
  if (!isExpectedAck(tcb, segment.acknowledgment)) {
    // RFC 5961 §5.2; for what was never sent RFC 9293 says the same.
    core.counters.dropBlindAck++;
    sendChallengeAck(core, tcb);
    return;
  }
  if ((tcb.flags & flag.synAcked) === 0) {
    if (acked > 0) becomeEstablished(core, tcb, segment);
    // A FIN may have followed our SYN already (RFC 9293 §3.10.4, SYN-RECEIVED).
    if (acked > 1) takeAcknowledgment(core, tcb, segment);
  } else {
    takeAcknowledgment(core, tcb, segment);
  }
  if (!takeFinAcknowledgment(core, tcb)) return;
  takeText(core, tcb, segment);
}

/** RFC 5961 §5.2: what may be acknowledged. */
export function isExpectedAck(tcb: Tcb, acknowledgment: number): boolean {
  const beyondUna = (acknowledgment - tcb.sndUna) | 0;
  return beyondUna <= ((tcb.sndNxt - tcb.sndUna) | 0) && beyondUna >= -tcb.maxSndWnd;
}

/** Whether there is no timestamp to judge by, or a good one: what passes needs no look at PAWS. */
function timestampHolds(tcb: Tcb, segment: Segment): boolean {
  if ((tcb.flags & flag.timestamps) === 0) return true;
  const { options } = segment;
  return options.hasTimestamp === true && ((options.timestampValue - tcb.tsRecent) | 0) >= 0;
}

/** RFC 7323 §4.3: TS.Recent follows a segment that begins at or before Last.ACK.sent. */
export function takeTimestamp(core: TcpCore, tcb: Tcb, segment: Segment): void {
  if ((tcb.flags & flag.timestamps) === 0 || segment.options.hasTimestamp !== true) return;
  if (((segment.sequence - tcb.lastAckSent) | 0) > 0) return;
  tcb.tsRecent = segment.options.timestampValue;
  tcb.tsRecentMs = core.nowMs;
}

/** First step: PAWS and the sequence number. Answers whether to go on. */
function checkSequence(core: TcpCore, tcb: Tcb, segment: Segment): boolean {
  const isReset = (segment.flags & tcpFlag.rst) !== 0;
  if (!isReset && !timestampHolds(tcb, segment)) {
    if (!segment.options.hasTimestamp) {
      // RFC 7323 §3.2: once negotiated, what comes without is dropped.
      core.counters.dropNoTimestamp++;
      return false;
    }
    if (core.nowMs - tcb.tsRecentMs <= timestampValidMs) {
      // RFC 7323 §5.3, R1: an old duplicate is acknowledged and dropped.
      core.counters.dropPaws++;
      acknowledgeUnacceptable(core, tcb, segment);
      return false;
    }
  }
  if (
    (tcb.flags & flag.synAcked) === 0 &&
    !isReset &&
    segment.sequence === tcb.irs &&
    (segment.flags & tcpFlag.syn) !== 0
  ) {
    return takeSynAgain(core, tcb, segment);
  }
  const window = receiveWindow(tcb);
  if (isAcceptable(segment, tcb.rcvNxt, window)) return true;
  if (window === 0 && segment.sequence === tcb.rcvNxt && !isReset && (segment.flags & tcpFlag.syn) === 0) {
    // A shut window still takes acknowledgements (RFC 9293 §3.10.7.4): the text alone is left out.
    core.counters.dropOutsideWindow++;
    segment.textBytes = 0;
    segment.flags &= ~tcpFlag.fin;
    tcb.flags |= flag.ackNow;
    return true;
  }
  core.counters.dropOutsideWindow++;
  if (!isReset) acknowledgeUnacceptable(core, tcb, segment);
  return false;
}

/** Segments with text deserve an answer each; bare ones could be answers themselves, so theirs are limited. */
function acknowledgeUnacceptable(core: TcpCore, tcb: Tcb, segment: Segment): void {
  heardFrom(core, tcb);
  if (segment.textBytes > 0 || (segment.flags & tcpFlag.fin) !== 0) sendAck(core, tcb);
  else sendChallengeAck(core, tcb);
}

/**
 * The peer's SYN again while both open at once (RFC 9293 §3.5, figure 8): with an acknowledgement of ours it ends the
 * handshake, without one our SYN-ACK was lost.
 */
function takeSynAgain(core: TcpCore, tcb: Tcb, segment: Segment): boolean {
  if ((segment.flags & tcpFlag.ack) !== 0) {
    segment.flags &= ~tcpFlag.syn;
    segment.sequence = tcb.rcvNxt;
    return true;
  }
  transmit(core, tcb, tcb.iss, 0, 0, tcpFlag.syn | tcpFlag.ack, tcb.mss);
  return false;
}

/** Second step: RST, as RFC 5961 §3.2 has it. */
function arrivesReset(core: TcpCore, tcb: Tcb, segment: Segment): void {
  if (segment.sequence !== tcb.rcvNxt) {
    sendChallengeAck(core, tcb);
    return;
  }
  core.counters.resetsIn++;
  switch (tcb.state) {
    case state.synReceived:
      endConnection(core, tcb, failure.connectionRefused);
      return;
    case state.closing:
    case state.lastAck:
      endConnection(core, tcb, 0);
      return;
    case state.closeWait:
      // The peer has sent all that it had and now takes nothing more (Linux says the same).
      endConnection(core, tcb, failure.brokenPipe);
      return;
    default:
      endConnection(core, tcb, failure.connectionReset);
  }
}

/** Fifth step in SYN-RECEIVED, after an acknowledgement of our SYN. */
function becomeEstablished(core: TcpCore, tcb: Tcb, segment: Segment): void {
  tcb.sndUna = (tcb.iss + 1) | 0;
  tcb.sndWnd = tcb.sndScale > 0 ? segment.window << tcb.sndScale : segment.window;
  if (tcb.sndWnd > tcb.maxSndWnd) tcb.maxSndWnd = tcb.sndWnd;
  tcb.sndWl1 = segment.sequence;
  tcb.sndWl2 = segment.acknowledgment;
  tcb.rtoDueMs = 0;
  if (tcb.waitsAt === null && (tcb.flags & flag.synRetransmitted) === 0) {
    measuredRtt(tcb, core.settings, core.host.now - core.epochMs - tcb.synSentMs!);
  }
  // A user who closed during the handshake has moved on already (RFC 9293 §3.10.4, SYN-RECEIVED).
  const before = tcb.state;
  establish(core, tcb);
  if (before !== state.synReceived) {
    tcb.state = before;
    if (outstanding(tcb) > 0) setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
  }
}

/** Fifth step where a FIN of ours may be acknowledged. Answers whether to go on. */
function takeFinAcknowledgment(core: TcpCore, tcb: Tcb): boolean {
  if ((tcb.flags & flag.finSent) === 0 || tcb.sndUna !== tcb.sndNxt) return true;
  switch (tcb.state) {
    case state.finWait1:
      tcb.state = state.finWait2;
      // Nobody waits for the peer's FIN any more: not for ever, then.
      if (tcb.owner === null) setKeepDue(core, tcb, core.nextMs + core.settings.finWait2Ms);
      return true;
    case state.closing:
      if ((tcb.flags & flag.ackNow) !== 0) output(core, tcb);
      enterTimeWait(core, tcb);
      return false;
    case state.lastAck:
      endConnection(core, tcb, 0);
      return false;
    default:
      return true;
  }
}
