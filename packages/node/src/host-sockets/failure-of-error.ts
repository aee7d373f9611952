import { type Failure, failure } from '@synos/interfaces';

/** Every code of an error of Node's that means a failure of the contract: the one place where the two meet. */
const failures: Readonly<Record<string, Failure>> = {
  EACCES: failure.accessDenied,
  EADDRINUSE: failure.addressInUse,
  EADDRNOTAVAIL: failure.addressNotAvailable,
  EAFNOSUPPORT: failure.notSupported,
  EALREADY: failure.alreadyInProgress,
  ECONNABORTED: failure.connectionAborted,
  ECONNREFUSED: failure.connectionRefused,
  ECONNRESET: failure.connectionReset,
  EDESTADDRREQ: failure.destinationRequired,
  EHOSTUNREACH: failure.hostUnreachable,
  EINVAL: failure.invalid,
  EISCONN: failure.alreadyConnected,
  EMFILE: failure.noBuffers,
  EMSGSIZE: failure.messageTooLong,
  ENETDOWN: failure.networkDown,
  ENETUNREACH: failure.networkUnreachable,
  ENFILE: failure.noBuffers,
  ENOBUFS: failure.noBuffers,
  ENOMEM: failure.noBuffers,
  ENOPROTOOPT: failure.noSuchOption,
  ENOTCONN: failure.notConnected,
  ENOTSUP: failure.notSupported,
  EOPNOTSUPP: failure.notSupported,
  EPERM: failure.accessDenied,
  EPIPE: failure.brokenPipe,
  EPROTONOSUPPORT: failure.notSupported,
  ETIMEDOUT: failure.timedOut,
  // Not of the system: Node's own, before it asks.
  ERR_SERVER_ALREADY_LISTEN: failure.invalid,
  ERR_SOCKET_ALREADY_BOUND: failure.invalid,
  ERR_SOCKET_BAD_PORT: failure.invalid,
  ERR_SOCKET_DGRAM_IS_CONNECTED: failure.alreadyConnected,
  ERR_SOCKET_DGRAM_NOT_CONNECTED: failure.notConnected,
  ERR_SOCKET_DGRAM_NOT_RUNNING: failure.connectionAborted,
};

/** The failure that an error of Node's means; `connectionAborted` for one that nobody has foreseen. */
export function failureOfError(error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return (code !== undefined && Object.hasOwn(failures, code) && failures[code]) || failure.connectionAborted;
}
