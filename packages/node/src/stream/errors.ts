import { constants } from 'node:os';

/** Where a connection leads, for its errors. */
export interface StreamPlace {
  /** The path of a unix socket, or the host. */
  readonly address: string;
  /** Of a TCP socket. */
  readonly port?: number;
}

/** What a peer's bytes were, when they were not frames. */
export type FramingFault =
  /** A length that no frame has: below 14, or beyond the longest. */
  | 'bad-length'
  /** The connection ended inside a frame. */
  | 'truncated';

/** The error of a connection that was ended because of what the peer sent; shaped as Node's system errors. */
export interface FramingError extends Error {
  readonly code: 'EPROTO';
  readonly errno: number;
  readonly syscall: 'read';
  readonly address: string;
  readonly port?: number;
  readonly fault: FramingFault;
}

/** Makes the error of a peer that does not speak the protocol. */
export function framingError(fault: FramingFault, text: string, place: StreamPlace): FramingError {
  const where = place.port === undefined ? place.address : `${place.address}:${place.port}`;
  return Object.assign(new Error(`read EPROTO ${where}: ${text}`), {
    code: 'EPROTO' as const,
    errno: -constants.errno.EPROTO,
    syscall: 'read' as const,
    ...place,
    fault,
  });
}
