import type { Ipv4Text, TcpStateView } from './tcp-target.js';

/**
 * The *sockets* level of a TCP target: a small process that makes system calls on it. What it imports is types of the
 * file beside it.
 *
 * Numbers are Linux's on x86-64 (`@synos/abi` has them by name), errors are names as POSIX or Linux has them. A socket is
 * blocking until the program says otherwise: a call that would block answers `pending` and completes later in virtual
 * time, so that one thread may drive a program of many.
 */

/** A call under way; never reused within one target. */
export type TcpCallId = number;

/** A `struct sockaddr`. */
export interface TcpSocketAddress {
  readonly address: Ipv4Text;
  readonly port: number;
  /** `AF_*`; AF_INET when it is left out. AF_UNSPEC in connect dissolves the association. */
  readonly family?: number;
}

/** A `struct msghdr` to send. */
export interface TcpSendMessage {
  readonly pieces: readonly Uint8Array[];
  readonly address?: TcpSocketAddress | null;
  readonly control?: Uint8Array | null;
}

/** A `struct msghdr` to be filled: the lengths of its pieces and of its room for control messages, in bytes. */
export interface TcpReceiveMessage {
  readonly pieces: readonly number[];
  readonly controlBytes?: number;
}

/** A `struct pollfd`; a negative descriptor is skipped. */
export interface TcpPollEntry {
  readonly fd: number;
  readonly events: number;
}

/** A `struct epoll_event`. */
export interface TcpEpollEvent {
  readonly events: number;
  readonly data: number;
}

/**
 * The calls and their arguments. Those of C that only say where an answer goes are left out or are a length; what is
 * filled in comes back in {@link TcpSyscallOutput}. Where a call has flags they may be left out.
 */
export interface TcpSyscalls {
  socket: [domain: number, type: number, protocol: number];
  bind: [fd: number, name: TcpSocketAddress];
  listen: [fd: number, backlog: number];
  accept: [fd: number];
  accept4: [fd: number, flags: number];
  connect: [fd: number, name: TcpSocketAddress];
  read: [fd: number, bytes: number];
  readv: [fd: number, pieces: readonly number[]];
  recv: [fd: number, bytes: number, flags?: number];
  recvfrom: [fd: number, bytes: number, flags?: number];
  recvmsg: [fd: number, message: TcpReceiveMessage, flags?: number];
  write: [fd: number, bytes: Uint8Array];
  writev: [fd: number, pieces: readonly Uint8Array[]];
  send: [fd: number, bytes: Uint8Array, flags?: number];
  sendto: [fd: number, bytes: Uint8Array, flags: number, name: TcpSocketAddress | null];
  sendmsg: [fd: number, message: TcpSendMessage, flags?: number];
  close: [fd: number];
  shutdown: [fd: number, how: number];
  /** The value: an int, or the bytes of a structure in the machine's (little-endian) order. */
  setsockopt: [fd: number, level: number, name: number, value: number | Uint8Array];
  getsockopt: [fd: number, level: number, name: number];
  getsockname: [fd: number];
  getpeername: [fd: number];
  fcntl: [fd: number, command: number, argument?: number];
  ioctl: [fd: number, request: number, argument?: number];
  poll: [entries: readonly TcpPollEntry[], timeoutMs: number];
  epoll_create: [size: number];
  epoll_create1: [flags: number];
  epoll_ctl: [epoll: number, operation: number, fd: number, event: TcpEpollEvent | null];
  epoll_wait: [epoll: number, maxEvents: number, timeoutMs: number];
}

/** An argument of some call. */
export type TcpSyscallArgument = TcpSyscalls[keyof TcpSyscalls][number];

/** What a call fills in. */
export interface TcpSyscallOutput {
  /** Received: as many as the result counts (no more than there was room for), the caller's own. */
  readonly bytes?: Uint8Array;
  /** accept: the peer; getsockname, getpeername; the sender of a datagram. */
  readonly address?: TcpSocketAddress;
  /** getsockopt. */
  readonly option?: number | Uint8Array;
  /** ioctl. */
  readonly argument?: number;
  /** poll: one for each entry. */
  readonly revents?: readonly number[];
  /** epoll_wait. */
  readonly events?: readonly TcpEpollEvent[];
  /** recvmsg. */
  readonly flags?: number;
  /** recvmsg. */
  readonly control?: Uint8Array;
}

/** How a call ended. */
export type TcpSyscallOutcome =
  /** 0 or more. */
  | { readonly kind: 'result'; readonly value: number; readonly output: TcpSyscallOutput }
  /** -1, and errno by its name: `EAGAIN`, not its alias `EWOULDBLOCK`. */
  | { readonly kind: 'errno'; readonly errno: string };

/** What a call answers at once. */
export type TcpSyscallAnswer = TcpSyscallOutcome | { readonly kind: 'pending'; readonly call: TcpCallId };

/** The end of a call that was pending. */
export interface TcpSyscallCompletion {
  readonly call: TcpCallId;
  /** When it ended. */
  readonly timeMs: number;
  readonly outcome: TcpSyscallOutcome;
}

/**
 * What became of a knob.
 *
 * - `done`: it holds from now on (or held already)
 * - `unknown`: no such knob here
 * - `unsupported`: the knob is known, and this value is none that this implementation can be set to
 * - `invalid`: no value for such a knob
 */
export type TcpKnobAnswer = 'done' | 'unknown' | 'unsupported' | 'invalid';

/** A connection, half-open ones and those in TIME-WAIT included, or a listener. */
export interface TcpConnectionView extends TcpStateView {
  readonly localAddress: Ipv4Text;
  readonly localPort: number;
  /** Left out for a listener. */
  readonly remoteAddress?: Ipv4Text;
  /** Left out for a listener. */
  readonly remotePort?: number;
}

/**
 * The sockets level. Times pass by `advanceTo` of the wire level alone; `deliver` and `drain` carry the packets of these
 * sockets too. Handles of the wire level are another matter: they are no descriptors.
 *
 * @example
 * ```ts
 * target.syscall('socket', [AF_INET, SOCK_STREAM, 0]);       // { kind: 'result', value: 3, output: {} }
 * target.syscall('recv', [4, 1000]);                         // { kind: 'pending', call: 0 }
 * target.deliver(segment);
 * target.completions(); // [{ call: 0, timeMs: 200, outcome: { kind: 'result', value: 5, output: { bytes } } }]
 * ```
 */
export interface TcpTargetSockets {
  /**
   * Makes a system call. Descriptors are the lowest free numbers, from 3 on: 0 to 2 are taken as in any process.
   *
   * @param name - one of {@link TcpSyscalls}; a name that is not known here answers ENOSYS
   * @param args - as {@link TcpSyscalls} has them; what cannot be such an argument is EFAULT or EINVAL, never an exception
   */
  syscall(name: string, args: readonly TcpSyscallArgument[]): TcpSyscallAnswer;
  /**
   * The calls that have ended since the last look, in the order of their ends. A close completes every call that waits on
   * its descriptor with EBADF.
   */
  completions(): TcpSyscallCompletion[];
  /**
   * Sets a knob as sysctl does.
   *
   * @param knob - by its name where it comes from: `net.ipv4.tcp_sack`, `net.inet.tcp.msl`
   * @param value - as text or a number
   */
  configure(knob: string, value: string | number): TcpKnobAnswer;
  /**
   * TCP_INFO: the fields that this implementation tells, as Linux names and measures them (`tcpi_snd_cwnd`); `tcpi_state`
   * at least. Or the name of an errno.
   */
  tcpInfo(fd: number): Readonly<Record<string, number>> | string;
  /** Every listener and every connection there is, whoever opened it. */
  connections(): TcpConnectionView[];
}
