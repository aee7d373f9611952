import { EventEmitter } from 'node:events';
import {
  AF_INET,
  AF_INET6,
  errno,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  SO_REUSEADDR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@synos/abi';
import { isIpv4Mapped } from '@synos/interfaces';
import { networkError } from '@synos/netstack';
import { block, type Socket as PosixSocket, Waiter, type WaiterTarget } from '@synos/socket';
import { listenArguments } from './call-arguments.js';
import type { Context } from './context.js';
import { invalidArgument, notFound, portOf, serverAlreadyListening, serverNotRunning } from './node-errors.js';
import { type AddressInfo, addressInfo, emptySocketAddress } from './place.js';
import { addressOf } from './resolve.js';
import { Socket } from './socket.js';

/** Node's backlog where none is given. */
const usualBacklog = 511;

/** Options of `createServer`. */
export interface ServerOptions {
  /** Leave the sending side of connections open when the peer has ended; `false` by default. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Hand out connections paused: no byte is read before `resume`. */
  readonly pauseOnConnect?: boolean | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
  readonly highWaterMark?: number | undefined;
}

/** Options of `listen`. */
export interface ListenOptions {
  /** 0, the default: a free one. */
  readonly port?: number | string | undefined;
  /** A numeric address of ours or `localhost`; all IPv4 addresses by default. */
  readonly host?: string | undefined;
  readonly backlog?: number | undefined;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** The path of a local socket: answered with EAFNOSUPPORT, there are none here. */
  readonly path?: string | null | undefined;
}

type ConnectionListener = (socket: Socket) => void;
type ServerCallback = (error?: Error) => void;

/**
 * A TCP server shaped as `net.Server`: events `listening`, `connection`, `drop`, `error`, `close`. Errors of `listen`
 * come as the event, in a later tick.
 */
export class Server extends EventEmitter implements WaiterTarget {
  /** Beyond so many, connections are closed at once and announced by `drop`. */
  maxConnections: number | undefined;
  readonly #context: Context;
  readonly #options: ServerOptions;
  readonly #waiter: Waiter;
  #posix: PosixSocket | null;
  /** A listener whose provider has not bound it yet. */
  #opening: PosixSocket | null;
  #connections: number;
  #isScheduled: boolean;

  /** @internal */
  constructor(context: Context, options: ServerOptions = {}, listener?: ConnectionListener) {
    super();
    this.maxConnections = undefined;
    this.#context = context;
    this.#options = options;
    this.#waiter = new Waiter(POLLIN | POLLERR | POLLHUP | POLLNVAL, this);
    this.#posix = null;
    this.#opening = null;
    this.#connections = 0;
    this.#isScheduled = false;
    if (listener !== undefined) this.on('connection', listener);
  }

  get listening(): boolean {
    return this.#posix !== null;
  }

  listen(port?: number, host?: string, backlog?: number, listener?: () => void): this;
  listen(port?: number, host?: string, listener?: () => void): this;
  listen(port?: number, backlog?: number, listener?: () => void): this;
  listen(port?: number, listener?: () => void): this;
  listen(path: string, listener?: () => void): this;
  listen(options: ListenOptions, listener?: () => void): this;
  listen(listener?: () => void): this;
  /**
   * Begins to listen; `listening` or `error` follows.
   *
   * @throws RangeError ERR_SOCKET_BAD_PORT, Error ERR_SERVER_ALREADY_LISTEN
   */
  listen(...args: unknown[]): this {
    if (this.#posix !== null || this.#opening !== null) throw serverAlreadyListening();
    const { options, listener } = listenArguments(args);
    const port = portOf(options.port ?? 0, 'options.port');
    const { host, signal } = options;
    if (host !== undefined && typeof host !== 'string') throw invalidArgument('options.host', 'of type string', host);
    if (listener !== undefined) this.once('listening', listener);
    if (signal?.aborted) {
      process.nextTick(() => this.close());
      return this;
    }
    if (signal !== undefined) {
      const close = (): void => void this.close();
      signal.addEventListener('abort', close, { once: true });
      this.once('close', () => signal.removeEventListener('abort', close));
    }
    this.#open(options, port);
    return this;
  }

  /** Stops accepting; `close` is emitted, and the listener called, once every connection is closed. */
  close(listener?: ServerCallback): this {
    if (listener !== undefined) {
      if (this.#posix === null) this.once('close', () => listener(serverNotRunning()));
      else this.once('close', listener);
    }
    this.#posix?.removeWaiter(this.#waiter);
    this.#posix?.close();
    this.#posix = null;
    const opening = this.#opening;
    this.#opening = null;
    opening?.close();
    this.#emitCloseIfDrained();
    return this;
  }

  /** Where it listens, `null` when it does not. */
  address(): AddressInfo | null {
    const name = emptySocketAddress();
    return this.#posix !== null && this.#posix.getsockname(name) === 0 ? addressInfo(name) : null;
  }

  /** Tells how many connections are open. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#connections);
    return this;
  }

  /** Accepted, without effect: a process lives while something can still happen to its stack. */
  ref(): this {
    return this;
  }

  /** Accepted, without effect, as `ref`. */
  unref(): this {
    return this;
  }

  /** @internal From the listener, inside the stack's poll: takes note. */
  woken(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(acceptAll, this);
  }

  /** @internal */
  acceptAll(): void {
    this.#isScheduled = false;
    const posix = this.#posix;
    if (posix === null) return;
    const accepted = posix.accept(SOCK_NONBLOCK);
    if (typeof accepted === 'number') return;
    // One a tick: a listener that throws costs the others nothing.
    this.woken();
    if (this.maxConnections !== undefined && this.#connections >= this.maxConnections) this.#drop(accepted);
    else this.#welcome(accepted);
  }

  #open({ host, path: givenPath, backlog = usualBacklog }: ListenOptions, port: number): void {
    const path = givenPath || undefined;
    const text = path ?? (host === undefined || host === '' ? '0.0.0.0' : host === 'localhost' ? '127.0.0.1' : host);
    const opened = (result: PosixSocket | number | null): void => {
      if (result === null || typeof result === 'number') {
        const error = result === null ? notFound(text) : networkError(result, 'listen', { address: text, port });
        process.nextTick(() => this.emit('error', error));
        return;
      }
      this.#posix = result;
      result.addWaiter(this.#waiter);
      process.nextTick(() => {
        if (this.#posix !== null) this.emit('listening');
      });
    };
    if (path === undefined) this.#openAt(text, port, backlog, opened);
    else opened(-errno.EAFNOSUPPORT);
  }

  /** Tells of a listening socket, a negative errno, or `null` for a name that nobody knows; at once where it can. */
  #openAt(host: string, port: number, backlog: number, opened: (result: PosixSocket | number | null) => void): void {
    const address = addressOf(host);
    if (address === undefined) {
      opened(null);
      return;
    }
    const family = isIpv4Mapped(address) ? AF_INET : AF_INET6;
    // Blocking while it is set up: some providers bind later.
    const posix = this.#context.sockets.socket(family, SOCK_STREAM, 0);
    if (typeof posix === 'number') {
      opened(posix);
      return;
    }
    // As libuv: a server that starts again is not kept waiting by connections in TIME-WAIT.
    posix.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    this.#opening = posix;
    const finish = (result: number): void => {
      // Closed meanwhile: nobody asks.
      if (this.#opening !== posix) return;
      this.#opening = null;
      posix.nonblocking = true;
      if (result !== 0) posix.close();
      opened(result === 0 ? posix : result);
    };
    block(posix, { call: 'bind', name: { address, port } }, (bound) => {
      if (bound < 0) finish(bound);
      else block(posix, { call: 'listen', backlog }, finish);
    });
  }

  #welcome(posix: PosixSocket): void {
    this.#connections += 1;
    const options = this.#options;
    const closed = (): void => {
      this.#connections -= 1;
      this.#emitCloseIfDrained();
    };
    const socket = new Socket(this.#context, options, { posix, paused: options.pauseOnConnect === true, closed });
    this.emit('connection', socket);
  }

  #drop(posix: PosixSocket): void {
    const local = emptySocketAddress();
    const remote = emptySocketAddress();
    posix.getsockname(local);
    posix.getpeername(remote);
    posix.close();
    const { address: localAddress, port: localPort, family: localFamily } = addressInfo(local);
    const { address: remoteAddress, port: remotePort, family: remoteFamily } = addressInfo(remote);
    this.emit('drop', { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily });
  }

  #emitCloseIfDrained(): void {
    if (this.#posix !== null || this.#connections > 0) return;
    process.nextTick(() => {
      if (this.#posix === null && this.#connections === 0) this.emit('close');
    });
  }
}

function acceptAll(server: Server): void {
  server.acceptAll();
}
