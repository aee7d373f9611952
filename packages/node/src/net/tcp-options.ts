import { IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } from '@synos/abi';
import type { Socket as PosixSocket } from '@synos/socket';
import type { SocketOptions } from './connect-options.js';

/** What a socket was told before there was a connection to tell. */
export class TcpOptions {
  #noDelay: boolean;
  #keepAlive: boolean;
  #keepAliveDelayMs: number;

  constructor({ noDelay, keepAlive, keepAliveInitialDelay }: SocketOptions) {
    this.#noDelay = noDelay === true;
    this.#keepAlive = keepAlive === true;
    this.#keepAliveDelayMs = keepAliveInitialDelay ?? 0;
  }

  /** Tells a new connection. */
  applyTo(posix: PosixSocket): void {
    if (this.#noDelay) posix.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    if (this.#keepAlive) this.setKeepAlive(posix, true, this.#keepAliveDelayMs);
  }

  setNoDelay(posix: PosixSocket | null, on: boolean): void {
    this.#noDelay = on;
    posix?.setsockopt(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
  }

  setKeepAlive(posix: PosixSocket | null, on: boolean, initialDelayMs: number): void {
    this.#keepAlive = on;
    this.#keepAliveDelayMs = initialDelayMs;
    if (posix === null) return;
    posix.setsockopt(SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
    const idleSeconds = Math.floor(initialDelayMs / 1000);
    if (on && idleSeconds > 0) posix.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, idleSeconds);
  }
}
