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

/** Bytes that a segment spends on SACK blocks now; they come off its text. */
export function sackOptionBytes(tcb: Tcb): number {
  if (tcb.outOfOrder === null || (tcb.flags & flag.sackPermitted) === 0) return 0;
  const count = smaller(tcb.outOfOrder.count, (tcb.flags & flag.timestamps) !== 0 ? 3 : 4);
  return count === 0 ? 0 : 4 + 8 * count;
}

/** The longest payload of one packet: a segment, or as many as the device takes at once. */
export function packetLimitBytes(tcb: Tcb, mss: number): number {
  const { route } = tcb;
  const headers =
    route.headerBytes + tcpMinHeaderBytes + ((tcb.flags & flag.timestamps) !== 0 ? timestampOptionBytes : 0);
  const room = smaller(route.superSegmentBytes, 65_535) - headers - sackOptionBytes(tcb);
  return room < 2 * mss ? mss : room - (room % mss);
}
