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

/**
 * What a call answers when the socket is blocking and the call would have to wait. No errno: Linux keeps -1 to -4095
 * for those. `block` waits and calls again; without it, wait for readiness and call again.
 */
export const PENDING = -4096;

/**
 * Every failure of an endpoint as the Linux errno that a program sees: the one place where the two meet. By the failures'
 * numbers, which a record would have to repeat; a test holds the list against their names.
 */
const errnos: readonly number[] = [
  EIO, // 0 is no failure
  EAGAIN, // wouldBlock
  EINPROGRESS, // pending
  EINPROGRESS, // inProgress
  EALREADY, // alreadyInProgress
  EADDRINUSE, // addressInUse
  EADDRNOTAVAIL, // addressNotAvailable
  EISCONN, // alreadyConnected
  ENOTCONN, // notConnected
  ECONNREFUSED, // connectionRefused
  ECONNRESET, // connectionReset
  ECONNABORTED, // connectionAborted
  ETIMEDOUT, // timedOut
  ENETUNREACH, // networkUnreachable
  EHOSTUNREACH, // hostUnreachable
  ENETDOWN, // networkDown
  // icmp_err_convert of net/ipv4/icmp.c: ICMP_PROT_UNREACH.
  ENOPROTOOPT, // protocolUnreachable
  EPIPE, // brokenPipe
  ENOBUFS, // noBuffers
  EMSGSIZE, // messageTooLong
  EINVAL, // invalid
  EOPNOTSUPP, // notSupported
  EDESTADDRREQ, // destinationRequired
  EACCES, // accessDenied
  EBADF, // closed
  ENOPROTOOPT, // noSuchOption
  ENODEV, // noSuchDevice
];

/**
 * The errno of a failure, negated as calls answer it. Unknown negative numbers (a provider that broke the contract)
 * become `-EIO`.
 *
 * @param result - a `Failure`; 0 and above pass unchanged
 */
export function errnoOfFailure(result: number): number {
  if (result >= 0) return result;
  return -(errnos[-result] ?? EIO);
}
