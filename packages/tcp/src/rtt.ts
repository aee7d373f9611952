import { larger, smaller } from '@synos/wire';
import type { TcpSettings } from './settings.js';
import type { Tcb } from './tcb.js';

/** Five minutes: with its variance still an int32 of microseconds. */
const longestRttMs = 300_000;

/** A round trip was measured (RFC 6298 §2). The clock's granularity G is a millisecond. */
export function measuredRtt(tcb: Tcb, settings: TcpSettings, rttMs: number): void {
  // A float once, then integers: longer than the limit is as good as the limit. Shifts round as `Math.round` would.
  const rttUs = rttMs > 0 ? (rttMs < longestRttMs ? (rttMs * 1000 + 0.5) | 0 : longestRttMs * 1000) : 0;
  if (tcb.srttUs < 0) {
    // RFC 6298 (2.2).
    tcb.srttUs = rttUs;
    tcb.rttVarUs = rttUs >> 1;
  } else {
    // RFC 6298 (2.3): beta 1/4, alpha 1/8; the variance before the mean.
    const difference = rttUs - tcb.srttUs;
    const deviation = difference < 0 ? -difference : difference;
    tcb.rttVarUs += (deviation - tcb.rttVarUs + 2) >> 2;
    tcb.srttUs += (difference + 4) >> 3;
  }
  const spreadUs = larger(1000, 4 * tcb.rttVarUs);
  const rtoMs = ((tcb.srttUs + spreadUs + 999) / 1000) | 0;
  // RFC 6298 (2.4), with a minimum of our own, and (2.5).
  tcb.rtoMs = smaller(settings.maxRtoMs, larger(settings.minRtoMs, rtoMs));
  // Karn: only a measurement ends the back-off (RFC 6298 §5, last note).
  tcb.backoff = 0;
}

/** The timeout to arm now, back-off included (RFC 6298 (5.5)). */
export function currentRto(tcb: Tcb, settings: TcpSettings): number {
  if (tcb.backoff === 0) return smaller(settings.maxRtoMs, tcb.rtoMs);
  return Math.min(settings.maxRtoMs, tcb.rtoMs * 2 ** tcb.backoff);
}
