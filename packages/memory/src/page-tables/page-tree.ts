import {
  assert,
  FRAME_BYTES,
  type FrameAllocator,
  isCanonical,
  type PhysicalAddress,
  type PhysicalMemory,
  type Tlb,
  USER_END,
  type VirtualAddress,
} from '@synos/interfaces';
import {
  addressIn,
  ENTRY_BYTES,
  entryBit,
  entryOffset,
  entrySpan,
  leafHigh,
  leafLow,
  NO_EXECUTE,
  ROOT_LEVEL,
} from './entry.js';
import { type Leaf, type PageTables, right } from './page-tables.js';
import { TableWords } from './table-words.js';

/** What {@link PageTree} needs. */
export interface PageTreeParts {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly tlb: Tlb;
  /** Whose upper half of the root is shared. */
  readonly kernelHalf?: { readonly root: PhysicalAddress };
}

/** Up to so many pages are taken from the TLB one by one, more by forgetting everything that is not global. */
const MAX_SINGLE_INVALIDATIONS = 32;

const LEAF_RIGHTS = entryBit.write | entryBit.user | entryBit.global;

/** {@link PageTables}, and what only the kernel half does: pages larger than a frame. */
export class PageTree implements PageTables {
  readonly root: PhysicalAddress;
  private readonly memory: PhysicalMemory;
  private readonly frames: FrameAllocator;
  private readonly tlb: Tlb;
  private readonly words: TableWords;
  private readonly sharesKernelHalf: boolean;
  private tables: number;
  /** Where the table that {@link seek} found begins to matter. */
  private position: VirtualAddress;
  /** The level of the entry that {@link decide} found. */
  private level: number;

  /** @param root - a frame with one reference, which becomes the tree's */
  constructor(root: PhysicalAddress, { memory, frames, tlb, kernelHalf }: PageTreeParts) {
    this.root = root;
    this.memory = memory;
    this.frames = frames;
    this.tlb = tlb;
    this.words = new TableWords(memory);
    this.sharesKernelHalf = kernelHalf !== undefined;
    this.tables = 1;
    this.position = 0;
    this.level = 0;
    this.words.clear(root);
    for (let at = 256 * ENTRY_BYTES; kernelHalf !== undefined && at < FRAME_BYTES; at += ENTRY_BYTES) {
      const entry = kernelHalf.root + at;
      this.words.store(root + at, this.words.low(entry), this.words.high(entry));
    }
    memory.wrote(root, FRAME_BYTES);
  }

  get tableBytes(): number {
    return this.tables * FRAME_BYTES;
  }

  /** @param leafLevel - which tables are to be there: 1 for pages of 4,096 bytes, 2 for 2 MB, 3 for 1 GB */
  prepare(address: VirtualAddress, byteLength: number, leafLevel = 1): boolean {
    this.checkRange(address, byteLength);
    if (byteLength === 0) return true;
    const end = address + byteLength;
    const count = this.countMissing(this.root, ROOT_LEVEL, leafLevel, address, end);
    if (!this.frames.reserve(count)) return false;
    this.makeMissing(this.root, ROOT_LEVEL, leafLevel, address, end);
    return true;
  }

  set(address: VirtualAddress, frame: PhysicalAddress, rights: number): void {
    if (frame === 0) assert(false, `frame 0 at ${address}: it is the sign for no frame`);
    this.setAt(1, address, frame, rights);
  }

  /** Maps a page of the size that a table's level has. */
  setAt(leafLevel: number, address: VirtualAddress, frame: PhysicalAddress, rights: number): void {
    const bytes = entrySpan(leafLevel);
    this.checkRange(address, bytes);
    const isPage = address % bytes === 0 && frame % bytes === 0 && frame >= 0 && frame < 2 ** 52;
    if (!isPage) assert(false, `no page: frame ${frame} at ${address}`);
    if (address < 0 && (rights & right.user) !== 0) assert(false, `a user page in the kernel half, at ${address}`);
    const entry = this.decide(address);
    const isFree = this.level === leafLevel && (this.words.low(entry) & entryBit.present) === 0;
    if (!isFree) assert(false, `set at ${address}: mapped already, or no table is prepared`);
    const large = leafLevel > 1 ? entryBit.large : 0;
    this.words.store(entry, leafLow(frame, rights) | large, leafHigh(frame, rights));
    this.memory.wrote(entry, ENTRY_BYTES);
  }

  get(address: VirtualAddress): Leaf | null {
    if (!isCanonical(address)) return null;
    let entry = this.root + entryOffset(address, ROOT_LEVEL);
    let rights: number = right.write | right.user | right.execute;
    for (let level = ROOT_LEVEL; ; level -= 1) {
      const low = this.words.low(entry);
      const high = this.words.high(entry);
      if ((low & entryBit.present) === 0) return null;
      if ((low & entryBit.write) === 0) rights &= ~right.write;
      if ((low & entryBit.user) === 0) rights &= ~right.user;
      if ((high & NO_EXECUTE) !== 0) rights &= ~right.execute;
      if (level === 1 || (low & entryBit.large) !== 0) {
        return {
          frame: frameOf(low, high, address, level),
          rights: (low & entryBit.global) !== 0 ? rights | right.global : rights,
          accessed: (low & entryBit.accessed) !== 0,
          dirty: (low & entryBit.dirty) !== 0,
          pageBytes: entrySpan(level),
        };
      }
      entry = addressIn(low, high) + entryOffset(address, level - 1);
    }
  }

  frameAt(address: VirtualAddress): PhysicalAddress {
    if (!isCanonical(address)) return 0;
    const entry = this.decide(address);
    const low = this.words.low(entry);
    return (low & entryBit.present) === 0 ? 0 : frameOf(low, this.words.high(entry), address, this.level);
  }

  protectRange(address: VirtualAddress, byteLength: number, rights: number): void {
    this.checkRange(address, byteLength);
    if (address < 0 && (rights & right.user) !== 0) assert(false, `a user page in the kernel half, at ${address}`);
    const { words, tlb } = this;
    const end = address + byteLength;
    const wantedLow = leafLow(0, rights) & LEAF_RIGHTS;
    const wantedHigh = leafHigh(0, rights) & NO_EXECUTE;
    let told = 0;
    for (let table = this.seek(address, end); table !== 0; table = this.seek(this.position, end)) {
      let at = this.position;
      const stop = tableEnd(at, end);
      for (; at < stop; at += FRAME_BYTES) {
        const entry = table + entryOffset(at, 1);
        const low = words.low(entry);
        if ((low & entryBit.present) === 0) continue;
        const high = words.high(entry);
        const newLow = (low & ~LEAF_RIGHTS) | wantedLow;
        const newHigh = (high & ~NO_EXECUTE) | wantedHigh;
        if (newLow === low && newHigh === high) continue;
        words.store(entry, newLow, newHigh);
        told += 1;
        if (told <= MAX_SINGLE_INVALIDATIONS || (low & entryBit.global) !== 0) tlb.invlpg(at);
      }
      this.memory.wrote(table, FRAME_BYTES);
      this.position = at;
    }
    if (told > MAX_SINGLE_INVALIDATIONS) tlb.flush();
  }

  clearRange(address: VirtualAddress, byteLength: number, each: (frame: PhysicalAddress) => void): void {
    this.checkRange(address, byteLength);
    this.withdraw(address, address + byteLength);
    this.handBack(address, address + byteLength, each);
  }

  prune(address: VirtualAddress, byteLength: number): void {
    this.checkRange(address, byteLength);
    if (byteLength > 0) this.pruneBelow(this.root, ROOT_LEVEL, address, address + byteLength);
  }

  destroy(): void {
    // Whoever had this tree loaded loads another one first; the caches of the walk are told all the same.
    this.tlb.flush();
    this.freeBelow(this.root, ROOT_LEVEL, 0, 256, false);
    if (!this.sharesKernelHalf) this.freeBelow(this.root, ROOT_LEVEL, 256, 512, true);
    this.freeTable(this.root);
  }

  private checkRange(address: VirtualAddress, byteLength: number): void {
    const end = address + byteLength;
    const isWhole = address % FRAME_BYTES === 0 && byteLength % FRAME_BYTES === 0 && byteLength >= 0;
    const isUser = address >= 0 && end <= USER_END;
    const isKernel = address >= -USER_END && end <= 0 && address < 0 && !this.sharesKernelHalf;
    if (!(isWhole && (isUser || isKernel)))
      assert(false, `no range of these tables: ${byteLength} bytes at ${address}`);
  }

  /**
   * The entry that decides about an address: the page's own, that of a large page, or the first on the way that is not
   * present. {@link level} says which.
   */
  private decide(address: VirtualAddress): PhysicalAddress {
    const { words } = this;
    let entry = this.root + entryOffset(address, ROOT_LEVEL);
    let level = ROOT_LEVEL;
    while (level > 1) {
      const low = words.low(entry);
      if ((low & (entryBit.present | entryBit.large)) !== entryBit.present) break;
      level -= 1;
      entry = addressIn(low, words.high(entry)) + entryOffset(address, level);
    }
    this.level = level;
    return entry;
  }

  /** The first table of level 1 that covers a part of a range, 0 for none. {@link position} is where that part begins. */
  private seek(address: VirtualAddress, end: VirtualAddress): PhysicalAddress {
    let at = address;
    while (at < end) {
      const entry = this.decide(at);
      if (this.level === 1) {
        this.position = at;
        return entry - entryOffset(at, 1);
      }
      if ((this.words.low(entry) & entryBit.present) !== 0) assert(false, `a large page at ${at} is not for changing`);
      const span = entrySpan(this.level);
      at = (Math.floor(at / span) + 1) * span;
    }
    return 0;
  }

  /** Makes pages absent, but leaves in their entries, which no CPU reads then, what they named (SDM vol. 3, 4.5). */
  private withdraw(address: VirtualAddress, end: VirtualAddress): void {
    const { words, tlb } = this;
    let told = 0;
    for (let table = this.seek(address, end); table !== 0; table = this.seek(this.position, end)) {
      let at = this.position;
      const stop = tableEnd(at, end);
      for (; at < stop; at += FRAME_BYTES) {
        const entry = table + entryOffset(at, 1);
        const low = words.low(entry);
        if ((low & entryBit.present) === 0) continue;
        words.store(entry, low & ~entryBit.present, words.high(entry));
        told += 1;
        if (told <= MAX_SINGLE_INVALIDATIONS || (low & entryBit.global) !== 0) tlb.invlpg(at);
      }
      this.position = at;
    }
    if (told > MAX_SINGLE_INVALIDATIONS) tlb.flush();
  }

  private handBack(address: VirtualAddress, end: VirtualAddress, each: (frame: PhysicalAddress) => void): void {
    const { words } = this;
    for (let table = this.seek(address, end); table !== 0; ) {
      let at = this.position;
      const stop = tableEnd(at, end);
      for (; at < stop; at += FRAME_BYTES) {
        const entry = table + entryOffset(at, 1);
        const frame = addressIn(words.low(entry), words.high(entry));
        if (frame === 0) continue;
        words.store(entry, 0, 0);
        each(frame);
      }
      this.memory.wrote(table, FRAME_BYTES);
      table = this.seek(at, end);
    }
  }

  /** How many tables a range wants that are not there. Looks at no more entries than there are tables for. */
  private countMissing(
    table: PhysicalAddress,
    level: number,
    leafLevel: number,
    start: VirtualAddress,
    end: VirtualAddress,
  ): number {
    const span = entrySpan(level);
    let count = 0;
    for (let at = start; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / span) + 1) * span);
      const child = this.child(table, at, level);
      if (child === 0) {
        for (let below = level; below > leafLevel; below -= 1) {
          count += Math.ceil(stop / entrySpan(below)) - Math.floor(at / entrySpan(below));
        }
      } else if (level - 1 > leafLevel) {
        count += this.countMissing(child, level - 1, leafLevel, at, stop);
      }
      at = stop;
    }
    return count;
  }

  private makeMissing(
    table: PhysicalAddress,
    level: number,
    leafLevel: number,
    start: VirtualAddress,
    end: VirtualAddress,
  ): void {
    const span = entrySpan(level);
    for (let at = start; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / span) + 1) * span);
      const child = this.child(table, at, level) || this.makeTable(table + entryOffset(at, level), at);
      if (level - 1 > leafLevel) this.makeMissing(child, level - 1, leafLevel, at, stop);
      at = stop;
    }
  }

  /** A table on the way grants everything that a leaf of its half may grant: the leaf decides. */
  private makeTable(entry: PhysicalAddress, address: VirtualAddress): PhysicalAddress {
    const table = this.frames.allocateReserved();
    this.words.clear(table);
    this.memory.wrote(table, FRAME_BYTES);
    const rights = address < 0 ? right.write | right.execute : right.write | right.execute | right.user;
    this.words.store(entry, leafLow(table, rights), leafHigh(table, rights));
    this.memory.wrote(entry, ENTRY_BYTES);
    this.tables += 1;
    return table;
  }

  /** The table below that an entry names, 0 for none. */
  private child(table: PhysicalAddress, address: VirtualAddress, level: number): PhysicalAddress {
    const entry = table + entryOffset(address, level);
    const low = this.words.low(entry);
    if ((low & entryBit.present) === 0) return 0;
    if (level < ROOT_LEVEL && (low & entryBit.large) !== 0) assert(false, `a large page at ${address} has no table`);
    return addressIn(low, this.words.high(entry));
  }

  private pruneBelow(table: PhysicalAddress, level: number, start: VirtualAddress, end: VirtualAddress): void {
    const span = entrySpan(level);
    for (let at = start; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / span) + 1) * span);
      const child = this.child(table, at, level);
      if (child !== 0) {
        if (level > 2) this.pruneBelow(child, level - 1, at, stop);
        // Other trees may have copied the root's entries of a kernel half: what those name stays.
        const mayGo = at >= 0 || level < ROOT_LEVEL;
        if (mayGo && stop - at === span && this.isEmpty(child)) {
          const entry = table + entryOffset(at, level);
          this.words.store(entry, 0, 0);
          this.memory.wrote(entry, ENTRY_BYTES);
          // INVLPG of any address forgets what is remembered of tables on the way (SDM vol. 3, 4.10.4.1).
          this.tlb.invlpg(at);
          this.freeTable(child);
        }
      }
      at = stop;
    }
  }

  private isEmpty(table: PhysicalAddress): boolean {
    for (let entry = table; entry < table + FRAME_BYTES; entry += ENTRY_BYTES) {
      if (this.words.low(entry) !== 0 || this.words.high(entry) !== 0) return false;
    }
    return true;
  }

  /** Frees the tables under entries `from` to `end - 1` of a table. The kernel half may still have its pages. */
  private freeBelow(table: PhysicalAddress, level: number, from: number, end: number, isKernel: boolean): void {
    for (let index = from; index < end; index += 1) {
      const entry = table + index * ENTRY_BYTES;
      const low = this.words.low(entry);
      if ((low & entryBit.present) === 0) continue;
      const isLarge = level < ROOT_LEVEL && (low & entryBit.large) !== 0;
      if (isLarge) continue;
      if (level === 1) assert(false, 'a tree is destroyed with a page in it');
      const child = addressIn(low, this.words.high(entry));
      const namesPages = isKernel && level === 2;
      if (!namesPages) this.freeBelow(child, level - 1, 0, 512, isKernel);
      this.freeTable(child);
    }
  }

  private freeTable(table: PhysicalAddress): void {
    this.frames.release(table);
    this.tables -= 1;
  }
}

/** Where the part of a range ends that the table of level 1 for an address covers. */
function tableEnd(address: VirtualAddress, end: VirtualAddress): VirtualAddress {
  return Math.min(end, (Math.floor(address / entrySpan(2)) + 1) * entrySpan(2));
}

/** The frame for an address out of a leaf of a level: of a large page, the one among its frames. */
function frameOf(low: number, high: number, address: VirtualAddress, level: number): PhysicalAddress {
  const page = addressIn(low, high);
  if (level === 1) return page;
  const bytes = entrySpan(level);
  const within = address - Math.floor(address / bytes) * bytes;
  return Math.floor(page / bytes) * bytes + Math.floor(within / FRAME_BYTES) * FRAME_BYTES;
}
