import type { LookupFunction } from 'node:net';

/** Options of `new Socket()`. */
export interface SocketOptions {
  /** Leave the sending side open when the peer has ended; `false` by default: then it ends too. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Destroys the socket when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Where reading and writing hold back, in bytes; Node's default for streams unless told. */
  readonly highWaterMark?: number | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  /** Idle milliseconds before the first keep-alive probe. */
  readonly keepAliveInitialDelay?: number | undefined;
}

/** Options of `connect`. */
export interface ConnectOptions extends SocketOptions {
  readonly port?: number | string | null | undefined;
  /** A numeric address or `localhost`, which is also the default; names need `lookup`. */
  readonly host?: string | null | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Finds the address of a name, in the shape of `dns.lookup`. */
  readonly lookup?: LookupFunction | undefined;
  /** 4, 6, or 0 for any: handed to `lookup`. */
  readonly family?: number | undefined;
  /** As `setTimeout`. */
  readonly timeout?: number | undefined;
  /** The path of a local socket: answered with EAFNOSUPPORT, there are none here. */
  readonly path?: string | null | undefined;
}

/** Told without arguments that the connection stands. Whatever callback Node's HTTP client passes fits too. */
export type ConnectListener = (...args: never[]) => void;
