import {
  EAGAIN,
  EDESTADDRREQ,
  EFAULT,
  EMSGSIZE,
  type Iovec,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLRDHUP,
} from '@synos/abi';
import { assert, type UserMemory } from '@synos/interfaces';
import {
  type BlockingAttempt,
  block,
  PENDING,
  type ReceiveMessage,
  receiveMessage,
  recvmsg,
  type Socket,
  type SocketName,
  sendmsg,
} from '@synos/socket';
import { copiedOrFault, gather, iovecBytes, type ParkedCall, scatter } from '@synos/syscall';
import type { SocketFile } from './socket-file.js';
import { answerLater } from './waiting.js';

// Data between a program's memory and a socket, by way of one buffer that all calls share: it holds nothing between two
// attempts. What is received is looked at, copied out, and only then taken, so that a fault loses nothing.

/** What no datagram exceeds (udp_sendmsg). */
const DATAGRAM_MAX = 65_535;
/** Room for control messages: more than all that there are take. */
const CONTROL_ROOM = 256;

/** What a datagram brings beside its bytes, once one has come. */
export interface DatagramReceiver extends BlockingAttempt {
  readonly message: ReceiveMessage;
}

/** A call that may send, or receive, only a part, or has to wait. */
export function transfer(
  file: SocketFile,
  attempt: BlockingAttempt,
  finish: (count: number) => number = (count) => count,
): number | ParkedCall {
  const result = attempt.attempt();
  if (result !== PENDING) return finish(result);
  return answerLater<number>([file], (done) => block(file.socket, attempt, done), finish);
}

/**
 * Receives into the pieces of a program.
 *
 * @param flags - MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC and what the socket refuses
 * @param buffer - shared; of {@link DATAGRAM_MAX} bytes or more. One look with MSG_PEEK sees no more of a stream than fits
 */
export function receiver(
  socket: Socket,
  memory: UserMemory,
  pieces: readonly Iovec[],
  flags: number,
  buffer: Uint8Array<ArrayBuffer>,
): BlockingAttempt | DatagramReceiver {
  return socket.isStream
    ? new StreamReceiver(socket, memory, pieces, flags, buffer)
    : new OneDatagram(socket, memory, pieces, flags, buffer);
}

/** Where a datagram goes, and how. */
export interface Destination {
  readonly name: SocketName | null;
  readonly control: Uint8Array | null;
}

/** Sends the pieces of a program: as {@link receiver}. A stream takes no notice of the destination. */
export function sender(
  socket: Socket,
  memory: UserMemory,
  pieces: readonly Iovec[],
  flags: number,
  buffer: Uint8Array<ArrayBuffer>,
  to: Destination = { name: null, control: null },
): BlockingAttempt {
  return socket.isStream
    ? new StreamSender(socket, memory, pieces, flags, buffer)
    : new DatagramSender(socket, memory, pieces, flags, buffer, to);
}

abstract class Transfer {
  readonly call = 'attempt';
  progress: number;
  protected readonly socket: Socket;
  protected readonly memory: UserMemory;
  protected readonly pieces: readonly Iovec[];
  protected readonly flags: number;
  protected readonly buffer: Uint8Array<ArrayBuffer>;
  protected readonly totalBytes: number;

  constructor(
    socket: Socket,
    memory: UserMemory,
    pieces: readonly Iovec[],
    flags: number,
    buffer: Uint8Array<ArrayBuffer>,
  ) {
    this.progress = 0;
    this.socket = socket;
    this.memory = memory;
    this.pieces = pieces;
    this.flags = flags;
    this.buffer = buffer;
    this.totalBytes = iovecBytes(pieces);
  }

  protected get mayWait(): boolean {
    return !this.socket.nonblocking && (this.flags & MSG_DONTWAIT) === 0;
  }
}

class StreamReceiver extends Transfer implements BlockingAttempt {
  readonly waits = 'receive';

  attempt(): number {
    if ((this.flags & MSG_PEEK) !== 0) return this.look();
    const { socket, flags, buffer, totalBytes } = this;
    for (;;) {
      const left = totalBytes - this.progress;
      if (this.progress > 0) {
        if (left === 0) return this.progress;
        const events = socket.poll(POLLIN | POLLRDHUP);
        // An error stays for the next call; asking for more would take it.
        if ((events & POLLERR) !== 0) return this.progress;
        if ((events & POLLIN) === 0) return this.waitsForAll && (events & POLLHUP) === 0 ? PENDING : this.progress;
      }
      const look = (flags & MSG_TRUNC) !== 0 ? flags : flags | MSG_PEEK;
      const count = socket.recvfrom(buffer, look, null, 0, Math.min(left, buffer.length));
      if (count === PENDING && this.progress > 0) return this.waitsForAll ? PENDING : this.progress;
      if (count <= 0) return this.progress > 0 ? this.progress : count;
      // MSG_TRUNC on a stream throws the bytes away (tcp(7)): the program's memory is not touched.
      const copied = (flags & MSG_TRUNC) !== 0 ? count : this.deliver(count);
      this.progress += copied;
      if (copied < count) return this.progress > 0 ? this.progress : -EFAULT;
    }
  }

  private get waitsForAll(): boolean {
    return (this.flags & MSG_WAITALL) !== 0 && this.mayWait;
  }

  private deliver(count: number): number {
    const { socket, memory, pieces, buffer } = this;
    const copied = scatter(memory, pieces, buffer, this.progress, 0, count);
    for (let left = copied; left > 0; ) {
      const taken = socket.recvfrom(buffer, MSG_DONTWAIT, null, 0, left);
      assert(taken > 0, 'what was looked at can be taken');
      left -= taken;
    }
    return copied;
  }

  /** MSG_PEEK: each look begins at the first byte. */
  private look(): number {
    const { socket, memory, pieces, flags, buffer } = this;
    const room = Math.min(this.totalBytes, buffer.length);
    const count = socket.recvfrom(buffer, flags, null, 0, room);
    if (count <= 0) return count;
    if (count < room && this.waitsForAll && socket.poll(POLLRDHUP) === 0) return PENDING;
    return copiedOrFault(scatter(memory, pieces, buffer, 0, 0, count), count);
  }
}

class StreamSender extends Transfer implements BlockingAttempt {
  readonly waits = 'send';

  attempt(): number {
    const { socket, memory, pieces, flags, buffer, totalBytes } = this;
    for (;;) {
      const left = totalBytes - this.progress;
      if (this.progress > 0) {
        if (left === 0) return this.progress;
        // An error stays for the next call; sending more would take it.
        if ((socket.poll(0) & (POLLERR | POLLHUP)) !== 0) return this.progress;
      }
      const wanted = Math.min(left, buffer.length);
      const copied = gather(memory, pieces, buffer, this.progress, 0, wanted);
      const count = socket.sendto(buffer, flags, null, 0, copied);
      if (count === PENDING) return PENDING;
      if (count < 0) return this.progress > 0 ? this.progress : count;
      this.progress += count;
      if (count < copied) {
        if (!this.mayWait) return this.progress > 0 ? this.progress : -EAGAIN;
        if (count === 0) return PENDING;
      } else if (copied < wanted) {
        // tcp_sendmsg asks about the connection first: a broken one is no fault.
        return copiedOrFault(this.progress, wanted);
      } else if (wanted === left) {
        return this.progress;
      }
    }
  }
}

class OneDatagram extends Transfer implements DatagramReceiver {
  readonly waits = 'receive';
  readonly message: ReceiveMessage;

  constructor(
    socket: Socket,
    memory: UserMemory,
    pieces: readonly Iovec[],
    flags: number,
    buffer: Uint8Array<ArrayBuffer>,
  ) {
    super(socket, memory, pieces, flags, buffer);
    this.message = receiveMessage([buffer], CONTROL_ROOM);
  }

  attempt(): number {
    const { socket, memory, pieces, flags, buffer, message } = this;
    const wholeBytes = recvmsg(socket, message, flags | MSG_PEEK | MSG_TRUNC);
    if (wholeBytes < 0) return wholeBytes;
    const wanted = Math.min(wholeBytes, this.totalBytes);
    if (scatter(memory, pieces, buffer, 0, 0, wanted) < wanted) return -EFAULT;
    message.flags |= wholeBytes > wanted ? MSG_TRUNC : 0;
    if ((flags & MSG_PEEK) === 0) socket.recvfrom(buffer, MSG_DONTWAIT, null, 0, 0);
    return (flags & MSG_TRUNC) !== 0 ? wholeBytes : wanted;
  }
}

class DatagramSender extends Transfer implements BlockingAttempt {
  readonly waits = 'send';
  private readonly to: Destination;

  constructor(
    socket: Socket,
    memory: UserMemory,
    pieces: readonly Iovec[],
    flags: number,
    buffer: Uint8Array<ArrayBuffer>,
    to: Destination,
  ) {
    super(socket, memory, pieces, flags, buffer);
    this.to = to;
  }

  attempt(): number {
    const { socket, memory, pieces, flags, buffer, totalBytes } = this;
    const { name, control } = this.to;
    // udp_sendmsg: the length before anything else.
    if (totalBytes > DATAGRAM_MAX) return -EMSGSIZE;
    if (gather(memory, pieces, buffer) < totalBytes) return this.faulted();
    if (control === null) return socket.sendto(buffer, flags, name, 0, totalBytes);
    return sendmsg(socket, { pieces: [buffer.subarray(0, totalBytes)], name, control }, flags);
  }

  /** udp_sendmsg copies the bytes last: without a peer the call has failed before. */
  private faulted(): number {
    const peer = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
    return this.to.name === null && this.socket.getpeername(peer) < 0 ? -EDESTADDRREQ : -EFAULT;
  }
}
