// Errors of misuse as Node words them: `code` is what programs look at.

type ErrorClass = new (message: string) => Error;

function coded(Class: ErrorClass, code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Class(message), { code });
}

export const socketClosed = (): NodeJS.ErrnoException => coded(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed');

export const closedBeforeConnecting = (): NodeJS.ErrnoException =>
  coded(Error, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established');

export const serverNotRunning = (): NodeJS.ErrnoException =>
  coded(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.');

export const serverAlreadyListening = (): NodeJS.ErrnoException =>
  coded(Error, 'ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.');

export const missingPlace = (): NodeJS.ErrnoException =>
  coded(TypeError, 'ERR_MISSING_ARGS', 'The "options" or "port" or "path" argument must be specified');

export const invalidArgument = (name: string, wanted: string, value: unknown): NodeJS.ErrnoException =>
  coded(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be ${wanted}. Received ${String(value)}`);

export const outOfRange = (name: string, wanted: string, value: unknown): NodeJS.ErrnoException =>
  coded(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${wanted}. Received ${value}`,
  );

export const badPort = (name: string, value: unknown): NodeJS.ErrnoException =>
  coded(RangeError, 'ERR_SOCKET_BAD_PORT', `${name} should be >= 0 and < 65536. Received ${String(value)}.`);

/** A write after the peer's end where half-open connections are not wanted. */
export const endedByPeer = (): NodeJS.ErrnoException =>
  Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });

/** What getaddrinfo answers for a name that nobody knows. */
export const notFound = (hostname: string): NodeJS.ErrnoException & { hostname: string } =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    errno: -3008,
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname,
  });

/**
 * A port as Node takes it: an integer, or a string that is one.
 *
 * @throws RangeError ERR_SOCKET_BAD_PORT
 */
export function portOf(value: unknown, name: string): number {
  const fits =
    (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) &&
    Number.isInteger(Number(value)) &&
    Number(value) >= 0 &&
    Number(value) <= 65_535;
  if (!fits) throw badPort(name, value);
  return Number(value);
}
