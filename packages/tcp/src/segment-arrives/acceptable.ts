import type { Segment } from '../segment.js';

/** The acceptability test of RFC 9293 §3.10.7.4, table 6: some of the segment lies in the receive window. */
export function isAcceptable(segment: Segment, rcvNxt: number, rcvWnd: number): boolean {
  const { length } = segment;
  const first = (segment.sequence - rcvNxt) | 0;
  if (length === 0) return rcvWnd === 0 ? first === 0 : first >= 0 && first < rcvWnd;
  if (rcvWnd === 0) return false;
  if (first >= 0 && first < rcvWnd) return true;
  const last = (first + length - 1) | 0;
  return last >= 0 && last < rcvWnd;
}
