import {
  EAGAIN,
  ECONNABORTED,
  FIONREAD,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  POLLIN,
  POLLRDHUP,
  SHUT_RD,
  SHUT_WR,
  SO_KEEPALIVE,
  SO_LINGER,
  SOL_SOCKET,
  TCP_NODELAY,
} from '@synos/abi';
import { lingerOption, type Socket } from '@synos/socket';
import { networkError } from '../errors.js';
import { emptySocketAddress, type Place, placeOf } from './place.js';
import { blocked, type Turns, whenReady } from './waiting.js';

/** The largest chunk that a readable stream hands out. */
const chunkBytes = 65_536;

/**
 * A stream connection: bytes in, bytes out, each direction ended by itself. Made by `connect` and `listen`.
 *
 * `readable` is a byte stream (BYOB readers welcome); its chunks belong to the reader. `writable` copies what it is
 * given before a write resolves; closing it sends FIN and leaves reading open (half-close). When both have ended the
 * connection is closed. Errors of either are shaped as Node's (`code: 'ECONNRESET'`).
 */
export class Connection {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
  readonly local: Place;
  readonly remote: Place;
  /** Resolves when both directions have ended, rejects with what broke the connection. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private readonly turns: Turns;
  private readonly forget: (connection: Connection) => void;
  private settle!: { resolve: () => void; reject: (reason: unknown) => void };
  private reading = true;
  private writing = true;
  private failure: unknown;
  private readableController!: ReadableByteStreamController;
  private writableController!: WritableStreamDefaultController;

  /** @internal */
  constructor(socket: Socket, turns: Turns, forget: (connection: Connection) => void) {
    this.socket = socket;
    this.turns = turns;
    this.forget = forget;
    const name = emptySocketAddress();
    socket.getsockname(name);
    this.local = placeOf(name);
    socket.getpeername(name);
    this.remote = placeOf(name);
    this.closed = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Somebody who watches the streams alone hears of the failure there.
    this.closed.catch(() => {});
    this.readable = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.readableController = controller;
      },
      pull: (controller) => this.pull(controller),
      cancel: () => {
        this.socket.shutdown(SHUT_RD);
        this.ended('reading');
      },
    });
    this.writable = new WritableStream(
      {
        start: (controller) => {
          this.writableController = controller;
        },
        write: (chunk) => this.write(chunk),
        close: () => {
          this.socket.shutdown(SHUT_WR);
          this.ended('writing');
        },
        abort: (reason) => this.abort(reason),
      },
      // What is no chunk of bytes is refused by `write`, not here.
      { highWaterMark: chunkBytes, size: (chunk) => chunk.byteLength || 0 },
    );
  }

  /** Nagle's algorithm off or on (TCP_NODELAY). */
  setNoDelay(on = true): void {
    this.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
  }

  /** Keep-alive probes on or off (SO_KEEPALIVE). */
  setKeepAlive(on = true): void {
    this.socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
  }

  /** Ends both directions in good order; what was written is still sent. Resolves when nothing is left to write. */
  async close(): Promise<void> {
    if (!this.writable.locked && this.writing) await this.writable.close().catch(() => {});
    this.ended('reading');
    this.ended('writing');
    await this.closed.catch(() => {});
  }

  /** Ends at once, with a reset to the peer; both streams fail with `reason`. */
  abort(reason: unknown = networkError(-ECONNABORTED, 'abort')): void {
    if (this.failure !== undefined || this.socket.isClosed) return;
    this.socket.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
    this.fail(reason);
  }

  private async pull(controller: ReadableByteStreamController): Promise<void> {
    const { socket } = this;
    for (;;) {
      if (!this.reading) return;
      const request = controller.byobRequest?.view;
      const waiting = Math.max(socket.ioctl(FIONREAD), 1);
      const into = request
        ? new Uint8Array(request.buffer as ArrayBuffer, request.byteOffset, request.byteLength)
        : new Uint8Array(Math.min(waiting, chunkBytes));
      const count = socket.recv(into, MSG_DONTWAIT);
      if (count === -EAGAIN) {
        await whenReady(socket, POLLIN | POLLRDHUP);
        continue;
      }
      if (count < 0) return this.fail(networkError(count, 'read', this.place()));
      if (count > 0 && request) controller.byobRequest?.respond(count);
      else if (count > 0) controller.enqueue(count === into.length ? into : into.subarray(0, count));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
        this.ended('reading');
      }
      return;
    }
  }

  private async write(chunk: Uint8Array): Promise<void> {
    if (!isBytes(chunk)) throw new TypeError('a connection takes Uint8Array chunks');
    const count = await blocked(this.socket, this.turns, { call: 'send', bytes: chunk });
    if (this.failure !== undefined) throw this.failure;
    if (count < 0) {
      const error = networkError(count, 'write', this.place());
      this.fail(error);
      throw error;
    }
  }

  private place(): { address: string; port: number } {
    return { address: this.remote.host, port: this.remote.port };
  }

  private ended(side: 'reading' | 'writing'): void {
    this[side] = false;
    if (this.reading || this.writing || this.socket.isClosed) return;
    this.socket.close();
    this.forget(this);
    this.settle.resolve();
  }

  private fail(reason: unknown): void {
    if (this.failure !== undefined || this.socket.isClosed) return;
    this.failure = reason;
    const wasReading = this.reading;
    this.reading = false;
    this.writing = false;
    this.socket.close();
    this.forget(this);
    if (wasReading) this.readableController.error(reason);
    this.writableController.error(reason);
    this.settle.reject(reason);
  }
}

/** By its tag, not by `instanceof`: a chunk may come from another realm (a frame, a `vm` context, a test environment). */
function isBytes(chunk: unknown): boolean {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]';
}
