import { failure } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { armAt, earliestDue, setAckDue, setKeepDue, setRetryDue, setRto, type TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import { flag } from './flag.js';
import { type Flow, flowKind } from './flow.js';
import { abortConnection, endConnection, endEmbryo, endTimeWait, isSynchronized } from './lifecycle.js';
import { finWaits, output, retransmit, sendRange } from './output.js';
import { rareForWriting } from './rare.js';
import { sendSynAck } from './reply.js';
import { currentRto } from './rtt.js';
import { refreshMss, sackOptionBytes } from './segment-size.js';
import { state } from './state.js';
import { inFlightBytes, outstanding, type Tcb, unsentBytes } from './tcb.js';
import type { TimeWait } from './time-wait.js';
import { poolRetryMs, sendAck, transmit } from './transmit.js';

const maxBackoff = 16;

/** A flow's timer has fired. Deadlines are lazy: it may turn out that nothing is due yet. */
export function timerFired(core: TcpCore, flow: Flow): void {
  switch (flow.kind) {
    case flowKind.connection:
      connectionTimers(core, flow as Tcb);
      break;
    case flowKind.embryo:
      embryoTimer(core, flow as Embryo);
      break;
    default: {
      const record = flow as TimeWait;
      if (record.dueMs <= core.nowMs) endTimeWait(core, record);
      else armAt(core, record, record.dueMs);
    }
  }
}

function connectionTimers(core: TcpCore, tcb: Tcb): void {
  const now = core.nowMs;
  if (tcb.ackDueMs !== 0 && tcb.ackDueMs <= now) {
    setAckDue(core, tcb, 0);
    // A delay that ran out was no use: the next ones are not delayed (as Linux does).
    tcb.flags &= ~flag.pingPong;
    sendAck(core, tcb);
  }
  if (tcb.retryDueMs !== 0 && tcb.retryDueMs <= now) {
    setRetryDue(core, tcb, 0);
    tcb.flags &= ~flag.more;
    retryOutput(core, tcb);
  }
  if (tcb.rtoDueMs !== 0 && tcb.rtoDueMs <= now) {
    setRto(core, tcb, 0);
    retransmissionTimeout(core, tcb);
  }
  if (tcb.id >= 0 && tcb.keepDueMs !== 0 && tcb.keepDueMs <= now) {
    setKeepDue(core, tcb, 0);
    keepTimeout(core, tcb);
  }
  const due = earliestDue(tcb);
  if (due !== Infinity) armAt(core, tcb, due);
}

function retryOutput(core: TcpCore, tcb: Tcb): void {
  output(core, tcb);
  // A corked short segment has waited its time.
  if (tcb.options.cork && outstanding(tcb) === 0 && unsentBytes(tcb) > 0 && tcb.retryDueMs !== 0) {
    setRetryDue(core, tcb, 0);
    sendOverride(core, tcb);
  }
}

/** RFC 6298 §5, (5.4) to (5.6); RFC 9293 §3.8.3 for giving up. */
function retransmissionTimeout(core: TcpCore, tcb: Tcb): void {
  if ((tcb.flags & flag.synAcked) === 0) {
    synTimeout(core, tcb);
    return;
  }
  if (!isSynchronized(tcb)) return;
  const waited = currentRto(tcb, core.settings);
  const rare = rareForWriting(tcb);
  rare.waitedMs += waited;
  rare.retries++;
  const { userTimeoutMs } = tcb.options;
  // Both limits count what was tried, not what the clock says: after a jump nothing is given up unprobed.
  const over = rare.retries > core.settings.retries || (userTimeoutMs !== 0 && rare.waitedMs >= userTimeoutMs);
  if (over && rare.retries > 1) {
    abortConnection(core, tcb, rare.softError || failure.timedOut);
    return;
  }
  if (tcb.backoff < maxBackoff) tcb.backoff++;
  const { records } = tcb;
  if (records === null || records.count === 0) {
    core.counters.windowProbes++;
    sendOverride(core, tcb);
    return;
  }
  const mss = refreshMss(tcb) - sackOptionBytes(tcb);
  if (tcb.sndWnd === 0) {
    // The window is shut: this is a probe, and no sign of congestion.
    core.counters.windowProbes++;
    if (records.length(0) > mss) records.split(0, mss);
    resend(core, tcb, mss);
    return;
  }
  core.counters.timeouts++;
  // RFC 5681 §3.1: half of what was in flight; not again for the same segment's further timeouts.
  tcb.congestion.timedOut(rare.retries === 1 ? inFlightBytes(tcb) : 0, core.nowMs);
  // RFC 6582 §3.2, step 4: no fast retransmit for what was out at this time.
  tcb.recover = (tcb.sndNxt - 1) | 0;
  tcb.flags &= ~flag.inRecovery;
  tcb.dupAcks = 0;
  records.markLostFrom(tcb.sndUna);
  resend(core, tcb, mss);
}

/** The oldest record goes again, room at the device or not; the window allows no more than it. */
function resend(core: TcpCore, tcb: Tcb, mss: number): void {
  if (!retransmit(core, tcb, 0, mss)) setRto(core, tcb, core.nextMs + poolRetryMs);
}

/** Sends at least one octet of what waits, or the FIN, into a window that does not allow it (RFC 9293 §3.8.6.1). */
function sendOverride(core: TcpCore, tcb: Tcb): void {
  const unsent = unsentBytes(tcb);
  if (unsent === 0 && !finWaits(tcb)) return;
  const mss = refreshMss(tcb) - sackOptionBytes(tcb);
  const text = Math.min(unsent, mss, Math.max(1, tcb.sndWnd));
  const flags = unsent === 0 ? tcpFlag.ack | tcpFlag.fin : tcpFlag.ack | tcpFlag.psh;
  if (!sendRange(core, tcb, text, flags, mss)) setRto(core, tcb, core.nextMs + poolRetryMs);
}

function synTimeout(core: TcpCore, tcb: Tcb): void {
  const rare = rareForWriting(tcb);
  rare.waitedMs += currentRto(tcb, core.settings);
  rare.retries++;
  const limit = tcb.state === state.synSent ? core.settings.synRetries : core.settings.synAckRetries;
  const { userTimeoutMs } = tcb.options;
  if (rare.retries > limit || (userTimeoutMs !== 0 && rare.waitedMs >= userTimeoutMs)) {
    core.counters.failedOpens++;
    endConnection(core, tcb, rare.softError || failure.timedOut);
    return;
  }
  if (tcb.backoff < maxBackoff) tcb.backoff++;
  tcb.flags |= flag.synRetransmitted;
  core.counters.retransmits++;
  const flags = tcb.state === state.synSent ? tcpFlag.syn : tcpFlag.syn | tcpFlag.ack;
  transmit(core, tcb, tcb.iss, 0, 0, flags, tcb.mss);
  if ((tcb.flags & flag.finSent) !== 0 && tcb.records !== null) retransmit(core, tcb, 0, tcb.mss);
  setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
}

function embryoTimer(core: TcpCore, embryo: Embryo): void {
  if (embryo.dueMs > core.nowMs) {
    armAt(core, embryo, embryo.dueMs);
    return;
  }
  if (embryo.retries >= core.settings.synAckRetries) {
    core.counters.failedOpens++;
    endEmbryo(core, embryo);
    return;
  }
  embryo.retries++;
  core.counters.retransmits++;
  sendSynAck(core, embryo);
  embryo.dueMs = core.nextMs + Math.min(core.settings.maxRtoMs, core.settings.initialRtoMs * 2 ** embryo.retries);
  armAt(core, embryo, embryo.dueMs);
}

/** FIN-WAIT-2 without a user has lasted long enough; or it is time for a keepalive (RFC 9293 §3.8.4). */
function keepTimeout(core: TcpCore, tcb: Tcb): void {
  if (tcb.state === state.finWait2 && tcb.owner === null) {
    endConnection(core, tcb, 0);
    return;
  }
  const { options } = tcb;
  if (!options.keepAlive || !isSynchronized(tcb)) return;
  const dueMs = tcb.heardMs + options.keepAliveIdleMs;
  if (dueMs > core.nowMs) {
    // Heard from in between.
    if (tcb.rare.keepProbes !== 0) rareForWriting(tcb).keepProbes = 0;
    setKeepDue(core, tcb, dueMs);
    return;
  }
  // With something on its way retransmission finds out; keepalive is for idle connections.
  if (outstanding(tcb) > 0 || unsentBytes(tcb) > 0) {
    setKeepDue(core, tcb, core.nextMs + options.keepAliveIdleMs);
    return;
  }
  const rare = rareForWriting(tcb);
  if (rare.keepProbes >= options.keepAliveCount) {
    abortConnection(core, tcb, rare.softError || failure.timedOut);
    return;
  }
  rare.keepProbes++;
  core.counters.keepAliveProbes++;
  // SEG.SEQ = SND.NXT - 1 and no text: unacceptable, so that it must be answered.
  transmit(core, tcb, (tcb.sndNxt - 1) | 0, 0, 0, tcpFlag.ack, tcb.mss);
  setKeepDue(core, tcb, core.nextMs + options.keepAliveIntervalMs);
}
