import type { Region, VirtualAddress } from '@synos/interfaces';

/** What a region is, apart from where. Regions that are alike in it and touch become one. */
export type RegionNature = Pick<Region, 'protection' | 'kind'>;

/** A change to a {@link RegionMap} that was found to fit: `pieces` take the places from `first` to `last - 1`. */
export interface RegionPlan {
  readonly first: number;
  readonly last: number;
  readonly pieces: readonly Region[];
}

/**
 * Which stretches of the user half are mapped: sorted, without overlaps, neighbours that are alike made one. Every
 * change replaces one range by one region or by nothing, planned first so that it can be refused while nothing has
 * changed. All ranges are whole pages.
 */
export class RegionMap {
  private readonly list: Region[];
  private readonly maxRegions: number;
  /** Bytes in regions. */
  private bytes: number;
  /** The top-down search: gaps that end above {@link searchEnd}, and at or below {@link searchTop}, are no larger than {@link largestSkipped}. */
  private searchTop: VirtualAddress;
  private searchEnd: VirtualAddress;
  private largestSkipped: number;

  constructor(maxRegions: number) {
    this.list = [];
    this.maxRegions = maxRegions;
    this.bytes = 0;
    this.searchTop = 0;
    this.searchEnd = 0;
    this.largestSkipped = 0;
  }

  get mappedBytes(): number {
    return this.bytes;
  }

  /** The regions in ascending order, as a list of the caller's own. */
  all(): Region[] {
    return this.list.slice();
  }

  /** The region that an address lies in. */
  at(address: VirtualAddress): Region | null {
    const region = this.list[this.indexFrom(address)];
    return region !== undefined && region.address <= address ? region : null;
  }

  /** Whether nothing is mapped in a range. */
  isFree(start: VirtualAddress, end: VirtualAddress): boolean {
    return this.startAfter(start) >= end;
  }

  /** How many bytes of a range are mapped. */
  bytesIn(start: VirtualAddress, end: VirtualAddress): number {
    let bytes = 0;
    for (let index = this.indexFrom(start); index < this.list.length; index += 1) {
      const region = this.list[index] as Region;
      if (region.address >= end) break;
      bytes += Math.min(end, endOf(region)) - Math.max(start, region.address);
    }
    return bytes;
  }

  /** Where the last region that begins below an address ends, cut to it; 0 when there is none. */
  endBefore(address: VirtualAddress): VirtualAddress {
    const at = this.at(address);
    if (at !== null && at.address < address) return address;
    const before = this.list[this.indexFrom(address) - 1];
    return before === undefined ? 0 : endOf(before);
  }

  /** Where the first byte from an address on is that is mapped; endless when none is. */
  startAfter(address: VirtualAddress): VirtualAddress {
    const region = this.list[this.indexFrom(address)];
    return region === undefined ? Infinity : Math.max(address, region.address);
  }

  /**
   * Plans to replace what lies in a range.
   *
   * @param nature - what is to lie there, `null` for nothing
   * @returns `null` when there would be too many regions
   */
  plan(start: VirtualAddress, end: VirtualAddress, nature: RegionNature | null): RegionPlan | null {
    const { list } = this;
    let first = this.indexFrom(start);
    let last = first;
    while (last < list.length && (list[last] as Region).address < end) last += 1;
    const pieces: Region[] = [];
    const isTouched = first < last;
    const head = list[first] as Region;
    const tail = list[last - 1] as Region;
    if (nature !== null && first > 0 && endOf(list[first - 1] as Region) === start) {
      first -= 1;
      pieces.push(list[first] as Region);
    }
    if (isTouched && head.address < start) append(pieces, head.address, start, head);
    if (nature !== null) append(pieces, start, end, nature);
    if (isTouched && endOf(tail) > end) append(pieces, end, endOf(tail), tail);
    if (nature !== null && list[last]?.address === end) {
      const next = list[last] as Region;
      append(pieces, end, endOf(next), next);
      last += 1;
    }
    const growth = pieces.length - (last - first);
    return list.length + growth > this.maxRegions ? null : { first, last, pieces };
  }

  /** Does what was planned, at once afterwards. */
  apply({ first, last, pieces }: RegionPlan): void {
    const removed = this.list.splice(first, last - first, ...pieces);
    let change = 0;
    for (const { byteLength } of pieces) change += byteLength;
    for (const { byteLength } of removed) change -= byteLength;
    this.bytes += change;
    const lastRemoved = removed[removed.length - 1];
    // A gap may have come into being among those that the search has passed.
    if (lastRemoved !== undefined && endOf(lastRemoved) > this.searchEnd) this.searchTop = 0;
  }

  /**
   * The highest place below `top` where so many bytes are free, as Linux searches (vm_unmapped_area, top-down).
   *
   * @returns -1 when there is none from `bottom` on
   */
  highestGap(byteLength: number, bottom: VirtualAddress, top: VirtualAddress): VirtualAddress {
    if (this.searchTop !== top || byteLength <= this.largestSkipped) {
      this.searchTop = top;
      this.searchEnd = top;
      this.largestSkipped = 0;
    }
    let end = this.searchEnd;
    for (let index = this.indexFrom(end - 1); ; index -= 1) {
      const above = this.list[index];
      if (above !== undefined && above.address < end) end = above.address;
      const below = this.list[index - 1];
      const start = Math.max(bottom, below === undefined ? 0 : endOf(below));
      if (end - start >= byteLength) {
        this.searchEnd = end;
        return end - byteLength;
      }
      this.largestSkipped = Math.max(this.largestSkipped, end - start);
      if (below === undefined || start === bottom) {
        this.searchEnd = end;
        return -1;
      }
    }
  }

  /** The lowest place from `bottom` on where so many bytes are free below `top`; -1 when there is none. */
  lowestGap(byteLength: number, bottom: VirtualAddress, top: VirtualAddress): VirtualAddress {
    let start = bottom;
    for (let index = this.indexFrom(bottom); start + byteLength <= top; index += 1) {
      const next = this.list[index];
      if (next === undefined || start + byteLength <= next.address) return start;
      start = endOf(next);
    }
    return -1;
  }

  /** The index of the first region that ends above an address. */
  private indexFrom(address: VirtualAddress): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(this.list[middle] as Region) > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The first address behind a region. */
export function endOf(region: Region): VirtualAddress {
  return region.address + region.byteLength;
}

/** Adds a piece that begins where the last one ends, and makes the two one where they are alike. */
function append(pieces: Region[], start: VirtualAddress, end: VirtualAddress, nature: RegionNature): void {
  const { protection, kind } = nature;
  const last = pieces[pieces.length - 1];
  if (last !== undefined && endOf(last) === start && last.protection === protection && last.kind === kind) {
    pieces[pieces.length - 1] = { address: last.address, byteLength: end - last.address, protection, kind };
  } else pieces.push({ address: start, byteLength: end - start, protection, kind });
}
