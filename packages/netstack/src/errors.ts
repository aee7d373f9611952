import {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EDESTADDRREQ,
  EDOM,
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
  ENOTTY,
  EOPNOTSUPP,
  EPIPE,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  ETIMEDOUT,
} from '@synos/abi';

/**
 * What a call of a socket can answer. Not all of Linux's errors, whose names would be a fortieth of what a bundle pays
 * for the whole stack; in the order, found by trying, in which they compress best.
 */
const answers = {
  ETIMEDOUT,
  ECONNREFUSED,
  EMSGSIZE,
  ECONNABORTED,
  EADDRINUSE,
  EHOSTUNREACH,
  EADDRNOTAVAIL,
  ENOTCONN,
  EDESTADDRREQ,
  ENOTTY,
  ENODEV,
  EPROTONOSUPPORT,
  EACCES,
  EBADF,
  EPIPE,
  EINVAL,
  EIO,
  ENOPROTOOPT,
  EISCONN,
  EINPROGRESS,
  ENOBUFS,
  ENETUNREACH,
  EOPNOTSUPP,
  ENETDOWN,
  ECONNRESET,
  EALREADY,
  EAGAIN,
  ESOCKTNOSUPPORT,
  EAFNOSUPPORT,
  EDOM,
};

const marker = Symbol.for('@synos/netstack/error');

/** What went wrong in a network operation, in the shape of Node's system errors. */
export interface NetworkFailure extends Error {
  /** `'ECONNREFUSED'`, … */
  readonly code: string;
  /** The negative errno, as Node has it. */
  readonly errno: number;
  /** The operation: `'connect'`, `'read'`, … */
  readonly syscall: string;
  readonly address?: string;
  readonly port?: number;
}

/** Where an operation was going, for its error's message. */
export interface ErrorPlace {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/**
 * Makes an error from the negative errno that a socket's call has answered. A number that no socket answers becomes a
 * code like `E71`; `errnoName` of `@synos/abi` knows the others' names.
 *
 * @example
 * ```ts
 * throw networkError(-111, 'connect', { address: '10.0.0.2', port: 80 }); // connect ECONNREFUSED 10.0.0.2:80
 * ```
 */
export function networkError(errno: number, syscall: string, place: ErrorPlace = {}): NetworkFailure {
  const named = Object.entries(answers).find(([, number]) => number === -errno);
  const code = named?.[0] ?? `E${-errno}`;
  const { address, port } = place;
  const where = address === undefined ? '' : ` ${address}${port === undefined ? '' : `:${port}`}`;
  return Object.assign(new Error(`${syscall} ${code}${where}`), {
    code,
    errno,
    syscall,
    [marker]: true,
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  });
}

/** A call that was wrong from the start, in the shape of Node's own: a TypeError (or RangeError) with `code` and EINVAL. */
export function invalidArgument(message: string, code = 'ERR_INVALID_ARG_VALUE', Type = TypeError): TypeError {
  return Object.assign(new Type(message), { code, errno: -EINVAL });
}

/** Whether an error came from {@link networkError}, of this copy of the package or another. */
export function isNetworkError(error: unknown): error is NetworkFailure {
  return (error as Record<symbol, unknown> | null | undefined)?.[marker] === true;
}
