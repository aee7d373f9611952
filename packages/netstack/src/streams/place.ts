import type { MutableSocketAddress, SocketAddress } from '@synos/interfaces';
import { formatAddress, parseAddress } from '@synos/wire';
import { invalidArgument, networkError } from '../errors.js';

/** One end of a connection, as people write it. */
export interface Place {
  /** A numeric address, or `localhost`. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** What libuv says of a name that it cannot look up (EAI_NONAME), which Node tells as ENOTFOUND. */
const notFound = -3008;

/**
 * Reads a place. Names are not looked up here.
 *
 * @throws NetworkFailure ENOTFOUND (`getaddrinfo`) for a name; RangeError ERR_SOCKET_BAD_PORT; TypeError ERR_INVALID_ARG_TYPE
 */
export function socketAddressOf(host: string, port: number): SocketAddress {
  if (typeof host !== 'string') throw invalidArgument(`a host is a string, not ${host}`, 'ERR_INVALID_ARG_TYPE');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalidArgument(`a port is 0 to 65535, not ${port}`, 'ERR_SOCKET_BAD_PORT', RangeError);
  }
  const address = parseAddress(host === 'localhost' ? '127.0.0.1' : host);
  if (!address) {
    throw Object.assign(networkError(notFound, 'getaddrinfo', { address: host }), {
      message: `getaddrinfo ENOTFOUND ${host}`,
      code: 'ENOTFOUND',
    });
  }
  return { address, port };
}

/** A fresh record for a callee to fill in. */
export function emptySocketAddress(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

/** A socket address as people write it. */
export function placeOf(socketAddress: SocketAddress): Place {
  return { host: formatAddress(socketAddress.address), port: socketAddress.port };
}
