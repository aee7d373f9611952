import {
  AF_INET,
  errno,
  MSG_DONTWAIT,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SHUT_WR,
  SO_RCVBUF,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '@synos/abi';
import { createRandom } from '@synos/netsim';
import { type Socket, Waiter } from '@synos/socket';
import type { Netstack } from '../src/index.js';

/** A socket, or the errno as an exception: what a test does not expect ends it. */
export function openSocket(stack: Netstack, type = SOCK_STREAM): Socket {
  const socket = stack.sockets.socket(AF_INET, type | SOCK_NONBLOCK, 0);
  if (typeof socket === 'number') throw new Error(`socket: errno ${-socket}`);
  return socket;
}

/** Throws when a call failed. */
export function mustBe0(result: number, what: string): void {
  if (result !== 0) throw new Error(`${what}: errno ${-result}`);
}

/** A megabyte of noise, made once per seed and length: both ends know what should come. */
export function noise(seed: number | string, length: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(`noise ${seed}`);
  const bytes = new Uint8Array(length);
  const words = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= length; at += 4) words.setUint32(at, random.nextUint32());
  return bytes;
}

/** What one end of a connection does: sends `outgoing`, then FIN; expects `incoming`, then the end. */
export interface EndOptions {
  readonly socket: Socket;
  readonly outgoing: Uint8Array;
  readonly incoming: Uint8Array;
  /** Sends at most so much more than has come; without it all at once. */
  readonly aheadBytes?: number;
  /** After half of what comes, it does not read for so long. */
  readonly pauseMs?: number;
  readonly now: () => number;
}

/**
 * One end of a connection as a simulated program: each wake moves what can be moved. Not reading for a while is told by
 * `nextDeadlineMs`.
 */
export class End {
  received = 0;
  sent = 0;
  ended = false;
  failure: string | null = null;
  readonly socket: Socket;
  private readonly options: EndOptions;
  private readonly waiter: Waiter;
  private readonly buffer = new Uint8Array(65_536);
  private finSent = false;
  private wakeAtMs = Number.POSITIVE_INFINITY;
  private paused: boolean;
  onWork: (() => void) | null = null;

  constructor(options: EndOptions) {
    this.options = options;
    this.socket = options.socket;
    this.paused = options.pauseMs === undefined;
    this.waiter = new Waiter(POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR, { woken: () => this.onWork?.() });
    this.socket.addWaiter(this.waiter);
  }

  get isDone(): boolean {
    return this.failure !== null || (this.ended && this.finSent);
  }

  nextDeadline(): number {
    return this.wakeAtMs;
  }

  poll(nowMs: number): boolean {
    if (this.isDone) return false;
    this.write();
    this.read(nowMs);
    // What has come may be answered.
    if (this.options.aheadBytes !== undefined) this.write();
    if (this.isDone) this.socket.close();
    return false;
  }

  private write(): void {
    const { outgoing, aheadBytes } = this.options;
    while (!this.finSent && this.failure === null) {
      if (this.sent === outgoing.length) {
        mustBe0(this.socket.shutdown(SHUT_WR), 'shutdown');
        this.finSent = true;
        return;
      }
      const until = aheadBytes === undefined ? this.sent + 65_536 : Math.max(this.sent, this.received + aheadBytes);
      const count = this.socket.send(outgoing, MSG_DONTWAIT, this.sent, Math.min(until, outgoing.length));
      if (count === -errno.EAGAIN || count === 0) return;
      if (count < 0) this.failure = `send: errno ${-count}`;
      else this.sent += count;
    }
  }

  private read(nowMs: number): void {
    const { incoming, pauseMs } = this.options;
    if (nowMs < this.wakeAtMs && this.wakeAtMs !== Number.POSITIVE_INFINITY) return;
    this.wakeAtMs = Number.POSITIVE_INFINITY;
    while (!this.ended && this.failure === null) {
      const count = this.socket.recv(this.buffer, MSG_DONTWAIT);
      if (count === -errno.EAGAIN) return;
      if (count < 0) {
        this.failure = `recv: errno ${-count}`;
      } else if (count === 0) {
        this.ended = true;
        if (this.received !== incoming.length) this.failure = `end after ${this.received} of ${incoming.length} bytes`;
      } else {
        if (!this.matches(count)) this.failure = `wrong bytes at ${this.received}`;
        this.received += count;
        if (!this.paused && this.received * 2 > incoming.length) {
          this.paused = true;
          this.wakeAtMs = nowMs + (pauseMs ?? 0);
          return;
        }
      }
    }
  }

  private matches(count: number): boolean {
    const expected = this.options.incoming.subarray(this.received, this.received + count);
    return Buffer.compare(this.buffer.subarray(0, count), expected) === 0;
  }
}

/** Asks for a receive buffer, in the bytes that the transport shall have (Linux doubles what it is asked). */
export function setReceiveBuffer(socket: Socket, bytes: number): void {
  mustBe0(socket.setsockopt(SOL_SOCKET, SO_RCVBUF, bytes), 'SO_RCVBUF');
}
