import type { Tcb } from './tcb.js';

/** Connections that have something to send to a device without room, first come first served. */
export class RoomQueue {
  private readonly waiting: (Tcb | null)[];
  private head: number;

  constructor() {
    this.waiting = [];
    this.head = 0;
  }

  get length(): number {
    return this.waiting.length - this.head;
  }

  push(tcb: Tcb): void {
    this.waiting.push(tcb);
  }

  /** For one whose turn it is already. */
  pushFirst(tcb: Tcb): void {
    this.waiting.splice(this.head, 0, tcb);
  }

  /** Who is first. */
  get first(): Tcb | null {
    return this.waiting[this.head] ?? null;
  }

  shift(): Tcb | null {
    const tcb = this.waiting[this.head] ?? null;
    this.waiting[this.head] = null;
    this.head++;
    // Moved together once half of it is used up: constant time on average.
    if (this.head * 2 >= this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    return tcb;
  }
}
