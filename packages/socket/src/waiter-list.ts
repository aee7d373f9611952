/** Told by a {@link WaiterList}. May add and remove waiters of the same list, itself included, and wake it again. */
export interface WaiterTarget {
  /**
   * @param events - the poll bits that hold now, cut down to the waiter's mask
   * @param waiter - which of the target's waiters
   */
  woken(events: number, waiter: Waiter): void;
}

/** One who waits for poll events: a node of at most one {@link WaiterList}. */
export class Waiter {
  /** `POLL*` bits to be woken for. May change while it waits. */
  mask: number;
  /** Who is told. */
  readonly target: WaiterTarget;
  /** @internal */
  list: WaiterList | null;
  /** @internal */
  next: Waiter | null;
  /** @internal */
  previous: Waiter | null;
  /** @internal The list's `edges` when it was added: a wake that runs does not reach who came later. */
  since: number;

  constructor(mask: number, target: WaiterTarget) {
    this.mask = mask;
    this.target = target;
    this.list = null;
    this.next = null;
    this.previous = null;
    this.since = 0;
  }
}

/**
 * Who waits for one socket, in the order of coming: shared by blocking calls, `poll` and an epoll. Adding and removing
 * is safe at any time, from inside a wake too: who is removed is not woken any more, who is added waits for the next
 * wake.
 */
export class WaiterList {
  /** How often it was woken: an edge-triggered waiter compares. */
  edges: number;
  private first: Waiter | null;
  private last: Waiter | null;
  /** The next to be woken by the wake that runs. */
  private cursor: Waiter | null;
  /** How many wakes run, one inside the other: a target may wake the list again. */
  private depth: number;
  /** The cursors of the outer ones; few lists ever have any. */
  private outer: (Waiter | null)[] | null;

  constructor() {
    this.edges = 0;
    this.first = null;
    this.last = null;
    this.cursor = null;
    this.depth = 0;
    this.outer = null;
  }

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.first === null;
  }

  /** Adds a waiter at the end; one that waits here already keeps its place, one that waits elsewhere leaves there. */
  add(waiter: Waiter): void {
    if (waiter.list === this) return;
    if (waiter.list !== null) waiter.list.remove(waiter);
    waiter.list = this;
    waiter.since = this.edges;
    waiter.next = null;
    waiter.previous = this.last;
    if (this.last === null) this.first = waiter;
    else this.last.next = waiter;
    this.last = waiter;
  }

  /** Takes a waiter out; one that does not wait here is left alone. */
  remove(waiter: Waiter): void {
    if (waiter.list !== this) return;
    if (this.cursor === waiter) this.cursor = waiter.next;
    if (this.outer !== null) {
      for (let index = 0; index < this.depth - 1; index += 1) {
        if (this.outer[index] === waiter) this.outer[index] = waiter.next;
      }
    }
    if (waiter.previous === null) this.first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === null) this.last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.list = null;
    waiter.next = null;
    waiter.previous = null;
  }

  /**
   * Wakes those whose mask has one of `events`.
   *
   * @param events - the poll bits that hold now
   */
  wake(events: number): void {
    this.edges += 1;
    const { first } = this;
    if (first === null) return;
    if (first.next === null) {
      // One waits, as most often, and nobody who comes meanwhile is meant: there is no place to keep.
      const hits = first.mask & events;
      if (hits !== 0) first.target.woken(hits, first);
      return;
    }
    const edge = this.edges;
    if (this.depth > 0) {
      this.outer ??= [];
      this.outer[this.depth - 1] = this.cursor;
    }
    this.depth += 1;
    try {
      this.wakeFrom(first, edge, events);
    } finally {
      this.depth -= 1;
      this.cursor = this.depth > 0 && this.outer !== null ? (this.outer[this.depth - 1] ?? null) : null;
    }
  }

  private wakeFrom(first: Waiter, edge: number, events: number): void {
    let waiter: Waiter | null = first;
    try {
      // Who came after this wake began stands at the end with `since` = edge or more.
      while (waiter !== null && waiter.since < edge) {
        this.cursor = waiter.next;
        const hits = waiter.mask & events;
        if (hits !== 0) waiter.target.woken(hits, waiter);
        waiter = this.cursor;
      }
      this.cursor = null;
    } finally {
      // One that throws keeps nobody else asleep.
      if (this.cursor !== null) this.wakeFrom(this.cursor, edge, events);
    }
  }
}
