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
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  ETIMEDOUT,
} from '@synos/abi';
import { type FailureName, failure } from '@synos/interfaces';

/**
 * What a call answers when the socket is blocking and the call would have to wait. No errno: Linux keeps -1 to -4095
 * for those. `block` waits and calls again; without it, wait for readiness and call again.
 */
export const PENDING = -4096;

/** Every failure of an endpoint and the Linux errno that a program sees: the one place where the two meet. */
const errnoByName: Readonly<Record<FailureName, number>> = {
  wouldBlock: EAGAIN,
  pending: EINPROGRESS,
  inProgress: EINPROGRESS,
  alreadyInProgress: EALREADY,
  addressInUse: EADDRINUSE,
  addressNotAvailable: EADDRNOTAVAIL,
  alreadyConnected: EISCONN,
  notConnected: ENOTCONN,
  connectionRefused: ECONNREFUSED,
  connectionReset: ECONNRESET,
  connectionAborted: ECONNABORTED,
  timedOut: ETIMEDOUT,
  networkUnreachable: ENETUNREACH,
  hostUnreachable: EHOSTUNREACH,
  networkDown: ENETDOWN,
  // icmp_err_convert of net/ipv4/icmp.c: ICMP_PROT_UNREACH.
  protocolUnreachable: ENOPROTOOPT,
  brokenPipe: EPIPE,
  noBuffers: ENOBUFS,
  messageTooLong: EMSGSIZE,
  invalid: EINVAL,
  notSupported: EOPNOTSUPP,
  destinationRequired: EDESTADDRREQ,
  accessDenied: EACCES,
  closed: EBADF,
  noSuchOption: ENOPROTOOPT,
};

const errnoByCode: readonly number[] = tableByCode();

/**
 * The errno of a failure, negated as calls answer it. Unknown negative numbers (a provider that broke the contract)
 * become `-EIO`.
 *
 * @param result - a `Failure`; 0 and above pass unchanged
 */
export function errnoOfFailure(result: number): number {
  if (result >= 0) return result;
  return errnoByCode[-result] ?? -EIO;
}

function tableByCode(): number[] {
  const table: number[] = [];
  for (const name of Object.keys(failure) as FailureName[]) table[-failure[name]] = -errnoByName[name];
  return table;
}
