/** The most stretches of out-of-order bytes kept for one connection; a segment that would begin another is dropped. */
export const maxIntervals = 256;

/**
 * Which bytes beyond `rcv.nxt` have arrived: disjoint, not adjacent intervals in order of sequence numbers. The bytes
 * themselves lie in the receive ring at their final places (RFC 9293 §3.10.7.4, seventh step, lets segments be held).
 */
export class OutOfOrder {
  /** How many intervals there are. */
  count: number;
  /** Left edge, right edge (exclusive) and the stamp of the last arrival, for each interval. */
  edges: Int32Array;
  /** The newest of the stamps. */
  stamp: number;

  constructor() {
    this.count = 0;
    this.edges = new Int32Array(8 * 3);
    this.stamp = 0;
  }

  left(index: number): number {
    return this.edges[index * 3]!;
  }

  right(index: number): number {
    return this.edges[index * 3 + 1]!;
  }

  /** Adds [left, right). Answers false, changing nothing, when it would be an interval too many. */
  add(left: number, right: number): boolean {
    const { edges } = this;
    let first = 0;
    while (first < this.count && ((edges[first * 3 + 1]! - left) | 0) < 0) first++;
    let past = first;
    let newLeft = left;
    let newRight = right;
    while (past < this.count && ((edges[past * 3]! - right) | 0) <= 0) {
      if (((edges[past * 3]! - newLeft) | 0) < 0) newLeft = edges[past * 3]!;
      if (((edges[past * 3 + 1]! - newRight) | 0) > 0) newRight = edges[past * 3 + 1]!;
      past++;
    }
    if (past === first) {
      if (this.count >= maxIntervals) return false;
      if ((this.count + 1) * 3 > edges.length) {
        this.edges = new Int32Array(edges.length * 2);
        this.edges.set(edges);
      }
      this.edges.copyWithin((first + 1) * 3, first * 3, this.count * 3);
      this.count++;
    } else {
      edges.copyWithin((first + 1) * 3, past * 3, this.count * 3);
      this.count -= past - first - 1;
    }
    this.stamp = (this.stamp + 1) | 0;
    this.edges[first * 3] = newLeft;
    this.edges[first * 3 + 1] = newRight;
    this.edges[first * 3 + 2] = this.stamp;
    return true;
  }

  /** Takes out what has become contiguous with `next` and answers the sequence number after it. */
  advance(next: number): number {
    let taken = 0;
    let nxt = next;
    while (taken < this.count && ((this.edges[taken * 3]! - nxt) | 0) <= 0) {
      const right = this.edges[taken * 3 + 1]!;
      if (((right - nxt) | 0) > 0) nxt = right;
      taken++;
    }
    if (taken > 0) {
      this.edges.copyWithin(0, taken * 3, this.count * 3);
      this.count -= taken;
    }
    return nxt;
  }

  /**
   * Fills in up to `limit` blocks for a SACK option: the one with the latest arrival first, then by how recently each
   * was reported (RFC 2018 §4).
   *
   * @returns how many
   */
  blocks(lefts: Int32Array, rights: Int32Array, limit: number): number {
    const { edges, count } = this;
    let newer = 0;
    let filled = 0;
    while (filled < limit && filled < count) {
      let best = -1;
      let bestAge = 0;
      for (let i = 0; i < count; i++) {
        const age = (this.stamp - edges[i * 3 + 2]!) | 0;
        if (filled > 0 && age <= newer) continue;
        if (best < 0 || age < bestAge) {
          best = i;
          bestAge = age;
        }
      }
      if (best < 0) break;
      lefts[filled] = edges[best * 3]!;
      rights[filled] = edges[best * 3 + 1]!;
      newer = bestAge;
      filled++;
    }
    return filled;
  }
}
