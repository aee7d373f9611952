import { larger, smaller } from '@synos/wire';
import { flag } from './flag.js';
import { receiveWindow, type Tcb } from './tcb.js';

/** The largest shift (RFC 7323 §2.3). */
export const maxWindowScale = 14;

/** The smallest shift with which a window field can say `bufferBytes`. */
export function scaleFor(bufferBytes: number): number {
  let scale = 0;
  while (scale < maxWindowScale && 65_535 << scale < bufferBytes) scale++;
  return scale;
}

/** The most that the window may be: the receive buffer, as far as the scale can say it. */
function windowLimit(tcb: Tcb): number {
  return smaller(tcb.options.receiveBufferBytes, 65_535 << tcb.rcvScale);
}

/**
 * The window to offer now, a multiple of the scale's unit. Its right edge moves only when that opens half the buffer
 * or a full segment (silly window avoidance, RFC 9293 §3.8.6.2.2), and it never goes back.
 */
export function offeredWindow(tcb: Tcb): number {
  const current = receiveWindow(tcb);
  const limit = windowLimit(tcb);
  const free = limit - tcb.recvBytes;
  const step = larger(1, smaller(limit >> 1, tcb.rcvMss));
  const wanted = free - current >= step ? free : current;
  const unit = (1 << tcb.rcvScale) - 1;
  // Rounding down may say less than was promised before; what was promised is still taken (RFC 7323 §2.4).
  return smaller(wanted, 65_535 << tcb.rcvScale) & ~unit;
}

/** Takes note that the peer is told of `rcv.nxt`, and of a window. */
export function noteAcknowledged(tcb: Tcb, window: number): void {
  const edge = (tcb.rcvNxt + window) | 0;
  if (((edge - tcb.rcvAdv) | 0) > 0) tcb.rcvAdv = edge;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.flags &= ~flag.ackNow;
  tcb.ackDueMs = 0;
  if (tcb.quickAcks > 0) tcb.quickAcks--;
}

/** After a read: whether the window has opened enough to tell the peer unasked (RFC 9293 §3.8.6.2.2). */
export function shouldAnnounceWindow(tcb: Tcb): boolean {
  const current = receiveWindow(tcb);
  if (current * 2 > windowLimit(tcb)) return false;
  const window = offeredWindow(tcb);
  return window > 0 && window >= current * 2;
}
