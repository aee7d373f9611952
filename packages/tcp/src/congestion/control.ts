import type { AckSample } from '@synos/interfaces';

/** The initial window of RFC 6928 §2: ten segments, at most 14,600 bytes where two segments are less than that. */
export function initialWindowBytes(segmentBytes: number): number {
  return Math.min(10 * segmentBytes, Math.max(2 * segmentBytes, 14_600));
}

/** An empty sample, to be reused. */
export function createAckSample(): AckSample {
  return {
    nowMs: 0,
    acknowledgedBytes: 0,
    deliveredBytes: 0,
    inFlightBytes: 0,
    rttMs: -1,
    ecnEcho: false,
    windowLimited: false,
  };
}
