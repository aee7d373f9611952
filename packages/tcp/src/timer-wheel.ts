import { assert } from '@synos/interfaces';

const levels = 5;
const slotsPerLevel = 64;
const slotCount = levels * slotsPerLevel;
/** The list of what is due already. */
const readySlot = slotCount;
const none = -1;

/**
 * Timers by id on a hierarchical wheel: five levels of 64 slots, the first of 1 ms, each further one 64 times as
 * coarse (12 days in all; what lies further waits in the last level and is placed anew). Arming, disarming and
 * expiring are constant time; a timer moves down at most four times.
 *
 * {@link nextDue} is exact within 64 ms of a timer and otherwise the time at which its slot is sorted into finer ones:
 * early, never late.
 */
export class TimerWheel {
  /** All that was due at or before this tick has been handed out or is ready. */
  time: number;
  private readonly heads: Int32Array;
  /** Which slots of a level hold anything: two words of bits each. */
  private readonly occupied: Int32Array;
  private next: Int32Array;
  /** The neighbour before, or `-2 - slot` at the head of a list; `none` when the id is not armed. */
  private previous: Int32Array;
  private due: Float64Array;
  private soonest: number;
  private soonestKnown: boolean;

  constructor(startTick: number) {
    this.time = startTick;
    this.heads = new Int32Array(slotCount + 1).fill(none);
    this.occupied = new Int32Array(levels * 2);
    this.next = new Int32Array(16).fill(none);
    this.previous = new Int32Array(16).fill(none);
    this.due = new Float64Array(16).fill(Infinity);
    this.soonest = Infinity;
    this.soonestKnown = true;
  }

  /** When an id fires, `Infinity` if it is not armed. */
  dueOf(id: number): number {
    return id < this.due.length ? this.due[id]! : Infinity;
  }

  /** Arms an id (anew) for a tick. */
  schedule(id: number, dueTick: number): void {
    if (id >= this.due.length) this.grow(id + 1);
    if (this.previous[id] !== none) this.unlink(id);
    this.due[id] = dueTick;
    this.link(id, this.slotFor(dueTick));
    this.soonestKnown = false;
  }

  cancel(id: number): void {
    if (id >= this.due.length || this.previous[id] === none) return;
    this.unlink(id);
    this.due[id] = Infinity;
    this.soonestKnown = false;
  }

  /** When {@link expire} is wanted next, `Infinity` if nothing is armed. */
  nextDue(): number {
    if (!this.soonestKnown) {
      this.soonest = this.findSoonest();
      this.soonestKnown = true;
    }
    return this.soonest;
  }

  /** The id of a timer that is due at `nowTick`, disarmed by this, or -1 when there is none (left). */
  expire(nowTick: number): number {
    for (;;) {
      const id = this.heads[readySlot]!;
      if (id !== none) {
        this.cancel(id);
        return id;
      }
      const soonest = this.nextDue();
      if (soonest > nowTick) {
        if (nowTick > this.time) this.time = nowTick;
        return none;
      }
      this.time = soonest;
      this.soonestKnown = false;
      for (let level = levels - 1, size = slotsPerLevel ** (levels - 1); level >= 0; level--, size /= slotsPerLevel) {
        if (soonest % size === 0) this.sortAnew(level * slotsPerLevel + ((soonest / size) & (slotsPerLevel - 1)));
      }
    }
  }

  private sortAnew(slot: number): void {
    let id = this.heads[slot]!;
    while (id !== none) {
      const after = this.next[id]!;
      this.unlink(id);
      this.link(id, this.slotFor(this.due[id]!));
      id = after;
    }
  }

  private slotFor(dueTick: number): number {
    const distance = dueTick - this.time;
    if (distance <= 0) return readySlot;
    let level = 0;
    let size = 1;
    while (level < levels - 1 && distance >= size * slotsPerLevel) {
      level++;
      size *= slotsPerLevel;
    }
    // Beyond the last level: as far out as it reaches, to be placed anew from there.
    const tick = distance >= size * slotsPerLevel ? this.time + size * (slotsPerLevel - 1) : dueTick;
    return level * slotsPerLevel + (Math.floor(tick / size) & (slotsPerLevel - 1));
  }

  private findSoonest(): number {
    if (this.heads[readySlot] !== none) return this.time;
    let soonest = Infinity;
    for (let level = 0, size = 1; level < levels; level++, size *= slotsPerLevel) {
      const low = this.occupied[level * 2]!;
      const high = this.occupied[level * 2 + 1]!;
      if ((low | high) === 0) continue;
      const base = Math.floor(this.time / size);
      const at = (base + distanceToBit(low, high, (base + 1) & (slotsPerLevel - 1)) + 1) * size;
      if (at < soonest) soonest = at;
    }
    return soonest;
  }

  private link(id: number, slot: number): void {
    const head = this.heads[slot]!;
    this.next[id] = head;
    this.previous[id] = -2 - slot;
    if (head !== none) this.previous[head] = id;
    this.heads[slot] = id;
    if (slot !== readySlot) {
      const word = slot >>> 5;
      this.occupied[word] = this.occupied[word]! | (1 << (slot & 31));
    }
  }

  private unlink(id: number): void {
    const before = this.previous[id]!;
    const after = this.next[id]!;
    assert(before !== none, 'timer is not armed');
    if (after !== none) this.previous[after] = before;
    if (before >= 0) {
      this.next[before] = after;
    } else {
      const slot = -2 - before;
      this.heads[slot] = after;
      if (after === none && slot !== readySlot) {
        const word = slot >>> 5;
        this.occupied[word] = this.occupied[word]! & ~(1 << (slot & 31));
      }
    }
    this.previous[id] = none;
  }

  private grow(atLeast: number): void {
    const size = Math.max(atLeast, this.due.length * 2);
    const next = new Int32Array(size).fill(none);
    const previous = new Int32Array(size).fill(none);
    const due = new Float64Array(size).fill(Infinity);
    next.set(this.next);
    previous.set(this.previous);
    due.set(this.due);
    this.next = next;
    this.previous = previous;
    this.due = due;
  }
}

/** How many positions from bit `from` (wrapping at 64) the next set bit is; at least one bit is set. */
function distanceToBit(low: number, high: number, from: number): number {
  const first = from < 32 ? low : high;
  const second = from < 32 ? high : low;
  const shift = from & 31;
  const near = first >>> shift;
  if (near !== 0) return lowestBit(near);
  if (second !== 0) return 32 - shift + lowestBit(second);
  return 64 - shift + lowestBit(first);
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
