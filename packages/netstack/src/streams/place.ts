import type { MutableSocketAddress, SocketAddress } from '@synos/interfaces';
import { formatAddress, parseAddress } from '@synos/wire';
import { networkError } from '../errors.js';

/** One end of a connection, as people write it. */
export interface Place {
  /** A numeric address, or `localhost`. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

const enoent = -2;

/**
 * Reads a place. Names are not looked up here.
 *
 * @throws NetworkFailure ENOENT (`getaddrinfo`) for a name; RangeError for a port out of range
 */
export function socketAddressOf(host: string, port: number): SocketAddress {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`port out of range: ${port}`);
  const address = parseAddress(host === 'localhost' ? '127.0.0.1' : host);
  if (!address) throw networkError(enoent, 'getaddrinfo', { address: host });
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
