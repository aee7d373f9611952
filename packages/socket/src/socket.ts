import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  errno,
  FIONBIO,
  FIONREAD,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLNVAL,
  POLLOUT,
  POLLWRNORM,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIOCOUTQ,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOMAXCONN,
} from '@synos/abi';
import {
  type Direction,
  direction,
  failure,
  type MutableSocketAddress,
  type ReadinessListener,
  type ReceiveDetails,
  readiness,
  type TransportEndpoint,
  transfer,
} from '@synos/interfaces';
import type { Deadline } from './deadline-queue.js';
import { errnoOfFailure, PENDING } from './errno-of-failure.js';
import { LingeringClose } from './lingering-close.js';
import { pollEventsOf } from './poll-events.js';
import { createRareOptions, type RareOptions } from './rare-options.js';
import type { SocketContext } from './socket-context.js';
import { checkBindName, checkName, type SocketName } from './socket-name.js';
import { getSocketOption, inheritOptions, setSocketOption } from './socket-options.js';
import { type Waiter, WaiterList } from './waiter-list.js';

// Bits of `Socket.state`.
const nonblocking = 1;
const bound = 2;
const connecting = 4;
const connected = 8;
const listening = 16;
const closed = 32;
/** The endpoint has answered `pending`; `operationFlag` is what its success makes of the socket. */
const operating = 64;
const operationBlocks = 128;
const listens = 256;
/** What wakes every waiter. */
const allEvents = 0xffff;
/** The connection failed: the next connect begins with a fresh endpoint. */
const spent = 512;

/**
 * A POSIX socket over one endpoint of any provider. No call waits: each answers a count or 0, a negative errno of
 * Linux, or {@link PENDING} where the socket is blocking and the call would have to wait ({@link block} then waits).
 *
 * Made by {@link Sockets.socket} and {@link Socket.accept}. All calls are safe from inside every callback.
 */
export class Socket implements ReadinessListener {
  /** `AF_*`, as given to socket(2). */
  readonly domain: number;
  /** `SOCK_*` without flags. */
  readonly type: number;
  /** `IPPROTO_*`, never 0. */
  readonly protocol: number;
  private readonly context: SocketContext;
  private endpoint: TransportEndpoint;
  private state: number;
  /** A positive errno that the next call or SO_ERROR takes. */
  private deferredErrno: number;
  private waiters: WaiterList | null;
  private rare: RareOptions | null;
  /** State bit that a pending operation ends in; its result (PENDING while it runs). */
  private operationFlag: number;
  private operationResult: number;

  /** @internal */
  constructor(
    context: SocketContext,
    endpoint: TransportEndpoint,
    domain: number,
    type: number,
    protocol: number,
    isNonblocking: boolean,
    isAccepted: boolean,
  ) {
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
    this.context = context;
    this.endpoint = endpoint;
    this.state = (isNonblocking ? nonblocking : 0) | (isAccepted ? bound | connected : 0);
    this.deferredErrno = 0;
    this.waiters = null;
    this.rare = null;
    this.operationFlag = 0;
    this.operationResult = 0;
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

  /** bind(2): takes a local address; unspecified = all, port 0 = any. */
  bind(name: SocketName): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    // inet_bind: a socket that has a port keeps it.
    if ((this.state & bound) !== 0) return -errno.EINVAL;
    const misfit = checkBindName(this.domain, name);
    if (misfit !== 0) return misfit;
    return this.begun(this.endpoint.bind(name), bound);
  }

  /**
   * listen(2).
   *
   * @param backlog - connections that may wait; negative or above SOMAXCONN counts as SOMAXCONN
   */
  listen(backlog: number): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if (!this.isStream) return -errno.EOPNOTSUPP;
    if ((this.state & (connecting | connected)) !== 0) return -errno.EINVAL;
    if (this.deferredErrno !== 0) return this.takeDeferred();
    const length = backlog >= 0 && backlog < SOMAXCONN ? Math.trunc(backlog) : SOMAXCONN;
    return this.begun(this.endpoint.listen(length), bound | listening);
  }

  /**
   * connect(2). A blocking socket answers {@link PENDING} while the handshake runs, a non-blocking one `-EINPROGRESS`,
   * then `-EALREADY`; the first call after the end answers 0 or the error. AF_UNSPEC dissolves the association.
   */
  connect(name: SocketName): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if (name.family === AF_UNSPEC) return this.disconnect();
    if (this.isStream) {
      if ((this.state & (connected | listening)) !== 0) return -errno.EISCONN;
      if ((this.state & connecting) !== 0) return this.connectGoesOn();
    }
    const misfit = checkName(this.domain, name);
    if (misfit !== 0) return misfit;
    if ((this.state & spent) !== 0) {
      const result = this.reopen();
      if (result !== 0) return result;
    }
    // Without a connection the error can only be that of a bind that failed late: nobody should connect in spite of it.
    if (this.deferredErrno !== 0 && (this.state & connected) === 0) return this.takeDeferred();
    const result = this.endpoint.connect(name);
    if (result !== failure.inProgress) return this.begun(result, bound | connected);
    this.state |= bound | connecting;
    return this.nonblocking ? -errno.EINPROGRESS : PENDING;
  }

  /**
   * accept4(2).
   *
   * @param flags - SOCK_NONBLOCK and SOCK_CLOEXEC (which is the descriptor table's business); the listener's own
   *   O_NONBLOCK is not inherited, its options are
   * @returns the connection, or a negative errno, or PENDING
   */
  accept(flags = 0): Socket | number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -errno.EINVAL;
    if (!this.isStream) return -errno.EOPNOTSUPP;
    if ((this.state & listening) === 0) return -errno.EINVAL;
    const endpoint = this.endpoint.accept();
    if (endpoint === null) return this.nonblocking ? -errno.EAGAIN : PENDING;
    const isNonblocking = (flags & SOCK_NONBLOCK) !== 0;
    const { context, domain, type, protocol } = this;
    const child = new Socket(context, endpoint, domain, type, protocol, isNonblocking, true);
    if (this.rare !== null) {
      child.rare = { ...this.rare };
      inheritOptions(this.rare.touched, this.endpoint, endpoint);
    }
    return child;
  }

  /**
   * send(2). Bytes are copied before it returns; a stream may take fewer.
   *
   * @param flags - MSG_MORE, MSG_DONTWAIT; MSG_NOSIGNAL is accepted (signals are the kernel's business)
   * @param start - where in `bytes` to begin
   * @param end - one past the last byte
   */
  send(bytes: Uint8Array, flags = 0, start = 0, end = bytes.length): number {
    return this.sendto(bytes, flags, null, start, end);
  }

  /** sendto(2): {@link send} with a destination. Streams ignore it, as Linux does. */
  sendto(bytes: Uint8Array, flags: number, to: SocketName | null, start = 0, end = bytes.length): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if ((flags & MSG_OOB) !== 0) return -errno.EOPNOTSUPP;
    if (!(start >= 0 && start <= end && end <= bytes.length)) return -errno.EINVAL;
    if (this.deferredErrno !== 0) return this.takeDeferred();
    const transferFlags = (flags & MSG_MORE) !== 0 ? transfer.more : 0;
    if (this.isStream) {
      // tcp_sendmsg, sk_stream_wait_connect: what never had a peer is a broken pipe.
      if ((this.state & (connecting | connected)) === 0) return -errno.EPIPE;
      const result = this.endpoint.send(bytes, start, end, transferFlags, null);
      if (result >= 0) return result;
      if (result !== failure.notConnected) return this.refused(result, flags);
      return this.isHandshaking() ? this.refused(failure.wouldBlock, flags) : -errno.EPIPE;
    }
    if (to !== null) {
      const misfit = checkName(this.domain, to);
      if (misfit !== 0) return misfit;
    }
    const result = this.endpoint.send(bytes, start, end, transferFlags, to);
    if (result < 0) return this.refused(result, flags);
    this.state |= bound;
    return result;
  }

  /**
   * recv(2).
   *
   * @param flags - MSG_PEEK, MSG_DONTWAIT, MSG_TRUNC (datagrams: answer the whole length; streams: the bytes count as
   *   received, what `into` holds afterwards is undefined); MSG_WAITALL is {@link block}'s business
   * @returns how many bytes; on a stream 0 is the end
   */
  recv(into: Uint8Array, flags = 0, start = 0, end = into.length): number {
    return this.recvfrom(into, flags, null, start, end);
  }

  /** recvfrom(2): {@link recv} that fills `details` in with a datagram's sender and whether it was cut (MSG_TRUNC). */
  recvfrom(into: Uint8Array, flags: number, details: ReceiveDetails | null, start = 0, end = into.length): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if ((flags & MSG_OOB) !== 0) return -errno.EOPNOTSUPP;
    // The queue of extended errors (IP_RECVERR) is not kept: it is always empty.
    if ((flags & MSG_ERRQUEUE) !== 0) return -errno.EAGAIN;
    if (!(start >= 0 && start <= end && end <= into.length)) return -errno.EINVAL;
    if (this.deferredErrno !== 0) return this.takeDeferred();
    let transferFlags = (flags & MSG_PEEK) !== 0 ? transfer.peek : 0;
    if (this.isStream) {
      if ((this.state & (connecting | connected)) === 0) return -errno.ENOTCONN;
      if (start === end) return this.receiveNothing(flags);
    } else if ((flags & MSG_TRUNC) !== 0) {
      transferFlags |= transfer.wholeLength;
    }
    const result = this.endpoint.receive(into, start, end, transferFlags, details);
    if (result >= 0) return result;
    if (result === failure.notConnected && this.isHandshaking()) return this.refused(failure.wouldBlock, flags);
    return this.refused(result, flags);
  }

  /** shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR. */
  shutdown(how: number): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR) return -errno.EINVAL;
    const directions = (how + 1) as Direction;
    if (!this.isStream) {
      // inet_shutdown: a datagram socket without a peer is shut down, and told that it has none.
      const result = this.endpoint.shutdown(directions);
      if (result < 0 && result !== failure.notConnected) return errnoOfFailure(result);
      return (this.state & connected) !== 0 ? 0 : -errno.ENOTCONN;
    }
    if ((this.state & listening) !== 0) {
      // inet_shutdown: a listener whose receiving ends stops to listen; its sending side is nothing to end.
      return (directions & direction.receive) !== 0 ? this.disconnect() : 0;
    }
    if (this.isHandshaking()) return this.disconnect();
    if ((this.state & (connecting | connected)) === 0) return -errno.ENOTCONN;
    return errnoOfFailure(this.endpoint.shutdown(directions));
  }

  /**
   * close(2). What was sent still goes out. With SO_LINGER on and its time 0 the peer is reset; with a time, the answer
   * is {@link PENDING} while something is unacknowledged and the time runs (also on a non-blocking socket, as in
   * Linux); nobody needs to wait for it. Calls that wait on the socket end with `-EBADF`.
   */
  close(): number {
    if (this.isClosed) return -errno.EBADF;
    this.state |= closed;
    const lingerMs = this.rare === null ? -1 : this.rare.lingerMs;
    if (lingerMs === 0 && (this.state & (connecting | connected)) !== 0) {
      this.endpoint.abort();
    } else if (lingerMs > 0 && (this.state & connected) !== 0 && this.beginLingering(lingerMs)) {
      if (this.waiters !== null) this.waiters.wake(POLLNVAL);
      return PENDING;
    } else {
      this.endpoint.close();
    }
    if (this.waiters !== null) this.waiters.wake(POLLNVAL);
    return 0;
  }

  /** getsockname(2): fills `into`; unspecified and port 0 before bind. */
  getsockname(into: MutableSocketAddress): number {
    if (this.isClosed) return -errno.EBADF;
    return errnoOfFailure(this.endpoint.localAddress(into));
  }

  /** getpeername(2): fills `into`, or `-ENOTCONN`. */
  getpeername(into: MutableSocketAddress): number {
    if (this.isClosed) return -errno.EBADF;
    if ((this.state & (connecting | connected)) === 0 || this.isHandshaking()) return -errno.ENOTCONN;
    return errnoOfFailure(this.endpoint.remoteAddress(into));
  }

  /**
   * setsockopt(2).
   *
   * @param value - an int, or the bytes of the option's structure (`struct linger`, `struct timeval`, an int), in
   *   little-endian order: {@link lingerOption} and {@link timeoutOption} make them
   */
  setsockopt(level: number, name: number, value: number | Uint8Array): number {
    if (this.isClosed) return -errno.EBADF;
    this.rare ??= createRareOptions();
    return setSocketOption(this, this.endpoint, this.rare, level, name, value);
  }

  /**
   * getsockopt(2).
   *
   * @returns an int option's value (0 or more) or a negative errno; the bytes of SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO
   *   and TCP_INFO, the caller's to keep
   */
  getsockopt(level: number, name: number): number | Uint8Array<ArrayBuffer> {
    if (this.isClosed) return -errno.EBADF;
    return getSocketOption(this, this.endpoint, this.rare, level, name);
  }

  /**
   * ioctl(2): FIONREAD and SIOCOUTQ answer a count of bytes, FIONBIO sets O_NONBLOCK; others are `-ENOTTY`.
   *
   * @param value - FIONBIO: non-zero makes the socket non-blocking
   */
  ioctl(request: number, value = 0): number {
    if (this.isClosed) return -errno.EBADF;
    switch (request) {
      case FIONBIO:
        this.nonblocking = value !== 0;
        return 0;
      case FIONREAD:
        if ((this.state & listening) !== 0) return -errno.EINVAL;
        return errnoOfFailure(this.endpoint.getOption('readableBytes'));
      case SIOCOUTQ:
        if ((this.state & listening) !== 0) return -errno.EINVAL;
        return errnoOfFailure(this.endpoint.getOption('unsentBytes'));
      default:
        return -errno.ENOTTY;
    }
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
    this.settleOperation();
    if ((this.state & operating) !== 0) return PENDING;
    const result = this.operationResult;
    this.operationResult = 0;
    return result;
  }

  /** @internal What SO_RCVTIMEO allows, in milliseconds. */
  get receiveTimeoutMs(): number {
    return this.rare === null ? Number.POSITIVE_INFINITY : this.rare.receiveTimeoutMs;
  }

  /** @internal What SO_SNDTIMEO allows, in milliseconds. */
  get sendTimeoutMs(): number {
    return this.rare === null ? Number.POSITIVE_INFINITY : this.rare.sendTimeoutMs;
  }

  /** @internal Whether it listens (SO_ACCEPTCONN). */
  get isListening(): boolean {
    return (this.state & listening) !== 0;
  }

  /** @internal What became of a connect that has begun: {@link PENDING} while the handshake runs. */
  connectResult(): number {
    if (this.isClosed) return -errno.EBADF;
    if ((this.state & connecting) !== 0) return this.connectGoesOn();
    return (this.state & connected) !== 0 ? 0 : -errno.ECONNABORTED;
  }

  /** @internal Whether a handshake was begun whose end no call has seen. */
  get isConnecting(): boolean {
    return (this.state & connecting) !== 0;
  }

  /** @internal Whether a provider's answer to bind, listen or connect is outstanding. */
  get isOperating(): boolean {
    this.settleOperation();
    return (this.state & operating) !== 0;
  }

  /** @internal Whether a close lingers. */
  get isLingering(): boolean {
    return this.isClosed && this.operationFlag === closed;
  }

  /** @internal Keeps an error (a negative errno) for the next call: a call that moved bytes answers their count. */
  deferError(error: number): void {
    if (this.deferredErrno === 0) this.deferredErrno = -error;
  }

  /** @internal SO_ERROR: the error that waits, as a positive errno, taken. */
  takeError(): number {
    this.settleOperation();
    if (this.deferredErrno !== 0) return -this.takeDeferred();
    const result = errnoOfFailure(this.endpoint.takeError());
    if (result === 0) return 0;
    if ((this.state & connecting) !== 0) this.state = (this.state & ~connecting) | spent;
    return -result;
  }

  /** @internal */
  arm(deadline: Deadline, timeoutMs: number): void {
    deadline.deadlineMs = this.context.now() + timeoutMs;
    this.context.arm(deadline);
  }

  /** @internal */
  disarm(deadline: Deadline): void {
    this.context.disarm(deadline);
  }

  /** @internal The lingering is over: {@link LingeringClose} has closed the endpoint. */
  lingered(): void {
    this.operationFlag = 0;
    if (this.waiters !== null) this.waiters.wake(POLLNVAL);
  }

  /** @internal From the endpoint. */
  readinessChanged(endpoint: TransportEndpoint, bits: number): void {
    if (endpoint !== this.endpoint || this.isClosed) return;
    if ((bits & readiness.completed) !== 0) this.settleOperation();
    if (this.waiters === null || this.waiters.isEmpty) return;
    // The end of an operation concerns everybody: calls of any kind had to wait for it.
    this.waiters.wake((bits & readiness.completed) !== 0 ? allEvents : this.pollEvents(bits));
  }

  /** Why no call may go on now, or 0. */
  private refusal(): number {
    if ((this.state & (closed | operating)) === 0) return 0;
    if (this.isClosed) return -errno.EBADF;
    this.settleOperation();
    if ((this.state & operating) === 0) return 0;
    return this.nonblocking ? -errno.EALREADY : PENDING;
  }

  private refused(result: number, flags: number): number {
    if (result === failure.wouldBlock) {
      return (flags & MSG_DONTWAIT) !== 0 || this.nonblocking ? -errno.EAGAIN : PENDING;
    }
    return errnoOfFailure(result);
  }

  /** What a bind, listen or connect of the endpoint has come to. */
  private begun(result: number, success: number): number {
    if (result >= 0) {
      this.state |= success;
      return 0;
    }
    if (result !== failure.pending) return errnoOfFailure(result);
    this.state |= operating | (this.nonblocking ? 0 : operationBlocks);
    this.operationFlag = success;
    this.operationResult = PENDING;
    return this.nonblocking ? -errno.EINPROGRESS : PENDING;
  }

  /** Takes the result of an operation that has ended. Nobody waits for a non-blocking one: its error goes to SO_ERROR. */
  private settleOperation(): void {
    if ((this.state & operating) === 0) return;
    if ((this.endpoint.readiness() & readiness.completed) === 0) return;
    const result = errnoOfFailure(this.endpoint.takeResult());
    if (result >= 0) this.state |= this.operationFlag;
    const blocks = (this.state & operationBlocks) !== 0;
    this.state &= ~(operating | operationBlocks);
    this.operationFlag = 0;
    this.operationResult = blocks && result < 0 ? result : 0;
    if (!blocks && result < 0) this.deferError(result);
  }

  /** connect on a socket that connects (inet_stream_connect, SS_CONNECTING). */
  private connectGoesOn(): number {
    if (this.isHandshaking()) return this.nonblocking ? -errno.EALREADY : PENDING;
    if ((this.state & connected) !== 0) return 0;
    const error = this.takeError();
    this.state = (this.state & ~connecting) | spent;
    return error !== 0 ? -error : -errno.ECONNABORTED;
  }

  /** Whether the handshake still runs; notes its good end. */
  private isHandshaking(): boolean {
    if ((this.state & connecting) === 0) return false;
    const bits = this.endpoint.readiness();
    if ((bits & (readiness.error | readiness.hangup)) !== 0) return false;
    if ((bits & readiness.writable) === 0) return true;
    this.state = (this.state & ~connecting) | connected;
    return false;
  }

  private disconnect(): number {
    if (!this.isStream) {
      if ((this.state & connected) === 0) return 0;
      const any = { address: { w0: 0, w1: 0, w2: this.domain === AF_INET6 ? 0 : 0xffff, w3: 0 }, port: 0 };
      const result = errnoOfFailure(this.endpoint.connect(any));
      if (result === 0) this.state &= ~connected;
      return result;
    }
    if ((this.state & (connecting | connected | listening | spent)) === 0) return 0;
    return this.reopen();
  }

  /** Puts a fresh endpoint in the place of one whose connection is over or unwanted (tcp_disconnect). */
  private reopen(): number {
    const touched = this.rare === null ? 0 : this.rare.touched;
    const kind = {
      domain: this.domain === AF_INET ? 'inet' : this.domain === AF_INET6 ? 'inet6' : 'unix',
      type: this.isStream ? 'stream' : 'datagram',
      protocol: this.protocol,
    } as const;
    const fresh = this.context.openEndpoint(kind);
    if (typeof fresh === 'number') return errnoOfFailure(fresh);
    const old = this.endpoint;
    inheritOptions(touched, old, fresh);
    old.listenReadiness(null);
    old.abort();
    this.endpoint = fresh;
    this.state &= ~(bound | connecting | connected | listening | spent);
    if ((this.state & listens) !== 0) fresh.listenReadiness(this);
    if (this.waiters !== null) this.waiters.wake(this.pollEvents(fresh.readiness()));
    return 0;
  }

  private beginLingering(lingerMs: number): boolean {
    const endpoint = this.endpoint;
    // RFC 2525 §2.17: with data unread the close is a reset, for which nobody waits.
    if (endpoint.getOption('readableBytes') > 0) return false;
    endpoint.shutdown(direction.send);
    if ((endpoint.readiness() & (readiness.drained | readiness.hangup | readiness.error)) !== 0) return false;
    this.operationFlag = closed;
    this.arm(new LingeringClose(this, endpoint), lingerMs);
    return true;
  }

  /** A receive without room: 0 when there is something, as tcp_recvmsg has it. */
  private receiveNothing(flags: number): number {
    if (this.isHandshaking()) return this.refused(failure.wouldBlock, flags);
    const bits = this.endpoint.readiness();
    if ((bits & readiness.error) !== 0) return errnoOfFailure(this.endpoint.takeError());
    return (bits & readiness.readable) !== 0 ? 0 : this.refused(failure.wouldBlock, flags);
  }

  private takeDeferred(): number {
    const error = this.deferredErrno;
    this.deferredErrno = 0;
    return -error;
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
