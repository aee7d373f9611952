import type { EventLoop } from '@synos/interfaces';

/** Something that is given up when nothing happens to it for a while. */
export interface IdleEntry {
  /** Who it is counted for. */
  readonly owner: string;
  /** When it was last used; whoever uses it writes the time here. */
  usedMs: number;
  /** It has left the table: idle for too long, or in the way of another. */
  expired(why: 'idle' | 'evicted'): void;
}

/** Options of {@link IdleTable}. */
export interface IdleTableOptions {
  readonly loop: EventLoop;
  readonly idleMs: number;
  /** Entries in all. */
  readonly limit: number;
  /** Entries of one owner. */
  readonly ownerLimit: number;
}

/**
 * A bounded set of entries that end when they are idle. Whoever has too many loses its own least recently used one;
 * when the whole table is full, it is one of the owner who has most: a flood washes out the flooder's entries first.
 * One timer for all.
 */
export class IdleTable<Entry extends IdleEntry> {
  readonly #options: IdleTableOptions;
  readonly #owners: Map<string, Set<Entry>>;
  #size: number;
  #cancelTimer: (() => void) | null;

  constructor(options: IdleTableOptions) {
    this.#options = options;
    this.#owners = new Map();
    this.#size = 0;
    this.#cancelTimer = null;
  }

  get size(): number {
    return this.#size;
  }

  /** How many an owner has. */
  countOf(owner: string): number {
    return this.#owners.get(owner)?.size ?? 0;
  }

  /** Takes an entry in, if need be in the place of another. */
  add(entry: Entry): void {
    const { limit, ownerLimit, loop, idleMs } = this.#options;
    if (this.countOf(entry.owner) >= ownerLimit) this.#evictFrom(entry.owner);
    else if (this.#size >= limit) this.#evictFrom(this.#greediest());
    const entries = this.#owners.get(entry.owner);
    if (entries === undefined) this.#owners.set(entry.owner, new Set([entry]));
    else entries.add(entry);
    this.#size += 1;
    this.#cancelTimer ??= loop.at(entry.usedMs + idleMs, () => this.#sweep());
  }

  /** Lets an entry go without a word to it; one that is not there is left alone. */
  delete(entry: Entry): void {
    const entries = this.#owners.get(entry.owner);
    if (entries === undefined || !entries.delete(entry)) return;
    this.#size -= 1;
    if (entries.size === 0) this.#owners.delete(entry.owner);
    if (this.#size === 0) this.#stopTimer();
  }

  /** Lets all go and answers them. */
  clear(): Entry[] {
    const all = [...this.#owners.values()].flatMap((entries) => [...entries]);
    this.#owners.clear();
    this.#size = 0;
    this.#stopTimer();
    return all;
  }

  #evictFrom(owner: string): void {
    let oldest: Entry | null = null;
    for (const entry of this.#owners.get(owner) ?? []) {
      if (oldest === null || entry.usedMs < oldest.usedMs) oldest = entry;
    }
    if (oldest === null) return;
    this.delete(oldest);
    oldest.expired('evicted');
  }

  #greediest(): string {
    let most = '';
    let count = 0;
    for (const [owner, entries] of this.#owners) {
      if (entries.size <= count) continue;
      most = owner;
      count = entries.size;
    }
    return most;
  }

  #sweep(): void {
    const { loop, idleMs } = this.#options;
    this.#cancelTimer = null;
    const nowMs = loop.now();
    const due: Entry[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const entries of this.#owners.values()) {
      for (const entry of entries) {
        if (entry.usedMs + idleMs <= nowMs) due.push(entry);
        else nextMs = Math.min(nextMs, entry.usedMs + idleMs);
      }
    }
    for (const entry of due) {
      this.delete(entry);
      entry.expired('idle');
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#cancelTimer ??= loop.at(nextMs, () => this.#sweep());
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
