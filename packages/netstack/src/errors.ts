import { errnoName } from '@synos/abi';

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
 * Makes an error from a negative errno.
 *
 * @example
 * ```ts
 * throw networkError(-111, 'connect', { address: '10.0.0.2', port: 80 }); // connect ECONNREFUSED 10.0.0.2:80
 * ```
 */
export function networkError(errno: number, syscall: string, place: ErrorPlace = {}): NetworkFailure {
  const code = errnoName(-errno) ?? `E${-errno}`;
  const where =
    place.address === undefined ? '' : ` ${place.address}${place.port === undefined ? '' : `:${place.port}`}`;
  return Object.assign(new Error(`${syscall} ${code}${where}`), {
    code,
    errno,
    syscall,
    [marker]: true,
    ...(place.address === undefined ? {} : { address: place.address }),
    ...(place.port === undefined ? {} : { port: place.port }),
  });
}

/** Whether an error came from {@link networkError}, of this copy of the package or another. */
export function isNetworkError(error: unknown): error is NetworkFailure {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true;
}
