import { POLLERR, POLLHUP, POLLNVAL } from '@synos/abi';
import type { Cancel } from './blocking.js';
import type { Deadline } from './deadline-queue.js';
import type { PollTarget } from './poll-target.js';
import type { SocketContext } from './socket-context.js';
import { Waiter, type WaiterTarget } from './waiter-list.js';

/** A `struct pollfd`. */
export interface PollEntry {
  /** `null` is skipped, as a negative descriptor is. */
  readonly socket: PollTarget | null;
  /** POLL* bits that are asked for. */
  readonly events: number;
  /** Filled in: those that hold. */
  revents: number;
}

/**
 * poll(2): waits until something that is asked for holds on one of many sockets, or the time is over.
 *
 * @param sockets - whose clock and deadlines are used
 * @param entries - the caller's; `revents` is filled in before `done` is called
 * @param timeoutMs - 0: do not wait; negative or `Infinity`: for ever
 * @param done - called once with the number of entries whose `revents` is not 0, possibly before `poll` returns
 * @example
 * ```ts
 * poll(sockets, [{ socket, events: POLLIN, revents: 0 }], 1000, (ready) => console.log(ready));
 * ```
 */
export function poll(
  sockets: SocketContext,
  entries: readonly PollEntry[],
  timeoutMs: number,
  done: (ready: number) => void,
): Cancel {
  const call = new PollCall(sockets, entries, done);
  call.start(timeoutMs);
  return () => call.cancel();
}

class PollCall implements WaiterTarget, Deadline {
  deadlineMs: number;
  deadlineIndex: number;
  private readonly sockets: SocketContext;
  private readonly entries: readonly PollEntry[];
  private readonly done: (ready: number) => void;
  private readonly waiters: Waiter[];
  private ended: boolean;

  constructor(sockets: SocketContext, entries: readonly PollEntry[], done: (ready: number) => void) {
    this.deadlineMs = 0;
    this.deadlineIndex = -1;
    this.sockets = sockets;
    this.entries = entries;
    this.done = done;
    this.waiters = [];
    this.ended = false;
  }

  start(timeoutMs: number): void {
    const ready = this.look();
    if (ready > 0 || timeoutMs === 0) {
      this.ended = true;
      this.done(ready);
      return;
    }
    for (const { socket, events } of this.entries) {
      if (socket === null) continue;
      const waiter = new Waiter(events | POLLERR | POLLHUP | POLLNVAL, this);
      this.waiters.push(waiter);
      socket.addWaiter(waiter);
    }
    if (timeoutMs < 0 || timeoutMs === Number.POSITIVE_INFINITY) return;
    this.deadlineMs = this.sockets.now() + timeoutMs;
    this.sockets.arm(this);
  }

  woken(): void {
    if (this.ended) return;
    // Who was woken before may have taken what there was.
    const ready = this.look();
    if (ready > 0) this.end(ready);
  }

  expired(): void {
    if (!this.ended) this.end(this.look());
  }

  cancel(): number {
    if (!this.ended) this.leave();
    return 0;
  }

  private look(): number {
    let ready = 0;
    for (const entry of this.entries) {
      entry.revents = entry.socket === null ? 0 : entry.socket.poll(entry.events);
      if (entry.revents !== 0) ready += 1;
    }
    return ready;
  }

  private end(ready: number): void {
    this.leave();
    this.done(ready);
  }

  private leave(): void {
    this.ended = true;
    for (const waiter of this.waiters) waiter.list?.remove(waiter);
    this.sockets.disarm(this);
  }
}
