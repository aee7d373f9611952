import {
  EBADF,
  EEXIST,
  EINVAL,
  ELOOP,
  ENOENT,
  ENOSPC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWAKEUP,
  POLLNVAL,
} from '@synos/abi';
import type { Cancel } from './blocking.js';
import { EpollWait } from './epoll-wait.js';
import type { PollTarget } from './poll-target.js';
import type { SocketContext } from './socket-context.js';
import { Waiter, WaiterList, type WaiterTarget } from './waiter-list.js';

/** A `struct epoll_event`: what is asked for, or what holds, and whatever the program wants to have back with it. */
export interface EpollEvent {
  /** EPOLL* bits. */
  readonly events: number;
  readonly data: unknown;
}

/** What {@link createEpoll} may be told. */
export interface EpollOptions {
  /** Targets at a time; above it `ctl` answers `-ENOSPC` (fs.epoll.max_user_watches). 65,536 by default. */
  readonly maxTargets?: number;
}

/** EP_PRIVATE_BITS of fs/eventpoll.c: what says how to tell, not what. */
const manners = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;
/** EPOLLEXCLUSIVE_OK_BITS. */
const exclusiveMay = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE;
const inputEvents = EPOLLIN | EPOLLRDNORM;
/** EP_MAX_NESTS: how many steps it may be from an epoll to one that lies in it, in others. */
const maxNests = 4;
/** EP_MAX_EVENTS: INT_MAX over the size of a `struct epoll_event` on x86-64. */
const maxEventsPerWait = /* @__PURE__ */ Math.floor(0x7fffffff / 12);

/** One target's entry in one epoll. */
class Interest implements WaiterTarget {
  readonly target: PollTarget;
  readonly waiter: Waiter;
  /** All bits as the program set them. */
  flags: number;
  /** What is reported: 0 between a one-shot's event and the next MOD. */
  mask: number;
  data: unknown;
  private readonly epoll: Epoll;

  constructor(epoll: Epoll, target: PollTarget) {
    this.epoll = epoll;
    this.target = target;
    this.waiter = new Waiter(POLLNVAL, this);
    this.flags = 0;
    this.mask = 0;
    this.data = undefined;
  }

  set({ events, data }: EpollEvent): void {
    this.flags = events;
    this.data = data;
    this.listenFor((events & ~manners) | EPOLLERR | EPOLLHUP);
  }

  listenFor(mask: number): void {
    this.mask = mask;
    this.waiter.mask = mask | POLLNVAL;
  }

  woken(events: number): void {
    if ((events & POLLNVAL) !== 0 && this.target.isClosed) this.epoll.forget(this);
    else if (this.mask !== 0) this.epoll.isReady(this);
  }
}

/**
 * epoll(7): many targets, of which only those are looked at that something happened to. What is ready waits in a line;
 * who was reported goes to its end, so that with few places per wait everybody gets a turn.
 *
 * Made by {@link createEpoll}. All calls are safe from inside every callback. Closing a target takes it out.
 */
export class Epoll implements PollTarget {
  private readonly context: SocketContext;
  private readonly maxTargets: number;
  private readonly interests: Map<PollTarget, Interest>;
  /** In the order of their turns; some may have become idle since. */
  private readonly ready: Set<Interest>;
  private readonly waiters: WaiterList;
  /** The epolls among its targets, and those whose target it is. */
  private readonly inner: Set<Epoll>;
  private readonly outer: Set<Epoll>;
  private closed: boolean;

  /** @internal */
  constructor(context: SocketContext, maxTargets: number) {
    this.context = context;
    this.maxTargets = maxTargets;
    this.interests = new Map();
    this.ready = new Set();
    this.waiters = new WaiterList();
    this.inner = new Set();
    this.outer = new Set();
    this.closed = false;
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** How many targets it has. */
  get size(): number {
    return this.interests.size;
  }

  /**
   * epoll_ctl(2).
   *
   * @param operation - EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL
   * @param target - a socket, or another epoll
   * @param event - what to report and how; EPOLLERR and EPOLLHUP are reported unasked. EPOLL_CTL_DEL needs none
   * @returns 0, or `-EBADF` (closed, this or the target), `-EEXIST`, `-ENOENT`, `-ELOOP` (epolls in a circle, or too deep),
   *   `-ENOSPC`, `-EINVAL` (itself, an unknown operation, EPOLLEXCLUSIVE with MOD, on an epoll, or with bits that it does
   *   not go with)
   */
  ctl(operation: number, target: PollTarget, event: EpollEvent = { events: 0, data: undefined }): number {
    // do_epoll_ctl, in its order.
    if (this.closed || target.isClosed) return -EBADF;
    if (target === this) return -EINVAL;
    const isExclusive = (event.events & EPOLLEXCLUSIVE) !== 0 && operation !== EPOLL_CTL_DEL;
    if (isExclusive) {
      if (operation === EPOLL_CTL_MOD) return -EINVAL;
      if (target instanceof Epoll || (event.events & ~exclusiveMay) !== 0) return -EINVAL;
    }
    if (operation === EPOLL_CTL_ADD && target instanceof Epoll && this.nestsTooDeep(target)) return -ELOOP;
    const found = this.interests.get(target);
    switch (operation) {
      case EPOLL_CTL_ADD:
        return found === undefined ? this.add(target, event) : -EEXIST;
      case EPOLL_CTL_MOD:
        if (found === undefined) return -ENOENT;
        if ((found.flags & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
        found.set(event);
        this.look(found);
        return 0;
      case EPOLL_CTL_DEL:
        if (found === undefined) return -ENOENT;
        this.forget(found);
        return 0;
      default:
        return -EINVAL;
    }
  }

  /**
   * epoll_wait(2) that waits for nothing: what a thread calls that is parked and woken by others.
   *
   * @param into - its first entries are overwritten
   * @param maxEvents - how many at most, 1 or more
   * @returns how many there were, or `-EINVAL`, `-EBADF`
   */
  take(into: EpollEvent[], maxEvents: number): number {
    if (!(maxEvents > 0 && maxEvents <= maxEventsPerWait)) return -EINVAL;
    if (this.closed) return -EBADF;
    let count = 0;
    // Who goes to the end of the line is not met again in this round.
    let left = this.ready.size;
    for (const interest of this.ready) {
      if (left === 0 || count >= maxEvents) break;
      left -= 1;
      this.ready.delete(interest);
      const events = interest.mask === 0 ? 0 : interest.target.poll(interest.mask) & interest.mask;
      if (events === 0) continue;
      into[count] = { events, data: interest.data };
      count += 1;
      if ((interest.flags & EPOLLONESHOT) !== 0) interest.listenFor(0);
      // Level-triggered: it stays until somebody finds that it does not hold any more.
      else if ((interest.flags & EPOLLET) === 0) this.ready.add(interest);
    }
    return count;
  }

  /**
   * epoll_wait(2): waits until something is ready or the time is over. What becomes ready in one poll of the stack comes
   * in one answer.
   *
   * @param into - the caller's; its first entries are overwritten before `done` is called
   * @param maxEvents - how many at most, 1 or more
   * @param timeoutMs - 0: do not wait; negative or `Infinity`: for ever
   * @param done - called once with their number (0: the time is over), `-EINVAL`, or `-EBADF` (closed, meanwhile too);
   *   possibly before `wait` returns
   */
  wait(into: EpollEvent[], maxEvents: number, timeoutMs: number, done: (count: number) => void): Cancel {
    const count = this.take(into, maxEvents);
    if (count !== 0 || timeoutMs === 0) {
      done(count);
      return () => 0;
    }
    const call = new EpollWait(this, this.context, () => this.take(into, maxEvents), done);
    call.start(timeoutMs);
    return () => call.cancel();
  }

  /** Closes it: waits end with `-EBADF`, targets go on without it. */
  close(): number {
    if (this.closed) return -EBADF;
    this.closed = true;
    for (const interest of this.interests.values()) this.forget(interest);
    this.waiters.wake(POLLNVAL);
    return 0;
  }

  /** An epoll is readable when something in it is ready (ep_eventpoll_poll). */
  poll(events: number): number {
    if (this.closed) return POLLNVAL;
    if ((events & inputEvents) === 0) return 0;
    for (const interest of this.ready) {
      if (interest.mask !== 0 && (interest.target.poll(interest.mask) & interest.mask) !== 0)
        return events & inputEvents;
      this.ready.delete(interest);
    }
    return 0;
  }

  /** Lets a waiter wait for events of this epoll. It is woken by changes from now on: poll first. */
  addWaiter(waiter: Waiter): void {
    if (!this.closed) this.waiters.add(waiter);
  }

  /** Takes a waiter out; one that does not wait here is left alone. */
  removeWaiter(waiter: Waiter): void {
    this.waiters.remove(waiter);
  }

  /** @internal Something happened to a target. */
  isReady(interest: Interest): void {
    this.ready.add(interest);
    this.waiters.wake(inputEvents);
  }

  /** @internal Takes a target out. */
  forget(interest: Interest): void {
    this.interests.delete(interest.target);
    this.ready.delete(interest);
    interest.target.removeWaiter(interest.waiter);
    if (!(interest.target instanceof Epoll)) return;
    this.inner.delete(interest.target);
    interest.target.outer.delete(this);
  }

  private add(target: PollTarget, event: EpollEvent): number {
    if (this.interests.size >= this.maxTargets) return -ENOSPC;
    const interest = new Interest(this, target);
    interest.set(event);
    this.interests.set(target, interest);
    target.addWaiter(interest.waiter);
    if (target instanceof Epoll) {
      this.inner.add(target);
      target.outer.add(this);
    }
    this.look(interest);
    return 0;
  }

  /** Whether something that is asked for holds already. */
  private look(interest: Interest): void {
    if ((interest.target.poll(interest.mask) & interest.mask) !== 0) this.isReady(interest);
  }

  /** ep_loop_check: whether with this target epolls would lie in a circle, or too deep one in the other. */
  private nestsTooDeep(target: Epoll): boolean {
    const below = longestWay(target, (epoll) => epoll.inner, this);
    const above = longestWay(this, (epoll) => epoll.outer, null);
    return below + 1 + above > maxNests;
  }
}

/** How many steps one can go at most; `Infinity` when one of them leads to `goal`. Circles there are none. */
function longestWay(
  from: Epoll,
  next: (epoll: Epoll) => Iterable<Epoll>,
  goal: Epoll | null,
  known: Map<Epoll, number> = new Map(),
): number {
  if (from === goal) return Number.POSITIVE_INFINITY;
  let longest = known.get(from);
  if (longest !== undefined) return longest;
  longest = 0;
  for (const epoll of next(from)) longest = Math.max(longest, 1 + longestWay(epoll, next, goal, known));
  known.set(from, longest);
  return longest;
}

/**
 * epoll_create1(2).
 *
 * @param sockets - whose clock and deadlines are used
 * @example
 * ```ts
 * const epoll = createEpoll(stack.sockets);
 * epoll.ctl(EPOLL_CTL_ADD, socket, { events: EPOLLIN, data: socket });
 * const events: EpollEvent[] = [];
 * epoll.wait(events, 64, 1000, (count) => console.log(events.slice(0, count)));
 * ```
 */
export function createEpoll(sockets: SocketContext, options: EpollOptions = {}): Epoll {
  return new Epoll(sockets, options.maxTargets ?? 65_536);
}
