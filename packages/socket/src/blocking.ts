import {
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNABORTED,
  EINPROGRESS,
  EINVAL,
  EPIPE,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
} from '@synos/abi';
import type { ReceiveDetails } from '@synos/interfaces';
import type { Deadline } from './deadline-queue.js';
import { PENDING } from './errno-of-failure.js';
import type { Socket } from './socket.js';
import type { SocketName } from './socket-name.js';
import { connected, connecting, lingering } from './socket-state.js';
import { Waiter, type WaiterTarget } from './waiter-list.js';

/** A call that {@link block} makes, and makes again, until it has an answer. Buffers are borrowed until then. */
export type BlockingCall =
  | { readonly call: 'bind'; readonly name: SocketName }
  | { readonly call: 'listen'; readonly backlog: number }
  | { readonly call: 'connect'; readonly name: SocketName }
  | {
      readonly call: 'send';
      readonly bytes: Uint8Array;
      readonly flags?: number;
      readonly to?: SocketName | null;
      readonly start?: number;
      readonly end?: number;
    }
  | {
      readonly call: 'recv';
      readonly into: Uint8Array;
      readonly flags?: number;
      readonly details?: ReceiveDetails | null;
      readonly start?: number;
      readonly end?: number;
    }
  | { readonly call: 'close' }
  | BlockingAttempt;
/** Any other call that may have to wait, as a {@link BlockingCall}. */
export interface BlockingAttempt {
  readonly call: 'attempt';
  /** Whether it waits to receive or to send: by SO_RCVTIMEO or SO_SNDTIMEO. */
  readonly waits: 'receive' | 'send';
  /** Tries once (more). Answers PENDING, or the call's result. */
  attempt(): number;
  /** Bytes moved so far: what the call answers when its time is over, or it is taken back. */
  readonly progress: number;
}
/** accept as a {@link BlockingCall}. */
export interface BlockingAccept {
  readonly call: 'accept';
  readonly flags?: number;
}

/**
 * Takes a blocked call back: `done` will not be called any more.
 *
 * @returns how many bytes it has moved already (what an interrupted system call answers instead of EINTR)
 */
export type Cancel = () => number;

/**
 * Makes a call and waits until it has an answer: this is what blocking is, for whoever parks a thread or resolves a
 * promise. SO_RCVTIMEO and SO_SNDTIMEO end it (`-EAGAIN`, connect: `-EINPROGRESS`), MSG_WAITALL fills the buffer, a
 * stream's send goes on until all bytes are taken, close waits as SO_LINGER says. What ends early after some bytes
 * answers their count; the error waits for the next call. On a non-blocking socket nothing waits but a lingering close.
 *
 * @param socket - where
 * @param call - what
 * @param done - called once with the call's result, possibly before `block` returns; may call anything
 * @example
 * ```ts
 * block(socket, { call: 'recv', into: bytes }, (count) => console.log(count));
 * ```
 */
export function block(socket: Socket, call: BlockingAccept, done: (result: Socket | number) => void): Cancel;
export function block(socket: Socket, call: BlockingCall, done: (result: number) => void): Cancel;
export function block(
  socket: Socket,
  call: BlockingCall | BlockingAccept,
  // biome-ignore lint/suspicious/noExplicitAny: the overloads say which results which call has
  done: (result: any) => void,
): Cancel {
  const blocked = new BlockedCall(socket, call, done);
  blocked.start();
  return () => blocked.cancel();
}

class BlockedCall implements WaiterTarget, Deadline {
  deadlineMs: number;
  deadlineIndex: number;
  private readonly socket: Socket;
  private readonly call: BlockingCall | BlockingAccept;
  private readonly done: (result: Socket | number) => void;
  private readonly waiter: Waiter;
  /** Bytes moved so far. */
  private progress: number;
  /** The call has had its first effect: a bind, listen or connect is under way, a close lingers. */
  private begun: boolean;
  /** Whether this call started the handshake: decides what a timeout answers. */
  private isFirstConnect: boolean;
  private ended: boolean;

  constructor(socket: Socket, call: BlockingCall | BlockingAccept, done: (result: Socket | number) => void) {
    this.deadlineMs = 0;
    this.deadlineIndex = -1;
    this.socket = socket;
    this.call = call;
    this.done = done;
    this.waiter = new Waiter(maskOf(call), this);
    this.progress = 0;
    this.begun = false;
    this.isFirstConnect = false;
    this.ended = false;
  }

  start(): void {
    const result = this.attempt();
    if (result !== PENDING) {
      this.ended = true;
      this.done(result);
      return;
    }
    this.socket.addWaiter(this.waiter);
    const timeoutMs = this.timeoutMs();
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    const { context } = this.socket;
    this.deadlineMs = context.now() + timeoutMs;
    context.arm(this);
  }

  woken(): void {
    if (this.ended) return;
    const result = this.attempt();
    if (result !== PENDING) this.end(result);
  }

  expired(): void {
    if (this.ended) return;
    if (this.progress > 0) this.end(this.progress);
    else if (this.call.call === 'connect') this.end(this.isFirstConnect ? -EINPROGRESS : -EALREADY);
    else this.end(-EAGAIN);
  }

  cancel(): number {
    if (!this.ended) this.leave();
    return this.progress;
  }

  private end(result: Socket | number): void {
    this.leave();
    this.done(result);
  }

  private leave(): void {
    this.ended = true;
    this.socket.removeWaiter(this.waiter);
    this.socket.context.disarm(this);
  }

  private timeoutMs(): number {
    switch (this.call.call) {
      case 'recv':
      case 'accept':
        return this.socket.rare.receiveTimeoutMs;
      case 'send':
      case 'connect':
        return this.socket.rare.sendTimeoutMs;
      case 'attempt':
        return this.call.waits === 'receive' ? this.socket.rare.receiveTimeoutMs : this.socket.rare.sendTimeoutMs;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  private attempt(): Socket | number {
    const { socket, call } = this;
    switch (call.call) {
      case 'recv':
        return this.attemptReceive(call.into, call.flags ?? 0, call.details ?? null, call.start ?? 0, call.end);
      case 'send':
        return this.attemptSend(call.bytes, call.flags ?? 0, call.to ?? null, call.start ?? 0, call.end);
      case 'accept':
        return socket.accept(call.flags ?? 0);
      case 'connect':
        return this.attemptConnect(call.name);
      case 'close':
        return this.attemptClose();
      case 'attempt': {
        const result = call.attempt();
        this.progress = call.progress;
        return result;
      }
      default:
        return this.attemptOperation(call);
    }
  }

  private attemptReceive(
    into: Uint8Array,
    flags: number,
    details: ReceiveDetails | null,
    start: number,
    end = into.length,
  ): number {
    const { socket } = this;
    if ((flags & MSG_WAITALL) === 0 || !socket.isStream) return socket.recvfrom(into, flags, details, start, end);
    if ((flags & MSG_PEEK) !== 0) {
      const result = socket.recvfrom(into, flags, details, start, end);
      if (result < 0 || result >= end - start || socket.nonblocking || (flags & MSG_DONTWAIT) !== 0) return result;
      return socket.poll(POLLRDHUP) === 0 ? PENDING : result;
    }
    for (;;) {
      const result = socket.recvfrom(into, flags, details, start + this.progress, end);
      if (result <= 0) return this.stopped(result);
      this.progress += result;
      if (start + this.progress >= end) return this.progress;
    }
  }

  private attemptSend(
    bytes: Uint8Array,
    flags: number,
    to: SocketName | null,
    start: number,
    end = bytes.length,
  ): number {
    const { socket } = this;
    for (;;) {
      const result = socket.sendto(bytes, flags, to, start + this.progress, end);
      if (result < 0) return this.stopped(result);
      this.progress += result;
      if (!socket.isStream || start + this.progress >= end) return this.progress;
      // A socket that waits for nobody answers what it took.
      if (socket.nonblocking || (flags & MSG_DONTWAIT) !== 0) return this.progress;
      if (result === 0) return PENDING;
    }
  }

  /** What a transfer answers that cannot go on now: the bytes it has moved are not lost for the error behind them. */
  private stopped(result: number): number {
    return result === PENDING ? PENDING : settled(this.socket, this.progress, result);
  }

  private attemptConnect(name: SocketName): number {
    const { socket } = this;
    if (this.begun) {
      const late = socket.takeOperationResult();
      return late !== 0 ? late : connectResult(socket);
    }
    // Somebody else's bind is under way: this call has not begun.
    if (socket.isOperating && !socket.nonblocking) return PENDING;
    this.isFirstConnect = (socket.state & connecting) === 0;
    const result = socket.connect(name);
    // A socket that had failed may have to be bound again first.
    this.begun = result === PENDING && !socket.isBinding;
    return result;
  }

  private attemptClose(): number {
    if (this.begun) return (this.socket.state & lingering) !== 0 ? PENDING : 0;
    this.begun = true;
    return this.socket.close();
  }

  private attemptOperation(call: BlockingCall): number {
    const { socket } = this;
    if (socket.isClosed) return -EBADF;
    if (this.begun) return socket.takeOperationResult();
    // Somebody else's operation is under way: this one has not begun.
    if (socket.isOperating && !socket.nonblocking) return PENDING;
    const result =
      call.call === 'bind' ? socket.bind(call.name) : call.call === 'listen' ? socket.listen(call.backlog) : -EINVAL;
    this.begun = result === PENDING;
    return result;
  }
}

/** What became of a connect that has begun: {@link PENDING} while the handshake runs. */
function connectResult(socket: Socket): number {
  if (socket.isClosed) return -EBADF;
  if ((socket.state & connecting) !== 0) return socket.connectGoesOn();
  return (socket.state & connected) !== 0 ? socket.connectSeen() : -ECONNABORTED;
}

/** What a transfer answers that has moved bytes and then failed: their count. The error waits for the next call. */
export function settled(socket: Socket, progress: number, result: number): number {
  if (progress === 0) return result;
  // EPIPE and EBADF say what the next call finds out by itself.
  if (result < 0 && result !== PENDING && result !== -EAGAIN && result !== -EPIPE && result !== -EBADF) {
    socket.deferError(result);
  }
  return progress;
}

function maskOf(call: BlockingCall | BlockingAccept): number {
  const always = POLLERR | POLLHUP | POLLNVAL;
  switch (call.call) {
    case 'recv':
    case 'accept':
      return always | POLLIN | POLLRDHUP;
    case 'attempt':
      return always | (call.waits === 'receive' ? POLLIN | POLLRDHUP : POLLOUT);
    default:
      return always | POLLOUT;
  }
}
