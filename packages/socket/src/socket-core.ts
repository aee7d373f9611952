import {
  EALREADY,
  EBADF,
  ECONNABORTED,
  EINPROGRESS,
  POLLERR,
  POLLHUP,
  POLLNVAL,
  POLLOUT,
  POLLWRNORM,
  SOCK_STREAM,
} from '@synos/abi';
import {
  failure,
  type MutableSocketAddress,
  type ReadinessListener,
  readiness,
  type SocketKind,
  type TransportEndpoint,
} from '@synos/interfaces';
import { errnoOfFailure, PENDING } from './errno-of-failure.js';
import { pollEventsOf } from './poll-events.js';
import { type RareOptions, unsetRareOptions } from './rare-options.js';
import type { SocketContext } from './socket-context.js';
import { inheritOptions } from './socket-options.js';
import {
  bound,
  closed,
  connected,
  connecting,
  listening,
  listens,
  named,
  nonblocking,
  operating,
  operationBlocks,
  spent,
  unseen,
} from './socket-state.js';
import { type Waiter, WaiterList } from './waiter-list.js';

/** What wakes every waiter. */
const allEvents = 0xffff;

/** What a socket is between calls: its endpoint, its state, who waits for it. {@link Socket} has the calls. */
export abstract class SocketCore implements ReadinessListener {
  /** `AF_*`, as given to socket(2). */
  readonly domain: number;
  /** `SOCK_*` without flags. */
  readonly type: number;
  /** @internal */
  readonly context: SocketContext;
  /** @internal The same in the words of providers. */
  readonly kind: SocketKind;
  protected endpoint: TransportEndpoint;
  /** @internal */
  state: number;
  /** @internal */
  rare: RareOptions;
  /** A positive errno that the next call or SO_ERROR takes. */
  private deferredErrno: number;
  private waiters: WaiterList | null;
  private operationFlag: number;
  /** Of a provider's pending operation, when it has ended. */
  private operationResult: number;

  /** @internal */
  constructor(
    context: SocketContext,
    endpoint: TransportEndpoint,
    kind: SocketKind,
    domain: number,
    type: number,
    state: number,
  ) {
    this.domain = domain;
    this.type = type;
    this.context = context;
    this.kind = kind;
    this.endpoint = endpoint;
    this.state = state;
    this.rare = unsetRareOptions;
    this.deferredErrno = 0;
    this.waiters = null;
    this.operationFlag = 0;
    this.operationResult = 0;
  }

  /** `IPPROTO_*`, never 0. */
  get protocol(): number {
    return this.kind.protocol;
  }

  /** O_NONBLOCK. */
  get nonblocking(): boolean {
    return (this.state & nonblocking) !== 0;
  }

  set nonblocking(on: boolean) {
    this.state = on ? this.state | nonblocking : this.state & ~nonblocking;
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return (this.state & closed) !== 0;
  }

  /** Whether this is a stream socket. */
  get isStream(): boolean {
    return this.type === SOCK_STREAM;
  }

  /**
   * poll(2) of this one socket.
   *
   * @param events - POLL* bits that are asked for
   * @returns those that hold; POLLERR, POLLHUP and POLLNVAL unasked
   */
  poll(events: number): number {
    if (this.isClosed) return POLLNVAL;
    this.settleOperation();
    return this.pollEvents(this.endpoint.readiness()) & (events | POLLERR | POLLHUP);
  }

  /** Lets a waiter wait for poll events of this socket. It is woken by changes from now on: poll first. */
  addWaiter(waiter: Waiter): void {
    this.waiters ??= new WaiterList();
    this.waiters.add(waiter);
    if ((this.state & (listens | closed)) === 0) {
      this.state |= listens;
      this.endpoint.listenReadiness(this);
    }
  }

  /** Takes a waiter out; one that does not wait here is left alone. */
  removeWaiter(waiter: Waiter): void {
    if (this.waiters !== null) this.waiters.remove(waiter);
  }

  /**
   * The result of an operation that a provider completes later (its bind, listen or connect answered PENDING):
   * {@link PENDING} while it runs, then 0 or a negative errno, once.
   */
  takeOperationResult(): number {
    if (this.isClosed) return -EBADF;
    this.settleOperation();
    if ((this.state & operating) !== 0) return PENDING;
    const result = this.operationResult;
    this.operationResult = 0;
    return result;
  }

  /** @internal Whether a provider's answer to bind, listen or connect is outstanding. */
  get isOperating(): boolean {
    this.settleOperation();
    return (this.state & operating) !== 0;
  }

  /** @internal Whether that is a bind: a connect behind it has not begun. */
  get isBinding(): boolean {
    return this.isOperating && (this.operationFlag & (listening | connected)) === 0;
  }

  /** @internal Keeps an error (a negative errno) for the next call: a call that moved bytes answers their count. */
  deferError(error: number): void {
    if (this.deferredErrno === 0) this.deferredErrno = -error;
  }

  /** @internal SO_ERROR: the error that waits, as a positive errno, taken. */
  takeError(): number {
    this.settleOperation();
    if (this.deferredErrno !== 0) return -this.takeDeferred();
    // A handshake that does not run and has left no connection has ended badly, and no call has said so.
    const hasFailed = !this.isHandshaking() && (this.state & connecting) !== 0;
    const result = errnoOfFailure(this.endpoint.takeError());
    if (hasFailed) this.state = (this.state & ~connecting) | spent;
    return result === 0 ? 0 : -result;
  }

  /** @internal From the endpoint. */
  readinessChanged(_endpoint: TransportEndpoint, bits: number): void {
    if (this.waiters === null || this.waiters.isEmpty) return;
    const hasCompleted = (bits & readiness.completed) !== 0;
    if (hasCompleted) this.settleOperation();
    // The end of an operation concerns everybody: calls of any kind had to wait for it.
    this.waiters.wake(hasCompleted ? allEvents : this.pollEvents(bits));
  }

  /** Why no call may go on now, or 0. */
  protected refusal(): number {
    if ((this.state & (closed | operating)) === 0) return 0;
    if (this.isClosed) return -EBADF;
    this.settleOperation();
    if ((this.state & operating) === 0) return 0;
    return this.nonblocking ? -EALREADY : PENDING;
  }

  protected get hasDeferredError(): boolean {
    return this.deferredErrno !== 0;
  }

  protected takeDeferred(): number {
    const error = this.deferredErrno;
    this.deferredErrno = 0;
    return -error;
  }

  /** What a bind, listen or connect of the endpoint has come to. */
  protected begun(result: number, success: number): number {
    this.operationResult = 0;
    if (result >= 0) {
      this.state |= success;
      return 0;
    }
    if (result !== failure.pending) return errnoOfFailure(result);
    this.state |= operating | (this.nonblocking ? 0 : operationBlocks);
    this.operationFlag = success;
    return this.nonblocking ? -EINPROGRESS : PENDING;
  }

  /** Notes that a handshake has begun. */
  protected handshakeBegun(): number {
    this.operationResult = 0;
    this.state = (this.state & ~spent) | bound | connecting;
    return this.nonblocking ? -EINPROGRESS : PENDING;
  }

  /** @internal connect on a socket that connects (inet_stream_connect, SS_CONNECTING). */
  connectGoesOn(): number {
    if (this.isHandshaking()) return this.nonblocking ? -EALREADY : PENDING;
    if ((this.state & connected) !== 0) return this.connectSeen();
    const error = this.takeError();
    return error !== 0 ? -error : -ECONNABORTED;
  }

  /** @internal A connect says that the handshake has ended well: those after it find the socket connected. */
  connectSeen(): number {
    this.state &= ~unseen;
    return 0;
  }

  /** Whether the handshake still runs; notes its good end. */
  protected isHandshaking(): boolean {
    if ((this.state & connecting) === 0) return false;
    const bits = this.endpoint.readiness();
    if ((bits & (readiness.error | readiness.hangup)) !== 0) return false;
    if ((bits & readiness.writable) === 0) return true;
    this.state = (this.state & ~connecting) | connected | unseen;
    return false;
  }

  /** Puts a fresh endpoint in the place of one whose connection is over or unwanted (tcp_disconnect). */
  protected reopen(): number {
    const fresh = this.context.openEndpoint(this.kind);
    if (typeof fresh === 'number') return errnoOfFailure(fresh);
    const old = this.endpoint;
    inheritOptions(this.rare, old, fresh);
    const local: MutableSocketAddress = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
    const isNamed = (this.state & named) !== 0 && old.localAddress(local) === 0;
    old.listenReadiness(null);
    old.abort();
    this.endpoint = fresh;
    this.state &= ~(bound | connecting | connected | listening | spent | unseen);
    // The name was this socket's a moment ago. Where a provider does not give it back the socket is without one.
    const result = isNamed ? fresh.bind(local) : failure.invalid;
    if (result === 0) this.state |= bound;
    if (result === failure.pending) {
      this.state |= operating;
      this.operationFlag = bound;
    }
    if ((this.state & listens) !== 0) fresh.listenReadiness(this);
    this.wake(this.pollEvents(fresh.readiness()));
    return 0;
  }

  /** @internal */
  wake(events: number): void {
    if (this.waiters !== null) this.waiters.wake(events);
  }

  /** Takes the result of an operation that has ended. Nobody asks for a non-blocking one's: its error goes to SO_ERROR. */
  private settleOperation(): void {
    if ((this.state & operating) === 0) return;
    if ((this.endpoint.readiness() & readiness.completed) === 0) return;
    const result = errnoOfFailure(this.endpoint.takeResult());
    if (result >= 0) this.state |= this.operationFlag;
    const isAskedFor = (this.state & operationBlocks) !== 0;
    this.state &= ~(operating | operationBlocks);
    if (result >= 0) return;
    if (this.isStream && (this.operationFlag & connected) !== 0) this.state |= spent;
    if (isAskedFor) this.operationResult = result;
    else this.deferError(result);
  }

  private pollEvents(bits: number): number {
    const deferred = this.deferredErrno !== 0 ? POLLERR : 0;
    if ((this.state & operating) !== 0) return deferred;
    // tcp_poll, TCP_CLOSE: a stream socket without a connection is writable and hung up.
    if (this.isStream && (this.state & (connecting | connected | listening)) === 0) {
      return POLLOUT | POLLWRNORM | POLLHUP | deferred | ((bits & readiness.error) !== 0 ? POLLERR : 0);
    }
    return pollEventsOf(bits) | deferred;
  }
}
