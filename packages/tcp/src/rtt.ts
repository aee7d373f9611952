import type { TcpSettings } from './settings.js';
import type { Tcb } from './tcb.js';

/** A round trip was measured (RFC 6298 §2). The clock's granularity G is a millisecond. */
export function measuredRtt(tcb: Tcb, settings: TcpSettings, rttMs: number): void {
  const rttUs = Math.max(0, Math.round(rttMs * 1000));
  if (tcb.srttUs < 0) {
    // RFC 6298 (2.2).
    tcb.srttUs = rttUs;
    tcb.rttVarUs = rttUs >> 1;
  } else {
    // RFC 6298 (2.3): beta 1/4, alpha 1/8; the variance before the mean.
    const deviation = Math.abs(tcb.srttUs - rttUs);
    tcb.rttVarUs += Math.round((deviation - tcb.rttVarUs) / 4);
    tcb.srttUs += Math.round((rttUs - tcb.srttUs) / 8);
  }
  const rtoMs = (tcb.srttUs + Math.max(1000, 4 * tcb.rttVarUs)) / 1000;
  // RFC 6298 (2.4), with a minimum of our own, and (2.5).
  tcb.rtoMs = Math.min(settings.maxRtoMs, Math.max(settings.minRtoMs, Math.ceil(rtoMs)));
  // Karn: only a measurement ends the back-off (RFC 6298 §5, last note).
  tcb.backoff = 0;
}

/** The timeout to arm now, back-off included (RFC 6298 (5.5)). */
export function currentRto(tcb: Tcb, settings: TcpSettings): number {
  if (tcb.backoff === 0) return Math.min(settings.maxRtoMs, tcb.rtoMs);
  return Math.min(settings.maxRtoMs, tcb.rtoMs * 2 ** tcb.backoff);
}
