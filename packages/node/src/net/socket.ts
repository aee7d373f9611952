import { addAbortSignal, Duplex } from 'node:stream';
import {
  errno,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@synos/abi';
import { networkError } from '@synos/netstack';
import { lingerOption, type Socket as PosixSocket, Waiter, type WaiterTarget } from '@synos/socket';
import { beginConnect, connectGoal, familyOf } from './connect-goal.js';
import type { ConnectOptions, SocketOptions } from './connect-options.js';
import type { Context } from './context.js';
import { IdleTimer } from './idle-timer.js';
import { closedBeforeConnecting, endedByPeer, socketClosed } from './node-errors.js';
import { PendingWrite, type WriteDone, type WrittenChunk } from './pending-write.js';
import { type AddressInfo, addressInfo, emptySocketAddress } from './place.js';
import { resolve } from './resolve.js';
import { TcpOptions } from './tcp-options.js';

const watched = POLLIN | POLLRDHUP | POLLERR | POLLHUP | POLLNVAL;

/** Streams can be used again after `destroy`; Node's own sockets do so by this method, which its types keep quiet about. */
interface Revivable {
  _undestroy(): void;
}

/** What a server hands to a connection that it has accepted. */
export interface Accepted {
  readonly posix: PosixSocket;
  readonly paused: boolean;
  /** Called once, when the connection is closed. */
  readonly closed: () => void;
}

/**
 * A TCP connection as a `Duplex`, shaped as `net.Socket`: events `lookup`, `connect`, `ready`, `data`, `end`, `timeout`,
 * `drain`, `error`, `close` (with whether an error did it). Errors carry Node's `code`, `errno`, `syscall`, `address`
 * and `port`.
 *
 * Readiness is noted during the stack's poll and worked off in a tick of its own: a listener that throws harms nobody
 * else, and a listener may call anything.
 */
export class Socket extends Duplex implements WaiterTarget {
  /** A connect is under way. */
  connecting: boolean;
  /** As `setTimeout` was told; `undefined` before. */
  timeout: number | undefined;
  /** Bytes received. */
  bytesRead: number;
  readonly #context: Context;
  readonly #waiter: Waiter;
  readonly #idle: IdleTimer;
  #posix: PosixSocket | null;
  /** The stream asked for data. */
  #wantsData: boolean;
  /** A tick is on its way. */
  #isScheduled: boolean;
  #write: PendingWrite | null;
  #takenBytes: number;
  #resets: boolean;
  /** Counts calls of `connect`. */
  #attempt: number;
  readonly #tcp: TcpOptions;
  /** Where the connect goes, for its error. */
  #goal: { address: string; port: number };
  #local: AddressInfo | undefined;
  #remote: AddressInfo | undefined;
  readonly #accepted: Accepted | undefined;

  /** @internal */
  constructor(context: Context, options: SocketOptions = {}, accepted?: Accepted) {
    super({
      allowHalfOpen: options.allowHalfOpen === true,
      // `close` tells whether an error did it: this class emits it.
      emitClose: false,
      autoDestroy: true,
      ...(options.highWaterMark === undefined ? {} : { highWaterMark: options.highWaterMark }),
    });
    this.connecting = false;
    this.timeout = undefined;
    this.bytesRead = 0;
    this.#context = context;
    // Room to write is asked for only while something waits for it: every acknowledgement would tell of it.
    this.#waiter = new Waiter(watched, this);
    this.#idle = new IdleTimer(() => this.emit('timeout'));
    this.#posix = null;
    this.#wantsData = false;
    this.#isScheduled = false;
    this.#write = null;
    this.#takenBytes = 0;
    this.#resets = false;
    this.#attempt = 0;
    this.#tcp = new TcpOptions(options);
    this.#goal = { address: '', port: 0 };
    this.#local = undefined;
    this.#remote = undefined;
    this.#accepted = accepted;
    this.on('end', refuseWritesUnlessHalfOpen);
    if (accepted !== undefined) {
      this.#attach(accepted.posix);
      this.#tcp.applyTo(accepted.posix);
      if (accepted.paused) this.pause();
      else this.read(0);
    }
    if (options.signal !== undefined) addAbortSignal(options.signal, this);
  }

  /** No connection yet, or none any more. */
  get pending(): boolean {
    return this.#posix === null || this.connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /** Bytes written, those that still wait here included. */
  get bytesWritten(): number {
    return this.#takenBytes + this.writableLength;
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  get localAddress(): string | undefined {
    return this.#localInfo()?.address;
  }

  get localPort(): number | undefined {
    return this.#localInfo()?.port;
  }

  get localFamily(): string | undefined {
    return this.#localInfo()?.family;
  }

  get remoteAddress(): string | undefined {
    return this.#remoteInfo()?.address;
  }

  get remotePort(): number | undefined {
    return this.#remoteInfo()?.port;
  }

  get remoteFamily(): string | undefined {
    return this.#remoteInfo()?.family;
  }

  /** The local end, `{}` where there is none. */
  address(): AddressInfo | Record<string, never> {
    return this.#localInfo() ?? {};
  }

  connect(options: ConnectOptions, listener?: () => void): this;
  connect(port: number, host: string, listener?: () => void): this;
  connect(port: number, listener?: () => void): this;
  connect(path: string, listener?: () => void): this;
  /**
   * Starts a connection; `connect` or `error` follows.
   *
   * @throws RangeError ERR_SOCKET_BAD_PORT, TypeError ERR_MISSING_ARGS
   */
  connect(...args: unknown[]): this {
    const { options, listener, path, host, port, isNumeric } = connectGoal(args);
    this.#revive();
    if (listener !== undefined) this.once('connect', listener);
    this.connecting = true;
    this.#attempt += 1;
    const attempt = this.#attempt;
    // Destroyed meanwhile, or on its way elsewhere.
    const isStale = (): boolean => !this.connecting || attempt !== this.#attempt;
    const begin = (address: string): void => {
      if (!isStale()) this.#begin(address, port, options);
    };
    if (path !== undefined) process.nextTick(() => this.#fail(-errno.EAFNOSUPPORT, 'connect', path));
    else if (isNumeric) process.nextTick(begin, host);
    else {
      resolve(host, options, (error, address, family) => {
        if (isStale()) return;
        this.emit('lookup', error, error ? undefined : address, error ? undefined : family, host);
        if (!error) begin(address);
        else if (!isStale()) this.destroy(error);
      });
    }
    return this;
  }

  /** Ends the sending side, and destroys the socket once all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Closes with a reset (RST) instead of in good order. */
  resetAndDestroy(): this {
    if (this.#posix === null && !this.connecting) return this.destroy(socketClosed());
    if (this.connecting) this.once('connect', () => this.#reset());
    else this.#reset();
    return this;
  }

  /** Emits `timeout` after `timeoutMs` without traffic; 0 turns it off. Closes nothing. */
  setTimeout(timeoutMs: number, listener?: () => void): this {
    if (this.destroyed) return this;
    this.#idle.set(timeoutMs);
    this.timeout = timeoutMs;
    if (listener === undefined) return this;
    if (timeoutMs === 0) this.removeListener('timeout', listener);
    else this.once('timeout', listener);
    return this;
  }

  /** Nagle's algorithm off or on (TCP_NODELAY). */
  setNoDelay(on = true): this {
    this.#tcp.setNoDelay(this.#posix, Boolean(on));
    return this;
  }

  /** Keep-alive probes on or off; an initial delay of 0 ms leaves the stack's own. */
  setKeepAlive(on = false, initialDelayMs = 0): this {
    this.#tcp.setKeepAlive(this.#posix, Boolean(on), initialDelayMs);
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

  /** @internal From the socket, inside the stack's poll: takes note. */
  woken(): void {
    this.#schedule();
  }

  override _read(): void {
    this.#wantsData = true;
    if (this.#posix !== null && !this.connecting) this.#schedule();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: WriteDone): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: readonly WrittenChunk[], done: WriteDone): void {
    if (this.#posix === null && !this.connecting) {
      done(socketClosed());
      return;
    }
    this.#write = new PendingWrite(chunks, done);
    if (!this.connecting) this.#goOnWriting();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once('connect', () => this._final(done));
      return;
    }
    // Where the peer has reset there is nothing to end: reading tells.
    this.#posix?.shutdown(SHUT_WR);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const wasConnecting = this.connecting;
    const posix = this.#posix;
    const write = this.#write;
    this.connecting = false;
    this.#posix = null;
    this.#write = null;
    this.#wantsData = false;
    this.#idle.stop();
    if (posix !== null) {
      posix.removeWaiter(this.#waiter);
      if (this.#resets) posix.setsockopt(SOL_SOCKET, SO_LINGER, lingerOption(0));
      posix.close();
    }
    done(error);
    const close = (): void => {
      if (write !== null && !wasConnecting) write.done(null);
      this.emit('close', error !== null);
      if (write !== null && wasConnecting) write.done(closedBeforeConnecting());
    };
    // As Node: handles are closed after the turn, what never had one in the next tick.
    if (posix === null) process.nextTick(close);
    else setImmediate(close);
    this.#accepted?.closed();
  }

  #begin(address: string, port: number, options: ConnectOptions): void {
    const posix = this.#posix ?? this.#context.sockets.socket(familyOf(address), SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (typeof posix === 'number') {
      this.#fail(posix, 'connect', address, port);
      return;
    }
    this.#goal = { address, port };
    // A second connect is answered by the socket itself: EALREADY, EISCONN.
    if (posix !== this.#posix) this.#attach(posix);
    this.#waiter.mask = watched | POLLOUT;
    beginConnect(posix, address, port, options, (failed) => {
      if (this.#posix !== posix) return;
      if (failed !== null) this.#fail(failed.result, failed.syscall, failed.address, failed.port);
      else if (posix.poll(watched | POLLOUT) !== 0) this.#schedule();
    });
  }

  #attach(posix: PosixSocket): void {
    this.#posix = posix;
    posix.addWaiter(this.#waiter);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(workOff, this);
  }

  /** @internal */
  workOff(): void {
    this.#isScheduled = false;
    if (this.#posix === null) return;
    if (this.connecting && !this.#finishConnect(this.#posix)) return;
    this.#fill();
    if (this.#write !== null) this.#goOnWriting();
  }

  /** Whether the connection stands. */
  #finishConnect(posix: PosixSocket): boolean {
    if ((posix.poll(POLLOUT) & (POLLOUT | POLLERR | POLLHUP)) === 0) return false;
    const failed = posix.getsockopt(SOL_SOCKET, SO_ERROR) as number;
    if (failed !== 0) {
      this.#fail(failed < 0 ? failed : -failed, 'connect', this.#goal.address, this.#goal.port);
      return false;
    }
    // The first connect after the handshake says that it has ended (inet_stream_connect); a second is told EISCONN.
    const peer = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
    if (posix.getpeername(peer) === 0) posix.connect(peer);
    this.connecting = false;
    this.#waiter.mask = watched;
    this.#idle.touch();
    this.#tcp.applyTo(posix);
    this.emit('connect');
    this.emit('ready');
    if (this.#posix !== null && this.readable && !this.isPaused()) this.read(0);
    return true;
  }

  #fill(): void {
    const context = this.#context;
    while (this.#wantsData && this.#posix !== null) {
      context.makeRoom();
      const count = this.#posix.recv(context.slab, 0, context.slabUsedBytes);
      if (count === -errno.EAGAIN) return;
      if (count < 0) {
        this.#fail(count, 'read');
        return;
      }
      if (count === 0) {
        this.#wantsData = false;
        this.push(null);
        this.read(0);
        return;
      }
      this.bytesRead += count;
      this.#idle.touch();
      // Cleared first: a listener may read on, or pause, inside.
      this.#wantsData = false;
      if (this.push(context.takeFilled(count))) this.#wantsData = true;
    }
  }

  #goOnWriting(): void {
    const write = this.#write;
    if (write === null || this.#posix === null) return;
    const result = write.go(this.#posix);
    if (result === -errno.EAGAIN) {
      this.#waiter.mask = watched | POLLOUT;
      return;
    }
    this.#waiter.mask = watched;
    this.#idle.touch();
    this.#write = null;
    this.#takenBytes += write.byteLength;
    write.done(result === 0 ? null : networkError(result, 'write'));
  }

  #fail(result: number, syscall: string, address?: string, port?: number): void {
    if (!this.destroyed) this.destroy(networkError(result, syscall, { address, port }));
  }

  #reset(): void {
    this.#resets = true;
    this.destroy();
  }

  /** As Node: a socket that is closed may connect anew. */
  #revive(): void {
    // A subclass of `write` that refuses is the one of the connection before.
    Reflect.deleteProperty(this, 'write');
    if (!this.destroyed) return;
    (this as unknown as Revivable)._undestroy();
    this.bytesRead = 0;
    this.#takenBytes = 0;
    this.#resets = false;
    this.#local = undefined;
    this.#remote = undefined;
  }

  #localInfo(): AddressInfo | undefined {
    if (this.#local === undefined && this.#posix !== null && !this.connecting) {
      const name = emptySocketAddress();
      if (this.#posix.getsockname(name) === 0) this.#local = addressInfo(name);
    }
    return this.#local;
  }

  #remoteInfo(): AddressInfo | undefined {
    if (this.#remote === undefined && this.#posix !== null && !this.connecting) {
      const name = emptySocketAddress();
      if (this.#posix.getpeername(name) === 0) this.#remote = addressInfo(name);
    }
    return this.#remote;
  }
}

function workOff(socket: Socket): void {
  socket.workOff();
}

function refuseWritesUnlessHalfOpen(this: Socket): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd as Socket['write'];
}

/** Until the stream has ended itself, which happens a tick after `end`, writing goes on. */
function writeAfterEnd(this: Socket, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, encoding as never, callback as never);
  const done = typeof encoding === 'function' ? encoding : callback;
  const error = endedByPeer();
  if (typeof done === 'function') process.nextTick(done as (error: Error) => void, error);
  this.destroy(error);
  return false;
}
