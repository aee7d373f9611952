import type { TcpNetConnectOpts } from 'node:net';
import type { PacketPool } from '@synos/interfaces';
import { missingPlace, portOf } from '../net/node-errors.js';
import type { StreamPlace } from './errors.js';

/** A unix socket by its path, or a TCP socket by host and port. */
export interface StreamAddress {
  /** The path of a unix socket. Without it, `port` is needed. */
  readonly path?: string;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** 0 to 65,535; a server finds a free one at 0. */
  readonly port?: number;
}

/** What both ends of a stream have. */
export interface StreamOptions extends StreamAddress {
  /** The pool of the stack that gets the device: received frames are copied into it. */
  readonly pool: PacketPool;
  /** Longest packet, 68 to 65,535, default 1,500. Longer frames are dropped and counted. */
  readonly mtuBytes?: number;
  /** Frames that may wait each way, default 256. Beyond, the stack is told busy and the socket is not read. */
  readonly queueLength?: number;
  /** Closes it when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Where a socket is to be, checked.
 *
 * @throws TypeError ERR_MISSING_ARGS without path and port; RangeError ERR_SOCKET_BAD_PORT
 */
export function placeOf({ path, host = '127.0.0.1', port }: StreamAddress): StreamPlace {
  if (path !== undefined) return { address: path };
  if (port === undefined) throw missingPlace();
  return { address: host, port: portOf(port, 'port') };
}

/** The same for node:net. */
export function netOptions(place: StreamPlace): { path: string } | TcpNetConnectOpts {
  if (place.port === undefined) return { path: place.address };
  // Frames are written when they are whole: to wait for more would only delay them.
  return { host: place.address, port: place.port, noDelay: true };
}
