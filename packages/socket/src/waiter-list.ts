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

/** Where a wake is that runs. */
interface Cursor {
  /** The next to be woken. */
  waiter: Waiter | null;
  /** Of the wake around this one: a target may wake the list again. */
  readonly outer: Cursor | null;
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
  /** Of the innermost wake that runs. */
  private cursor: Cursor | null;

  constructor() {
    this.edges = 0;
    this.first = null;
    this.last = null;
    this.cursor = null;
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
    for (let cursor = this.cursor; cursor !== null; cursor = cursor.outer) {
      if (cursor.waiter === waiter) cursor.waiter = waiter.next;
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
    const cursor: Cursor = { waiter: first, outer: this.cursor };
    this.cursor = cursor;
    try {
      wakeFrom(cursor, this.edges, events);
    } finally {
      this.cursor = cursor.outer;
    }
  }
}

function wakeFrom(cursor: Cursor, edge: number, events: number): void {
  try {
    // Who came after this wake began stands at the end with `since` = edge or more.
    for (let { waiter } = cursor; waiter !== null && waiter.since < edge; waiter = cursor.waiter) {
      cursor.waiter = waiter.next;
      const hits = waiter.mask & events;
      if (hits !== 0) waiter.target.woken(hits, waiter);
    }
    cursor.waiter = null;
  } finally {
    // One that throws keeps nobody else asleep.
    if (cursor.waiter !== null) wakeFrom(cursor, edge, events);
  }
}
