import { POLLIN, POLLNVAL } from '@synos/abi';
import type { Deadline } from './deadline-queue.js';
import type { PollTarget } from './poll-target.js';
import type { SocketContext } from './socket-context.js';
import { Waiter, type WaiterTarget } from './waiter-list.js';

/** The past of every clock: due at the next `advance`. */
const atOnceMs = 0;

/**
 * One who waits in an epoll. Woken, it takes nothing yet: it asks to be called when the poll that runs has told
 * everything, so that events of one poll come together.
 */
export class EpollWait implements WaiterTarget, Deadline {
  deadlineMs: number;
  deadlineIndex: number;
  private readonly epoll: PollTarget;
  private readonly context: SocketContext;
  private readonly take: () => number;
  private readonly done: (count: number) => void;
  private readonly waiter: Waiter;
  private endMs: number;
  private ended: boolean;

  constructor(epoll: PollTarget, context: SocketContext, take: () => number, done: (count: number) => void) {
    this.deadlineMs = 0;
    this.deadlineIndex = -1;
    this.epoll = epoll;
    this.context = context;
    this.take = take;
    this.done = done;
    this.waiter = new Waiter(POLLIN | POLLNVAL, this);
    this.endMs = Number.POSITIVE_INFINITY;
    this.ended = false;
  }

  start(timeoutMs: number): void {
    if (timeoutMs > 0) this.endMs = this.context.now() + timeoutMs;
    this.epoll.addWaiter(this.waiter);
    this.armAt(this.endMs);
  }

  woken(): void {
    if (!this.ended && this.deadlineMs !== atOnceMs) this.armAt(atOnceMs);
  }

  expired(nowMs: number): void {
    const count = this.take();
    // Another wait may have been first.
    if (count === 0 && nowMs < this.endMs) {
      this.armAt(this.endMs);
      return;
    }
    this.leave();
    this.done(count);
  }

  cancel(): number {
    if (!this.ended) this.leave();
    return 0;
  }

  private armAt(deadlineMs: number): void {
    this.context.disarm(this);
    this.deadlineMs = deadlineMs;
    if (deadlineMs !== Number.POSITIVE_INFINITY) this.context.arm(this);
  }

  private leave(): void {
    this.ended = true;
    this.epoll.removeWaiter(this.waiter);
    this.context.disarm(this);
  }
}
