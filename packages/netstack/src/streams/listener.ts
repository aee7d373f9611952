import { EBADF } from '@synos/abi';
import { block, type Socket } from '@synos/socket';
import { networkError } from '../errors.js';
import type { Connection } from './connection.js';
import { emptySocketAddress, type Place, placeOf } from './place.js';

/**
 * Accepts connections: `for await (const connection of listener)`. The loop ends when the listener is closed;
 * connections that nobody has taken yet wait in the accept queue, bounded by its backlog.
 */
export class Listener implements AsyncIterable<Connection> {
  readonly local: Place;
  private readonly socket: Socket;
  private readonly admit: (socket: Socket) => Connection;
  private readonly forget: (listener: Listener) => void;
  private failure: unknown;

  /** @internal */
  constructor(socket: Socket, admit: (socket: Socket) => Connection, forget: (listener: Listener) => void) {
    this.socket = socket;
    this.admit = admit;
    this.forget = forget;
    const name = emptySocketAddress();
    socket.getsockname(name);
    this.local = placeOf(name);
  }

  /** The next connection, or `null` when the listener is closed. Each connection goes to one caller. */
  async accept(): Promise<Connection | null> {
    const accepted = await new Promise<Socket | number>((resolve) => {
      block(this.socket, { call: 'accept' }, resolve);
    });
    if (typeof accepted !== 'number') return this.admit(accepted);
    if (this.failure !== undefined) throw this.failure;
    if (accepted === -EBADF) return null;
    throw networkError(accepted, 'accept', { address: this.local.host, port: this.local.port });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void, void> {
    try {
      for (;;) {
        const connection = await this.accept();
        if (connection === null) return;
        yield connection;
      }
    } finally {
      this.close();
    }
  }

  /** Stops listening; connections that wait untaken are reset. Connections already taken live on. */
  close(): void {
    if (this.socket.isClosed) return;
    this.socket.close();
    this.forget(this);
  }

  /** Stops listening; whoever waits for a connection gets `reason`. */
  abort(reason: unknown): void {
    if (this.socket.isClosed) return;
    this.failure = reason;
    this.close();
  }
}
