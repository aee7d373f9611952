import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  EAGAIN,
  EBADF,
  EINVAL,
  EISCONN,
  ENOTCONN,
  ENOTTY,
  EOPNOTSUPP,
  EPIPE,
  FIONBIO,
  FIONREAD,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLNVAL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIOCOUTQ,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOMAXCONN,
} from '@synos/abi';
import {
  type Direction,
  direction,
  failure,
  isUnspecified,
  type MutableSocketAddress,
  type ReceiveDetails,
  readiness,
  transfer,
} from '@synos/interfaces';
import { errnoOfFailure, PENDING } from './errno-of-failure.js';
import { lingersAfterClose } from './lingering-close.js';
import { unsetRareOptions } from './rare-options.js';
import { SocketCore } from './socket-core.js';
import { checkFullName, checkName, type SocketName } from './socket-name.js';
import { getSocketOption, inheritOptions, setSocketOption } from './socket-options.js';
import {
  bound,
  closed,
  connected,
  connecting,
  lingering,
  listening,
  named,
  nonblocking,
  operating,
  operationBlocks,
  spent,
  unseen,
} from './socket-state.js';

/**
 * A POSIX socket over one endpoint of any provider. No call waits: each answers a count or 0, a negative errno of
 * Linux, or {@link PENDING} where the socket is blocking and the call would have to wait ({@link block} then waits).
 *
 * Made by {@link Sockets.socket} and {@link Socket.accept}. All calls are safe from inside every callback.
 */
export class Socket extends SocketCore {
  /** bind(2): takes a local address; unspecified = all, port 0 = any. */
  bind(name: SocketName): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    // inet_bind: a socket that has a port keeps it.
    if ((this.state & bound) !== 0) return -EINVAL;
    const misfit = checkFullName(this.domain, name);
    if (misfit !== 0) return misfit;
    return this.begun(this.endpoint.bind(name), bound | named);
  }

  /**
   * listen(2).
   *
   * @param backlog - connections that may wait; negative or above SOMAXCONN counts as SOMAXCONN
   */
  listen(backlog: number): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if (!this.isStream) return -EOPNOTSUPP;
    if ((this.state & (connecting | connected)) !== 0) return -EINVAL;
    if (this.hasDeferredError) return this.takeDeferred();
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
      // inet_stream_connect, SS_CONNECTING: the first connect after the end says so, whatever other calls have seen.
      if ((this.state & unseen) !== 0) return this.connectSeen();
      if ((this.state & (connected | listening)) !== 0) return -EISCONN;
      if ((this.state & connecting) !== 0) return this.connectGoesOn();
    }
    const misfit = this.isStream ? checkFullName(this.domain, name) : checkName(this.domain, name);
    if (misfit !== 0) return misfit;
    // Without a connection the error can only be that of a bind that failed late: nobody should connect in spite of it.
    if (this.hasDeferredError && (this.state & connected) === 0) return this.takeDeferred();
    if (!this.isStream) return this.begun(this.endpoint.connect(name), bound | connected);
    const result = this.connectStream(name);
    if (result === failure.alreadyInProgress && this.isBinding) return this.refusal();
    return result === failure.inProgress ? this.handshakeBegun() : this.begun(result, bound | connected);
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
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
    if (!this.isStream) return -EOPNOTSUPP;
    if ((this.state & listening) === 0) return -EINVAL;
    const endpoint = this.endpoint.accept();
    if (endpoint === null) return this.nonblocking ? -EAGAIN : PENDING;
    const state = bound | connected | ((flags & SOCK_NONBLOCK) !== 0 ? nonblocking : 0);
    const child = new Socket(this.context, endpoint, this.kind, this.domain, this.type, state);
    if (this.rare !== unsetRareOptions) {
      child.rare = { ...this.rare };
      inheritOptions(this.rare, this.endpoint, endpoint);
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
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (!(start >= 0 && start <= end && end <= bytes.length)) return -EINVAL;
    if (this.hasDeferredError) return this.takeDeferred();
    const transferFlags = (flags & MSG_MORE) !== 0 ? transfer.more : 0;
    if (this.isStream) {
      // tcp_sendmsg, sk_stream_wait_connect: what has no peer is a broken pipe.
      const refused = this.unconnected(flags, EPIPE);
      if (refused !== 0) return refused;
      const result = this.endpoint.send(bytes, start, end, transferFlags, null);
      if (result >= 0) return result;
      return result === failure.notConnected ? -EPIPE : this.refused(result, flags);
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
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    // The queue of extended errors (IP_RECVERR) is not kept: it is always empty.
    if ((flags & MSG_ERRQUEUE) !== 0) return -EAGAIN;
    if (!(start >= 0 && start <= end && end <= into.length)) return -EINVAL;
    if (this.hasDeferredError) return this.takeDeferred();
    let transferFlags = (flags & MSG_PEEK) !== 0 ? transfer.peek : 0;
    if (this.isStream) {
      const refused = this.unconnected(flags, ENOTCONN);
      if (refused !== 0) return refused;
      if (start === end) return this.receiveNothing(flags);
    } else if ((flags & MSG_TRUNC) !== 0) {
      transferFlags |= transfer.wholeLength;
    }
    const result = this.endpoint.receive(into, start, end, transferFlags, details);
    return result >= 0 ? result : this.refused(result, flags);
  }

  /** shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR. */
  shutdown(how: number): number {
    const refusal = this.refusal();
    if (refusal !== 0) return refusal;
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR) return -EINVAL;
    const directions = (how + 1) as Direction;
    if (!this.isStream) {
      // inet_shutdown: a datagram socket without a peer is shut down, and told that it has none.
      const result = this.endpoint.shutdown(directions);
      if (result < 0 && result !== failure.notConnected) return errnoOfFailure(result);
      return (this.state & connected) !== 0 ? 0 : -ENOTCONN;
    }
    if ((this.state & listening) !== 0) {
      // inet_shutdown: a listener whose receiving ends listens no more; its sending side is nothing to end.
      if ((directions & direction.receive) === 0) return 0;
      if (this.endpoint.shutdown(directions) < 0) return this.reopen();
      this.state &= ~listening;
      return 0;
    }
    if (this.isHandshaking()) return this.disconnect();
    if ((this.state & connected) === 0) return -ENOTCONN;
    return errnoOfFailure(this.endpoint.shutdown(directions));
  }

  /**
   * close(2). What was sent still goes out. With SO_LINGER on and its time 0 the peer is reset; with a time, the answer
   * is {@link PENDING} while something is unacknowledged and the time runs (also on a non-blocking socket, as in
   * Linux); nobody needs to wait for it. Calls that wait on the socket end with `-EBADF`.
   */
  close(): number {
    if (this.isClosed) return -EBADF;
    // What a provider has not completed is nobody's any more.
    this.state = (this.state & ~(operating | operationBlocks)) | closed;
    const { lingerMs } = this.rare;
    const hasPeer = this.isStream && (this.state & (connecting | connected)) !== 0;
    if (hasPeer && lingerMs === 0) {
      this.endpoint.abort();
    } else if (hasPeer && lingerMs > 0 && lingersAfterClose(this, this.endpoint, lingerMs)) {
      this.state |= lingering;
      this.wake(POLLNVAL);
      return PENDING;
    } else {
      this.endpoint.close();
    }
    this.wake(POLLNVAL);
    return 0;
  }

  /** getsockname(2): fills `into`; unspecified and port 0 before bind. */
  getsockname(into: MutableSocketAddress): number {
    if (this.isClosed) return -EBADF;
    const result = errnoOfFailure(this.endpoint.localAddress(into));
    // "Any" is said in the words of the socket's own family, whatever the endpoint's are.
    if (result === 0 && isUnspecified(into.address)) into.address.w2 = this.domain === AF_INET ? 0xffff : 0;
    return result;
  }

  /** getpeername(2): fills `into`, or `-ENOTCONN`. */
  getpeername(into: MutableSocketAddress): number {
    if (this.isClosed) return -EBADF;
    if (this.isHandshaking() || (this.state & connected) === 0) return -ENOTCONN;
    return errnoOfFailure(this.endpoint.remoteAddress(into));
  }

  /**
   * setsockopt(2).
   *
   * @param value - an int, or the bytes of the option's structure (`struct linger`, `struct timeval`, an int), in
   *   little-endian order: {@link lingerOption} and {@link timeoutOption} make them
   */
  setsockopt(level: number, name: number, value: number | Uint8Array): number {
    if (this.isClosed) return -EBADF;
    if (this.rare === unsetRareOptions) this.rare = { ...unsetRareOptions };
    return setSocketOption(this, this.endpoint, this.rare, level, name, value);
  }

  /**
   * getsockopt(2).
   *
   * @returns an int option's value (0 or more) or a negative errno; the bytes of SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO
   *   and TCP_INFO, the caller's to keep
   */
  getsockopt(level: number, name: number): number | Uint8Array<ArrayBuffer> {
    if (this.isClosed) return -EBADF;
    return getSocketOption(this, this.endpoint, this.rare, level, name);
  }

  /**
   * ioctl(2): FIONREAD and SIOCOUTQ answer a count of bytes, FIONBIO sets O_NONBLOCK; others are `-ENOTTY`.
   *
   * @param value - FIONBIO: non-zero makes the socket non-blocking
   */
  ioctl(request: number, value = 0): number {
    if (this.isClosed) return -EBADF;
    switch (request) {
      case FIONBIO:
        this.nonblocking = value !== 0;
        return 0;
      case FIONREAD:
        if ((this.state & listening) !== 0) return -EINVAL;
        return errnoOfFailure(this.endpoint.getOption('readableBytes'));
      case SIOCOUTQ:
        if ((this.state & listening) !== 0) return -EINVAL;
        return errnoOfFailure(this.endpoint.getOption('unsentBytes'));
      default:
        return -ENOTTY;
    }
  }

  private refused(result: number, flags: number): number {
    if (result === failure.wouldBlock) {
      return (flags & MSG_DONTWAIT) !== 0 || this.nonblocking ? -EAGAIN : PENDING;
    }
    return errnoOfFailure(result);
  }

  /** What send and receive answer on a stream that is not connected, 0 when it is. */
  private unconnected(flags: number, otherwise: number): number {
    if ((this.state & connected) !== 0) return 0;
    if ((this.state & connecting) === 0) return -otherwise;
    if (this.isHandshaking()) return this.refused(failure.wouldBlock, flags);
    if ((this.state & connected) !== 0) return 0;
    const error = this.takeError();
    return -(error !== 0 ? error : otherwise);
  }

  /** A receive without room: 0 when there is something, as tcp_recvmsg has it. */
  private receiveNothing(flags: number): number {
    const bits = this.endpoint.readiness();
    if ((bits & readiness.error) !== 0) return errnoOfFailure(this.endpoint.takeError());
    return (bits & readiness.readable) !== 0 ? 0 : this.refused(failure.wouldBlock, flags);
  }

  /** A handshake; what failed before and cannot try again itself gets a fresh endpoint. */
  private connectStream(name: SocketName): number {
    const result = this.endpoint.connect(name);
    if (result !== failure.invalid || (this.state & spent) === 0) return result;
    const reopened = this.reopen();
    if (reopened !== 0) return failure.noBuffers;
    return this.isBinding ? failure.alreadyInProgress : this.endpoint.connect(name);
  }

  private disconnect(): number {
    if (this.isStream) {
      return (this.state & (connecting | connected | listening | spent)) === 0 ? 0 : this.reopen();
    }
    if ((this.state & connected) === 0) return 0;
    const any = { address: { w0: 0, w1: 0, w2: this.domain === AF_INET6 ? 0 : 0xffff, w3: 0 }, port: 0 };
    const result = this.endpoint.connect(any);
    if (result < 0 && result !== failure.pending) return errnoOfFailure(result);
    this.state &= ~connected;
    // A port that nobody chose went with the peer.
    if ((this.state & named) === 0) this.state &= ~bound;
    return this.begun(result, 0);
  }
}
