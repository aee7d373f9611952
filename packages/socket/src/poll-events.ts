import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '@synos/abi';
import { readiness } from '@synos/interfaces';

/** Readiness bits of an endpoint as poll(2) bits, as tcp_poll and datagram_poll of Linux have them. */
export function pollEventsOf(bits: number): number {
  let events = 0;
  if ((bits & readiness.readable) !== 0) events |= POLLIN | POLLRDNORM;
  if ((bits & readiness.writable) !== 0) events |= POLLOUT | POLLWRNORM;
  if ((bits & readiness.error) !== 0) events |= POLLERR;
  if ((bits & readiness.hangup) !== 0) events |= POLLHUP;
  if ((bits & readiness.readHangup) !== 0) events |= POLLIN | POLLRDNORM | POLLRDHUP;
  return events;
}
