import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EDESTADDRREQ,
  EHOSTUNREACH,
  EINPROGRESS,
  EINVAL,
  EIO,
  EISCONN,
  EMSGSIZE,
  ENETDOWN,
  ENETUNREACH,
  ENOBUFS,
  ENODEV,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  ETIMEDOUT,
} from '@synos/abi';
import { type Failure, failure } from '@synos/interfaces';

/**
 * What a call answers when the socket is blocking and the call would have to wait. No errno: Linux keeps -1 to -4095
 * for those. `block` waits and calls again; without it, wait for readiness and call again.
 */
export const PENDING = -4096;

/** Every failure of an endpoint and the Linux errno that a program sees: the one place where the two meet. */
const errnoOf: Readonly<Record<Failure, number>> = {
  [failure.wouldBlock]: EAGAIN,
  [failure.pending]: EINPROGRESS,
  [failure.inProgress]: EINPROGRESS,
  [failure.alreadyInProgress]: EALREADY,
  [failure.addressInUse]: EADDRINUSE,
  [failure.addressNotAvailable]: EADDRNOTAVAIL,
  [failure.alreadyConnected]: EISCONN,
  [failure.notConnected]: ENOTCONN,
  [failure.connectionRefused]: ECONNREFUSED,
  [failure.connectionReset]: ECONNRESET,
  [failure.connectionAborted]: ECONNABORTED,
  [failure.timedOut]: ETIMEDOUT,
  [failure.networkUnreachable]: ENETUNREACH,
  [failure.hostUnreachable]: EHOSTUNREACH,
  [failure.networkDown]: ENETDOWN,
  // icmp_err_convert of net/ipv4/icmp.c: ICMP_PROT_UNREACH.
  [failure.protocolUnreachable]: ENOPROTOOPT,
  [failure.brokenPipe]: EPIPE,
  [failure.noBuffers]: ENOBUFS,
  [failure.messageTooLong]: EMSGSIZE,
  [failure.invalid]: EINVAL,
  [failure.notSupported]: EOPNOTSUPP,
  [failure.destinationRequired]: EDESTADDRREQ,
  [failure.accessDenied]: EACCES,
  [failure.closed]: EBADF,
  [failure.noSuchOption]: ENOPROTOOPT,
  [failure.noSuchDevice]: ENODEV,
};

/**
 * The errno of a failure, negated as calls answer it. Unknown negative numbers (a provider that broke the contract)
 * become `-EIO`.
 *
 * @param result - a `Failure`; 0 and above pass unchanged
 */
export function errnoOfFailure(result: number): number {
  if (result >= 0) return result;
  return -(errnoOf[result as Failure] ?? EIO);
}
