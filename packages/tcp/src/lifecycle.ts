import { larger, smaller, tcpFlag } from '@synos/wire';
import { armAt, notify, setKeepDue, type TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import { flag } from './flag.js';
import { forgetTimeouts, rareForWriting } from './rare.js';
import { dropOutOfOrder, releaseReceiveRing } from './receive-queue.js';
import { ownMssBytes, refreshMss } from './segment-size.js';
import { releaseSendRing } from './send-queue.js';
import { state } from './state.js';
import type { Tcb } from './tcb.js';
import { type TimeWait, timeWaitOf } from './time-wait.js';
import { transmit } from './transmit.js';

/** Acknowledgements sent at once at the start of a connection, for the peer's slow start (as Linux does). */
export const initialQuickAcks = 16;

/** A connection enters ESTABLISHED: sizes are known, the user is told. */
export function establish(core: TcpCore, tcb: Tcb): void {
  tcb.state = state.established;
  tcb.flags |= flag.synAcked;
  tcb.sndSmall = tcb.sndUna;
  // Before all text, so that the very first segment's loss counts (RFC 6582 §3.2 begins at the ISS).
  tcb.recover = (tcb.iss - 1) | 0;
  tcb.quickAcks = initialQuickAcks;
  tcb.rcvMss = smaller(536, ownMssBytes(tcb.route, tcb.options.maximumSegmentBytes));
  tcb.heardMs = core.nowMs;
  tcb.lastSentMs = core.nowMs;
  forgetTimeouts(tcb);
  refreshMss(tcb);
  tcb.congestion.segmentBytesChanged(tcb.mss);
  // RFC 5681 §3.1: after a lost SYN the initial window is one segment; RFC 6298 (5.7): and the timeout 3 s.
  if ((tcb.flags & flag.synRetransmitted) !== 0) {
    tcb.congestion.timedOut(0, core.nowMs);
    if (tcb.srttUs < 0) tcb.rtoMs = larger(tcb.rtoMs, 3000);
  }
  tcb.synSentMs = null;
  tcb.backoff = 0;
  core.counters.established++;
  armKeepAlive(core, tcb);
  notify(core, tcb.owner);
}

/** (Re)starts the keepalive timer, if the user wants one. */
export function armKeepAlive(core: TcpCore, tcb: Tcb): void {
  // Without a user the timer belongs to FIN-WAIT-2.
  if (tcb.state === state.finWait2 && tcb.owner === null) return;
  if (tcb.options.keepAlive && isSynchronized(tcb)) setKeepDue(core, tcb, core.nextMs + tcb.options.keepAliveIdleMs);
}

/** An acceptable segment has come: the peer is alive. */
export function heardFrom(core: TcpCore, tcb: Tcb): void {
  tcb.heardMs = core.nowMs;
  if (tcb.rare.keepProbes === 0) return;
  rareForWriting(tcb).keepProbes = 0;
  armKeepAlive(core, tcb);
}

/** Past the handshake and not over. */
export function isSynchronized(tcb: Tcb): boolean {
  return tcb.state >= state.established && tcb.state <= state.lastAck;
}

/** A connection is over. What it holds goes back, except unread bytes while a user may still want them. */
export function endConnection(core: TcpCore, tcb: Tcb, error: number): void {
  if (tcb.id >= 0) {
    core.wheel.cancel(tcb.id);
    core.demux.remove(tcb);
  }
  tcb.state = state.closed;
  if (error !== 0) tcb.error = error;
  releaseSending(core, tcb);
  if (tcb.hold !== null) tcb.hold.drop(core.host.ports);
  tcb.hold = null;
  const waits = tcb.waitsAt !== null;
  if (tcb.owner === null && !waits) releaseReceiveRing(core, tcb);
  else dropOutOfOrder(core, tcb);
  notify(core, tcb.owner);
}

function releaseSending(core: TcpCore, tcb: Tcb): void {
  releaseSendRing(core, tcb);
  if (tcb.records !== null) core.giveRecords(tcb.records);
  tcb.records = null;
  tcb.rtoDueMs = 0;
  tcb.ackDueMs = 0;
  tcb.keepDueMs = 0;
  tcb.retryDueMs = 0;
}

/** Sends a reset if the state calls for one (RFC 9293 §3.10.5) and ends the connection. */
export function abortConnection(core: TcpCore, tcb: Tcb, error: number): void {
  const told =
    tcb.state === state.synReceived ||
    tcb.state === state.established ||
    tcb.state === state.finWait1 ||
    tcb.state === state.finWait2 ||
    tcb.state === state.closeWait ||
    // In the RFC's terms CLOSE is still queued here: text comes before our FIN.
    ((tcb.state === state.closing || tcb.state === state.lastAck) && (tcb.flags & flag.finSent) === 0);
  if (told) {
    // At SND.NXT (RFC 9293 §3.10.5), with the latest acknowledgement.
    transmit(core, tcb, tcb.sndNxt, 0, 0, tcpFlag.rst | tcpFlag.ack, tcb.mss);
    core.counters.resetsOut++;
  }
  endConnection(core, tcb, error);
}

/** TIME-WAIT (RFC 9293 §3.6.1): a small record takes the connection's place for 2 MSL. */
export function enterTimeWait(core: TcpCore, tcb: Tcb): void {
  tcb.state = state.timeWait;
  const { hold } = tcb;
  if (hold === null || core.timeWaits >= core.settings.timeWaitLimit) {
    core.counters.timeWaitOverflow++;
    endConnection(core, tcb, 0);
    return;
  }
  const record = timeWaitOf(tcb, hold);
  tcb.hold = null;
  releaseSending(core, tcb);
  core.demux.replace(tcb, record);
  core.timeWaits++;
  core.counters.timeWaits++;
  restartTimeWait(core, record);
  if (tcb.owner === null && tcb.waitsAt === null) releaseReceiveRing(core, tcb);
  notify(core, tcb.owner);
}

/** The 2 MSL begin (again). */
export function restartTimeWait(core: TcpCore, record: TimeWait): void {
  record.dueMs = core.nextMs + core.settings.timeWaitMs;
  armAt(core, record, record.dueMs);
}

/** TIME-WAIT is over. */
export function endTimeWait(core: TcpCore, record: TimeWait): void {
  core.wheel.cancel(record.id);
  core.demux.remove(record);
  core.timeWaits--;
  record.hold.drop(core.host.ports);
  if (record.tcb !== null) {
    record.tcb.state = state.closed;
    notify(core, record.tcb.owner);
  }
}

/** A half-open connection is forgotten. */
export function endEmbryo(core: TcpCore, embryo: Embryo): void {
  core.wheel.cancel(embryo.id);
  core.demux.remove(embryo);
  embryo.listening.remove(embryo);
}
