import type { Arrival } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { notify, type TcpCore } from '../core.js';
import type { Embryo } from '../embryo.js';
import { flag, putFlag } from '../flag.js';
import { endEmbryo } from '../lifecycle.js';
import { rareForWriting } from '../rare.js';
import { sendRecordAck, sendReset, sendSynAck } from '../reply.js';
import { measuredRtt } from '../rtt.js';
import type { Segment } from '../segment.js';
import { state } from '../state.js';
import { Tcb } from '../tcb.js';
import { isAcceptable } from './acceptable.js';
import { arrivesSynchronized } from './synchronized.js';

/** A segment for a half-open connection of a listener: RFC 9293 §3.10.7.4, SYN-RECEIVED. */
export function arrivesHalfOpen(core: TcpCore, embryo: Embryo, segment: Segment, arrival: Arrival): void {
  const { flags, options } = segment;
  const rcvNxt = (embryo.irs + 1) | 0;
  // The SYN again: our SYN-ACK was lost, or slow.
  if ((flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst)) === tcpFlag.syn && segment.sequence === embryo.irs) {
    sendSynAck(core, embryo);
    return;
  }
  // RFC 7323 §5.3, R1.
  if (embryo.timestamps && (flags & tcpFlag.rst) === 0) {
    if (!options.hasTimestamp) {
      core.counters.dropNoTimestamp++;
      return;
    }
    if (((options.timestampValue - embryo.tsRecent) | 0) < 0) {
      core.counters.dropPaws++;
      sendRecordAck(core, embryo, true);
      return;
    }
  }
  // First: the sequence number.
  if (!isAcceptable(segment, rcvNxt, embryo.rcvWnd)) {
    core.counters.dropOutsideWindow++;
    if ((flags & tcpFlag.rst) === 0) sendRecordAck(core, embryo, true);
    return;
  }
  // Second: RST. From a passive open, back to LISTEN (RFC 9293); not in sequence: RFC 5961 §3.2.
  if ((flags & tcpFlag.rst) !== 0) {
    if (segment.sequence === rcvNxt) {
      core.counters.resetsIn++;
      endEmbryo(core, embryo);
    } else {
      sendRecordAck(core, embryo, true);
    }
    return;
  }
  // Fourth: SYN. From a passive open, back to LISTEN.
  if ((flags & tcpFlag.syn) !== 0) {
    endEmbryo(core, embryo);
    return;
  }
  // Fifth: ACK.
  if ((flags & tcpFlag.ack) === 0) {
    core.counters.dropNoAck++;
    return;
  }
  if (segment.acknowledgment !== ((embryo.iss + 1) | 0)) {
    sendReset(core, segment, arrival);
    return;
  }
  const { listening } = embryo;
  // Linux's rule: the last segment of the handshake is forgotten, and the SYN-ACK asks for it again.
  if (listening.full) {
    core.counters.dropAcceptQueueFull++;
    return;
  }
  const tcb = grow(core, embryo);
  listening.remove(embryo);
  core.demux.replace(embryo, tcb);
  core.wheel.cancel(tcb.id);
  tcb.waitsAt = listening;
  listening.accepting.push(tcb);
  arrivesSynchronized(core, tcb, segment, arrival);
  notify(core, listening.endpoint);
}

/** A half-open connection becomes a whole one, still in SYN-RECEIVED. */
function grow(core: TcpCore, embryo: Embryo): Tcb {
  const { listening, route } = embryo;
  const { options } = listening.endpoint;
  const tcb = new Tcb(
    route,
    embryo.localPort,
    embryo.remotePort,
    options,
    core.settings.congestionControl(embryo.peerMss),
  );
  tcb.state = state.synReceived;
  tcb.hold = listening.hold;
  tcb.hold.share();
  tcb.iss = embryo.iss;
  tcb.sndUna = embryo.iss;
  tcb.sndNxt = (embryo.iss + 1) | 0;
  tcb.sndWnd = embryo.sndWnd;
  tcb.sndScale = embryo.sndScale;
  tcb.peerMss = embryo.peerMss;
  tcb.irs = embryo.irs;
  tcb.rcvNxt = (embryo.irs + 1) | 0;
  tcb.rcvAdv = (tcb.rcvNxt + embryo.rcvWnd) | 0;
  tcb.rcvScale = embryo.rcvScale;
  tcb.lastAckSent = tcb.rcvNxt;
  putFlag(tcb, flag.timestamps, embryo.timestamps);
  putFlag(tcb, flag.sackPermitted, embryo.sackPermitted);
  tcb.tsOffset = embryo.tsOffset;
  tcb.tsRecent = embryo.tsRecent;
  tcb.tsRecentMs = core.nowMs;
  tcb.rtoMs = core.settings.initialRtoMs;
  if (embryo.challenges !== 0) {
    const rare = rareForWriting(tcb);
    rare.challenges = embryo.challenges;
    rare.challengesSinceMs = embryo.challengesSinceMs;
  }
  tcb.segmentsSent = 1 + embryo.retries;
  tcb.segmentsReceived = 1;
  putFlag(tcb, flag.synRetransmitted, embryo.retries > 0);
  if (embryo.retries === 0) measuredRtt(tcb, core.settings, core.host.now - embryo.sentMs);
  return tcb;
}
