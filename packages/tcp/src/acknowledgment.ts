import { notify, setRto, type TcpCore } from './core.js';
import { flag } from './flag.js';
import { duplicateAck, recoveryProgress } from './loss-detection.js';
import { forgetTimeouts, rareForWriting } from './rare.js';
import { currentRto, measuredRtt } from './rtt.js';
import type { Segment } from './segment.js';
import { dequeueText } from './send-queue.js';
import { inFlightBytes, outstanding, type Tcb } from './tcb.js';
import { isRoomy } from './turns.js';

/**
 * The acknowledgement and the window of an acceptable segment (RFC 9293 §3.10.7.4, fifth step, ESTABLISHED). The
 * caller has seen to it that `snd.una - max.snd.wnd <= seg.ack <= snd.nxt`.
 */
export function takeAcknowledgment(core: TcpCore, tcb: Tcb, segment: Segment): void {
  const { acknowledgment } = segment;
  const acked = (acknowledgment - tcb.sndUna) | 0;
  const window = tcb.sndScale > 0 ? segment.window << tcb.sndScale : segment.window;
  if (acked > 0) {
    advanceUna(core, tcb, segment, acked);
    updateWindow(core, tcb, segment, window);
  } else if (acked === 0) {
    // RFC 5681 §2: nothing new, no text, no control, the same window, and something is on its way.
    if (segment.length === 0 && window === tcb.sndWnd && window !== 0 && outstanding(tcb) > 0) duplicateAck(core, tcb);
    updateWindow(core, tcb, segment, window);
  }
  // A peer that answers probes may keep its window shut as long as it likes (RFC 9293 §3.8.6.1).
  if (acked > 0 || tcb.sndWnd === 0) forgetTimeouts(tcb);
}

function advanceUna(core: TcpCore, tcb: Tcb, segment: Segment, acked: number): void {
  const { records } = tcb;
  const { settings } = core;
  const una = segment.acknowledgment;
  const flightBefore = outstanding(tcb);
  if ((una - tcb.iss) >>> 0 < (tcb.sndUna - tcb.iss) >>> 0) rareForWriting(tcb).sndWraps++;
  const finAcked = (tcb.flags & flag.finSent) !== 0 && una === tcb.sndNxt ? 1 : 0;
  tcb.sndUna = una;
  let sampleMs = -1;
  if (records !== null) {
    records.acknowledge(una);
    if (records.sampleSentMs >= 0) sampleMs = core.host.now - records.sampleSentMs;
    if (records.count === 0) {
      core.giveRecords(records);
      tcb.records = null;
    }
  }
  dequeueText(core, tcb, acked - finAcked);
  if (sampleMs < 0 && (tcb.flags & flag.timestamps) !== 0 && segment.options.timestampEcho !== 0) {
    // RFC 7323 §4.1: the echo tells which transmission is answered, so one sent again may be measured.
    const rtt = (core.nowMs + tcb.tsOffset - segment.options.timestampEcho) | 0;
    if (rtt >= 0) sampleMs = rtt;
  }
  if (sampleMs >= 0) measuredRtt(tcb, settings, sampleMs);
  const { congestion } = tcb;
  if ((tcb.flags & flag.inRecovery) === 0) {
    const { sample } = core;
    const slowStart = congestion.windowBytes < congestion.slowStartThresholdBytes;
    sample.nowMs = core.nowMs;
    sample.acknowledgedBytes = acked;
    sample.deliveredBytes = acked;
    sample.inFlightBytes = inFlightBytes(tcb);
    sample.rttMs = sampleMs;
    // In slow start half a window in use is enough to grow it (as Linux has it).
    sample.windowLimited = (slowStart ? flightBefore * 2 : flightBefore + tcb.mss) >= congestion.windowBytes;
    congestion.acknowledged(sample);
  }
  const wasRecovering = (tcb.flags & flag.inRecovery) !== 0;
  if (wasRecovering) recoveryProgress(core, tcb, acked);
  else tcb.dupAcks = 0;
  const flight = outstanding(tcb);
  if (flight === 0) tcb.rtoDueMs = 0;
  // RFC 6298 (5.3). During recovery RFC 6582's rule holds instead.
  else if (!wasRecovering || (tcb.flags & flag.inRecovery) === 0)
    setRto(core, tcb, core.nextMs + currentRto(tcb, settings));
  core.host.confirmReachable(tcb.route);
  const { owner } = tcb;
  if ((tcb.flags & flag.wantsRoom) !== 0 && isRoomy(core, tcb)) {
    tcb.flags &= ~flag.wantsRoom;
    notify(core, owner);
  } else if ((tcb.flags & flag.finQueued) !== 0 && tcb.sendBytes === 0 && flight === 0) {
    notify(core, owner);
  }
}

/** A lone probe counts as never sent, so that it goes with the rest in one segment. */
function takeBackProbe(core: TcpCore, tcb: Tcb): void {
  core.giveRecords(tcb.records!);
  tcb.records = null;
  tcb.sndNxt = tcb.sndUna;
  tcb.sndSmall = tcb.sndUna;
  tcb.flags &= ~flag.finSent;
}

function updateWindow(core: TcpCore, tcb: Tcb, segment: Segment, window: number): void {
  const newer = (segment.sequence - tcb.sndWl1) | 0;
  if (newer < 0 || (newer === 0 && ((segment.acknowledgment - tcb.sndWl2) | 0) < 0)) return;
  const before = tcb.sndWnd;
  tcb.sndWl1 = segment.sequence;
  tcb.sndWl2 = segment.acknowledgment;
  if (window === before) return;
  tcb.sndWnd = window;
  if (window > tcb.maxSndWnd) tcb.maxSndWnd = window;
  if (window <= before) return;
  if (before === 0) {
    // What went into the shut window was not taken: it goes again, at once.
    tcb.backoff = 0;
    if (tcb.records !== null) {
      if (outstanding(tcb) === 1) takeBackProbe(core, tcb);
      else tcb.records.markLostFrom(tcb.sndUna);
    }
  }
  // A probe that was due has become needless.
  if (outstanding(tcb) === 0) setRto(core, tcb, 0);
}
