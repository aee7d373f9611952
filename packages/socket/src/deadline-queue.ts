/** Something with a time limit. A node of at most one `DeadlineQueue`. */
export interface Deadline {
  /** When it is due, in milliseconds of the clock. */
  deadlineMs: number;
  /** Its place in the queue's heap, -1 when it is in none. Written by the queue. */
  deadlineIndex: number;
  /** Its time has come; it is out of the queue already. May add and remove others. */
  expired(nowMs: number): void;
}

/** Deadlines by time: a binary heap whose entries know their place, so that taking one back is cheap. */
export class DeadlineQueue {
  private readonly heap: Deadline[];

  constructor() {
    this.heap = [];
  }

  /** The earliest time, `Infinity` when there is none. */
  next(): number {
    const first = this.heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.deadlineMs;
  }

  /** Adds one that is in no queue. */
  add(deadline: Deadline): void {
    this.heap.push(deadline);
    this.rise(deadline, this.heap.length - 1);
  }

  /** Takes one back; one that is not in the queue is left alone. */
  remove(deadline: Deadline): void {
    const index = deadline.deadlineIndex;
    if (index < 0) return;
    deadline.deadlineIndex = -1;
    const moved = this.heap.pop() as Deadline;
    if (moved === deadline) return;
    this.rise(moved, index);
    this.sink(moved, moved.deadlineIndex);
  }

  /** Expires all that are due, the earliest first; those added meanwhile and due at once wait for the next call. */
  advance(nowMs: number): void {
    // A callee may add a deadline in the past for ever: the number at the start is the bound.
    for (let left = this.heap.length; left > 0; left -= 1) {
      const first = this.heap[0];
      if (first === undefined || first.deadlineMs > nowMs) return;
      this.remove(first);
      first.expired(nowMs);
    }
  }

  private rise(deadline: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.heap[parentIndex] as Deadline;
      if (parent.deadlineMs <= deadline.deadlineMs) break;
      this.place(parent, index);
      index = parentIndex;
    }
    this.place(deadline, index);
  }

  private sink(deadline: Deadline, from: number): void {
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= this.heap.length) break;
      const right = this.heap[childIndex + 1];
      if (right !== undefined && right.deadlineMs < (this.heap[childIndex] as Deadline).deadlineMs) childIndex += 1;
      const child = this.heap[childIndex] as Deadline;
      if (child.deadlineMs >= deadline.deadlineMs) break;
      this.place(child, index);
      index = childIndex;
    }
    this.place(deadline, index);
  }

  private place(deadline: Deadline, index: number): void {
    this.heap[index] = deadline;
    deadline.deadlineIndex = index;
  }
}
