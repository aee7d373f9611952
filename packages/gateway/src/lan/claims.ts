/** Whoever holds a key has used it within this time; afterwards another may have it. */
const idleMs = 300_000;

interface Claimed {
  owner: object;
  usedMs: number;
}

/**
 * Keys (hardware addresses, or addresses) that belong to whoever used them first, a few to each. An owner that is
 * `fixed` keeps its keys for ever.
 */
export class Claims {
  readonly #limit: number;
  readonly #fixed: object;
  readonly #held: Map<number, Claimed>;
  readonly #counts: Map<object, number>;

  /** @param limit - keys that one owner holds at most */
  constructor(limit: number, fixed: object) {
    this.#limit = limit;
    this.#fixed = fixed;
    this.#held = new Map();
    this.#counts = new Map();
  }

  /** Gives a key to the fixed owner. */
  fix(key: number): void {
    this.#held.set(key, { owner: this.#fixed, usedMs: 0 });
  }

  /** Who holds a key. */
  ownerOf(key: number): object | undefined {
    return this.#held.get(key)?.owner;
  }

  /** Whether an owner may use a key; it holds it from now on. */
  use(key: number, owner: object, nowMs: number): boolean {
    const held = this.#held.get(key);
    if (held?.owner === owner) {
      held.usedMs = nowMs;
      return true;
    }
    if (held !== undefined && (held.owner === this.#fixed || nowMs - held.usedMs <= idleMs)) return false;
    if ((this.#counts.get(owner) ?? 0) >= this.#limit && !this.#dropIdleOf(owner, nowMs)) return false;
    if (held !== undefined) this.#drop(key, held);
    this.#held.set(key, { owner, usedMs: nowMs });
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
    return true;
  }

  /** An owner is gone: its keys are free. */
  release(owner: object): void {
    for (const [key, held] of this.#held) if (held.owner === owner) this.#held.delete(key);
    this.#counts.delete(owner);
  }

  #dropIdleOf(owner: object, nowMs: number): boolean {
    for (const [key, held] of this.#held) {
      if (held.owner !== owner || nowMs - held.usedMs <= idleMs) continue;
      this.#drop(key, held);
      return true;
    }
    return false;
  }

  #drop(key: number, held: Claimed): void {
    this.#held.delete(key);
    this.#counts.set(held.owner, (this.#counts.get(held.owner) ?? 1) - 1);
  }
}
