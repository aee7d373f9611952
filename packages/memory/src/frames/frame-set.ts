/**
 * A set of small integers as bits, with a bit above for each word that is not empty, and so on up to a single word: the
 * highest member is found in one step per level. A million frames take four levels and 1/8 byte each.
 */
export class FrameSet {
  /** From the members' own bits up. */
  private readonly levels: Int32Array[];

  /** For members from 0 to `capacity - 1`; at most 2^30 of them. */
  constructor(capacity: number) {
    this.levels = [];
    let bits = capacity;
    do {
      const words = Math.max(1, (bits + 31) >>> 5);
      this.levels.push(new Int32Array(words));
      bits = words;
    } while (bits > 1);
  }

  add(member: number): void {
    const { levels } = this;
    let bit = member;
    for (let level = 0; level < levels.length; level += 1) {
      const words = levels[level] as Int32Array;
      const at = bit >>> 5;
      const before = words[at] as number;
      words[at] = before | (1 << (bit & 31));
      if (before !== 0) return;
      bit = at;
    }
  }

  /** Adds `from` to `end - 1`: by whole words, for machines whose every frame is free at first. */
  addRange(from: number, end: number): void {
    let first = from;
    let last = end - 1;
    if (first > last) return;
    for (const words of this.levels) {
      const firstWord = first >>> 5;
      const lastWord = last >>> 5;
      const head = -1 << (first & 31);
      const tail = -1 >>> (31 - (last & 31));
      if (firstWord === lastWord) {
        words[firstWord] = (words[firstWord] as number) | (head & tail);
      } else {
        words[firstWord] = (words[firstWord] as number) | head;
        words.fill(-1, firstWord + 1, lastWord);
        words[lastWord] = (words[lastWord] as number) | tail;
      }
      first = firstWord;
      last = lastWord;
    }
  }

  remove(member: number): void {
    const { levels } = this;
    let bit = member;
    for (let level = 0; level < levels.length; level += 1) {
      const words = levels[level] as Int32Array;
      const at = bit >>> 5;
      const after = (words[at] as number) & ~(1 << (bit & 31));
      words[at] = after;
      if (after !== 0) return;
      bit = at;
    }
  }

  /** The highest member, -1 of an empty set. */
  highest(): number {
    const { levels } = this;
    let at = 0;
    for (let level = levels.length - 1; level >= 0; level -= 1) {
      const word = (levels[level] as Int32Array)[at] as number;
      if (word === 0) return -1;
      at = (at << 5) | (31 - Math.clz32(word));
    }
    return at;
  }

  /** The lowest member that is not below `from`, -1 where there is none. */
  next(from: number): number {
    const { levels } = this;
    let bit = from;
    for (let level = 0; level < levels.length; level += 1) {
      const words = levels[level] as Int32Array;
      const at = bit >>> 5;
      if (at >= words.length) return -1;
      const rest = (words[at] as number) & (-1 << (bit & 31));
      if (rest !== 0) return this.lowestBelow(level, (at << 5) | lowestBit(rest));
      bit = at + 1;
    }
    return -1;
  }

  /** The lowest number from `from` on that is no member, `end` where all below `end` are. */
  nextAbsent(from: number, end: number): number {
    const words = this.levels[0] as Int32Array;
    let bit = from;
    while (bit < end) {
      const rest = ~(words[bit >>> 5] as number) & (-1 << (bit & 31));
      if (rest !== 0) return Math.min(end, (bit & ~31) | lowestBit(rest));
      bit = (bit | 31) + 1;
    }
    return end;
  }

  /** The lowest member under a bit of a level. */
  private lowestBelow(level: number, bit: number): number {
    let at = bit;
    for (let below = level - 1; below >= 0; below -= 1) {
      at = (at << 5) | lowestBit((this.levels[below] as Int32Array)[at] as number);
    }
    return at;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
