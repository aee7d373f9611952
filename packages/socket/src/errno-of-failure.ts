import { errno } from '@synos/abi';
import { type FailureName, failure } from '@synos/interfaces';

/**
 * What a call answers when the socket is blocking and the call would have to wait. No errno: Linux keeps -1 to -4095
 * for those. `block` waits and calls again; without it, wait for readiness and call again.
 */
export const PENDING = -4096;

/** Every failure of an endpoint and the Linux errno that a program sees: the one place where the two meet. */
const errnoByName: Readonly<Record<FailureName, number>> = {
  wouldBlock: errno.EAGAIN,
  pending: errno.EINPROGRESS,
  inProgress: errno.EINPROGRESS,
  alreadyInProgress: errno.EALREADY,
  addressInUse: errno.EADDRINUSE,
  addressNotAvailable: errno.EADDRNOTAVAIL,
  alreadyConnected: errno.EISCONN,
  notConnected: errno.ENOTCONN,
  connectionRefused: errno.ECONNREFUSED,
  connectionReset: errno.ECONNRESET,
  connectionAborted: errno.ECONNABORTED,
  timedOut: errno.ETIMEDOUT,
  networkUnreachable: errno.ENETUNREACH,
  hostUnreachable: errno.EHOSTUNREACH,
  networkDown: errno.ENETDOWN,
  // icmp_err_convert of net/ipv4/icmp.c: ICMP_PROT_UNREACH.
  protocolUnreachable: errno.ENOPROTOOPT,
  brokenPipe: errno.EPIPE,
  noBuffers: errno.ENOBUFS,
  messageTooLong: errno.EMSGSIZE,
  invalid: errno.EINVAL,
  notSupported: errno.EOPNOTSUPP,
  destinationRequired: errno.EDESTADDRREQ,
  accessDenied: errno.EACCES,
  closed: errno.EBADF,
  noSuchOption: errno.ENOPROTOOPT,
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
  return errnoByCode[-result] ?? -errno.EIO;
}

function tableByCode(): number[] {
  const table: number[] = [];
  for (const name of Object.keys(failure) as FailureName[]) table[-failure[name]] = -errnoByName[name];
  return table;
}
