import { type Arrival, failure } from '@synos/interfaces';
import { smaller, tcpFlag } from '@synos/wire';
import { setRto, type TcpCore } from '../core.js';
import { flag, putFlag } from '../flag.js';
import { endConnection, establish } from '../lifecycle.js';
import { rareForWriting } from '../rare.js';
import { maxWindowScale } from '../receive-window.js';
import { sendReset } from '../reply.js';
import { currentRto, measuredRtt } from '../rtt.js';
import type { Segment } from '../segment.js';
import { state } from '../state.js';
import { defaultMssBytes, type Tcb } from '../tcb.js';
import { transmit } from '../transmit.js';
import { takeText } from './text.js';

/** A segment in SYN-SENT: RFC 9293 §3.10.7.3. */
export function arrivesSynSent(core: TcpCore, tcb: Tcb, segment: Segment, arrival: Arrival): void {
  const { flags, options, acknowledgment } = segment;
  const hasAck = (flags & tcpFlag.ack) !== 0;
  // First: an acknowledgement of what was not sent.
  if (hasAck && acknowledgment !== tcb.sndNxt) {
    core.counters.dropBlindAck++;
    if ((flags & tcpFlag.rst) === 0) sendReset(core, segment, arrival);
    return;
  }
  // Second: RST. Valid only with an acknowledgement of our SYN (RFC 5961 §3.2 refers to this).
  if ((flags & tcpFlag.rst) !== 0) {
    if (hasAck) {
      core.counters.resetsIn++;
      core.counters.failedOpens++;
      endConnection(core, tcb, failure.connectionRefused);
    } else {
      core.counters.dropNoAck++;
    }
    return;
  }
  // Fifth: neither SYN nor RST.
  if ((flags & tcpFlag.syn) === 0) {
    core.counters.dropNoAck++;
    return;
  }
  // Fourth: SYN.
  tcb.irs = segment.sequence;
  tcb.rcvNxt = (segment.sequence + 1) | 0;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.rcvAdv = (tcb.rcvNxt + smaller(tcb.options.receiveBufferBytes, 65_535)) | 0;
  tcb.peerMss = options.mssBytes === 0 ? defaultMssBytes : options.mssBytes;
  if (core.settings.windowScaling && options.windowScale >= 0) {
    tcb.sndScale = smaller(options.windowScale, maxWindowScale);
  } else {
    tcb.rcvScale = 0;
  }
  putFlag(tcb, flag.timestamps, core.settings.timestamps && options.hasTimestamp);
  tcb.tsRecent = options.timestampValue;
  tcb.tsRecentMs = core.nowMs;
  putFlag(tcb, flag.sackPermitted, core.settings.selectiveAcknowledgements && options.sackPermitted);
  tcb.sndWnd = segment.window;
  tcb.maxSndWnd = segment.window;
  tcb.sndWl1 = segment.sequence;
  tcb.sndWl2 = acknowledgment;
  if (!hasAck) {
    // Both have opened at once (RFC 9293 §3.5, figure 8).
    tcb.state = state.synReceived;
    rareForWriting(tcb).retries = 0;
    transmit(core, tcb, tcb.iss, 0, 0, tcpFlag.syn | tcpFlag.ack, tcb.mss);
    setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
    return;
  }
  tcb.sndUna = acknowledgment;
  if ((tcb.flags & flag.synRetransmitted) === 0)
    measuredRtt(tcb, core.settings, core.host.now - core.epochMs - tcb.synSentMs!);
  tcb.rtoDueMs = 0;
  establish(core, tcb);
  tcb.flags |= flag.ackNow;
  // Sixth step onwards, for text and FIN beside the SYN.
  segment.sequence = tcb.rcvNxt;
  segment.flags &= ~tcpFlag.syn;
  takeText(core, tcb, segment);
}
