import type { Timers } from '../contracts.js';

interface Entry {
  readonly timeMs: number;
  /** Counts up: of two at the same time, who came first is first. */
  readonly order: number;
  readonly expired: () => void;
}

/** Things to do at a time, in order. Whoever drives it calls {@link run} at {@link nextMs} or later. */
export class TimerQueue implements Timers {
  /** Told when the earliest time has become earlier. It may only take note. */
  private readonly onEarlier: () => void;
  /** Ascending by time, then by order. */
  private readonly entries: Entry[];
  private nextOrder: number;

  constructor(onEarlier: () => void) {
    this.onEarlier = onEarlier;
    this.entries = [];
    this.nextOrder = 0;
  }

  get size(): number {
    return this.entries.length;
  }

  /** The earliest time; `Infinity` where nothing is to be done. */
  get nextMs(): number {
    return this.entries[0]?.timeMs ?? Infinity;
  }

  at(timeMs: number, expired: () => void): () => void {
    const entry: Entry = { timeMs, order: this.nextOrder++, expired };
    const place = this.place(entry);
    this.entries.splice(place, 0, entry);
    if (place === 0) this.onEarlier();
    return () => {
      const at = this.place(entry);
      if (this.entries[at] === entry) this.entries.splice(at, 1);
    };
  }

  /** Calls what is due, the earliest first. What is added meanwhile waits for the next run, however early it is. */
  run(nowMs: number): void {
    const stop = this.nextOrder;
    for (let at = 0; at < this.entries.length; ) {
      const entry = this.entries[at] as Entry;
      if (entry.timeMs > nowMs) return;
      if (entry.order >= stop) {
        at += 1;
        continue;
      }
      this.entries.splice(at, 1);
      entry.expired();
      // Calls may have taken others back, or added some in front.
      at = 0;
    }
  }

  /** Where an entry stands, or would stand. */
  private place({ timeMs, order }: Entry): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.entries[middle] as Entry;
      if (other.timeMs < timeMs || (other.timeMs === timeMs && other.order < order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
