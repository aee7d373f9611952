import { smaller } from '@synos/wire';
import { setRto, type TcpCore } from './core.js';
import { flag } from './flag.js';
import { retransmit } from './output.js';
import { currentRto } from './rtt.js';
import { refreshMss, sackOptionBytes } from './segment-size.js';
import { inFlightBytes, outstanding, type Tcb } from './tcb.js';

const duplicateThreshold = 3;

/** A duplicate acknowledgement as RFC 5681 §2 defines it has come. */
export function duplicateAck(core: TcpCore, tcb: Tcb): void {
  tcb.dupAcks++;
  core.counters.duplicateAcks++;
  if ((tcb.flags & flag.inRecovery) !== 0) {
    tcb.congestion.duplicateAcknowledged();
    return;
  }
  if (tcb.dupAcks !== duplicateThreshold) return;
  // RFC 6582 §3.2, step 2: only if this acknowledges more than what was out when the last recovery began.
  if (((tcb.sndUna - 1 - tcb.recover) | 0) <= 0) return;
  tcb.recover = (tcb.sndNxt - 1) | 0;
  tcb.flags |= flag.inRecovery;
  tcb.flags &= ~flag.partialSeen;
  core.counters.fastRetransmits++;
  // RFC 5681 §3.2, step 2: what limited transmit sent beyond the window is not counted.
  tcb.congestion.lossDetected(smaller(outstanding(tcb), tcb.congestion.windowBytes), core.nowMs);
  resendFirst(core, tcb);
  setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
}

/** New data was acknowledged during recovery: it ends, or goes on with the next hole (RFC 6582 §3.2, step 3). */
export function recoveryProgress(core: TcpCore, tcb: Tcb, acknowledgedBytes: number): void {
  if (((tcb.sndUna - 1 - tcb.recover) | 0) >= 0) {
    tcb.flags &= ~flag.inRecovery;
    tcb.dupAcks = 0;
    tcb.congestion.recovered(inFlightBytes(tcb));
    return;
  }
  tcb.congestion.partiallyAcknowledged(acknowledgedBytes);
  resendFirst(core, tcb);
  // The impatient variant (RFC 6582 §4): only the first partial acknowledgement restarts the timer.
  if ((tcb.flags & flag.partialSeen) === 0) {
    tcb.flags |= flag.partialSeen;
    setRto(core, tcb, core.nextMs + currentRto(tcb, core.settings));
  }
}

/** The oldest segment is lost: it goes out again whatever the window says. */
function resendFirst(core: TcpCore, tcb: Tcb): void {
  const { records } = tcb;
  if (records === null || records.count === 0) return;
  const mss = refreshMss(tcb) - sackOptionBytes(tcb);
  // One segment is missing, not all of a super-segment.
  if (records.length(0) > mss) records.split(0, mss);
  records.markLost(0);
  retransmit(core, tcb, 0, mss);
}
