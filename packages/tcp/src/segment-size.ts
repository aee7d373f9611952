import type { Route } from '@synos/interfaces';
import { smaller, tcpMinHeaderBytes } from '@synos/wire';
import { flag } from './flag.js';
import type { Tcb } from './tcb.js';

/** Bytes of the timestamp option with its padding. */
export const timestampOptionBytes = 12;

/** No peer and no path makes segments smaller than this (RFC 9293 §3.7.1 leaves the guard to us; Linux's number). */
export const minMssBytes = 48;

/** What our MSS option says: made from the device's MTU, options not taken off (RFC 6691 §2). */
export function ownMssBytes(route: Route, maximumSegmentBytes: number): number {
  const fits = smaller(65_535, route.deviceMtuBytes - route.headerBytes - tcpMinHeaderBytes);
  return maximumSegmentBytes === 0 ? fits : smaller(fits, maximumSegmentBytes);
}

/**
 * Eff.snd.MSS of RFC 9293 §3.7.1: what the peer takes and the path carries, less the timestamps of each segment. Read
 * before each burst, because the path's MTU may have changed; congestion control is told when it did.
 */
export function refreshMss(tcb: Tcb): number {
  const { route, options } = tcb;
  let mss = smaller(tcb.peerMss, route.mtuBytes - route.headerBytes - tcpMinHeaderBytes);
  if (options.maximumSegmentBytes !== 0 && mss > options.maximumSegmentBytes) mss = options.maximumSegmentBytes;
  if (mss < minMssBytes) mss = minMssBytes;
  if ((tcb.flags & flag.timestamps) !== 0) mss -= timestampOptionBytes;
  if (mss !== tcb.mss) {
    tcb.mss = mss;
    tcb.congestion.segmentBytesChanged(mss);
  }
  return mss;
}
