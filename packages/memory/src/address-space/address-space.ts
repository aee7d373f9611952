import {
  EEXIST,
  EINVAL,
  ENOMEM,
  EOPNOTSUPP,
  EPERM,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_TYPE,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from '@synos/abi';
import {
  type AddressSpace,
  type AddressSpaceStats,
  assert,
  type FaultRefusal,
  FRAME_BYTES,
  type FrameAllocator,
  type PhysicalAddress,
  type PhysicalMemory,
  type Region,
  type Tlb,
  USER_END,
  type VirtualAddress,
} from '@synos/interfaces';
import { createPageTables } from '../page-tables/create-page-tables.js';
import { type PageTables, right } from '../page-tables/page-tables.js';
import { createPageWalker, faultBit, type PageWalker } from '../page-tables/walk.js';
import { PhysicalBytes } from './physical-bytes.js';
import { endOf, RegionMap, type RegionNature } from './region-map.js';
import { UserCopier } from './user-copier.js';

/** What {@link createAddressSpace} takes. */
export interface AddressSpaceOptions {
  /** Where frames and tables lie. */
  readonly memory: PhysicalMemory;
  /** Where they come from and go. */
  readonly frames: FrameAllocator;
  /** Told of every right that is taken away, before a frame is handed back. */
  readonly tlb: Tlb;
  /** Whose kernel half this address space shares, as `createPageTables` takes it. Default: it has none. */
  readonly kernelHalf?: { readonly root: PhysicalAddress };
  /** Mappings without a hint come to lie below this, the first the highest. A multiple of 4,096. Default 0x7fff_f000_0000. */
  readonly mmapBase?: VirtualAddress;
  /** Nothing is mapped below this, so that a null pointer stays one. A multiple of 4,096. Default 65,536. */
  readonly lowestAddress?: VirtualAddress;
  /** How many regions there may be: one more is ENOMEM. Default 65,530, as Linux has it (vm.max_map_count). */
  readonly maxRegions?: number;
}

/** The last page of the user half stays empty, as in Linux: no SYSCALL can end at an address that is not canonical. */
const USER_LIMIT = USER_END - FRAME_BYTES;

/** Where Linux begins to search upwards when nothing is free below (TASK_UNMAPPED_BASE). */
const UPWARD_BASE = Math.ceil(USER_LIMIT / 3 / FRAME_BYTES) * FRAME_BYTES;

/** What one table covers, from level 3 down to level 1. */
const TABLE_SPANS = [2 ** 39, 2 ** 30, 2 ** 21] as const;

/** Of asm-generic/mman-common.h: mprotect takes it and does nothing with it. */
const PROT_SEM = 8;

const ALL_RIGHTS = PROT_READ | PROT_WRITE | PROT_EXEC;

/**
 * The memory of one program, empty at first. Memory is charged when it is mapped, whatever its protection: its pages are
 * reserved and its page tables made, so that no page fault runs out of memory. The rules are Linux's (mm/mmap.c,
 * mm/mprotect.c), the rights are what x86-64 can tell apart without protection keys: a page that may be written or
 * executed may be read.
 *
 * @returns `null` when there is no frame for the root of its page tables
 * @example
 * ```ts
 * import { createAddressSpace, createFrameAllocator, createRam, nullTlb } from '@synos/memory';
 *
 * const memory = createRam({ byteLength: 1 << 20 });
 * const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
 * const space = createAddressSpace({ memory, frames, tlb: nullTlb() });
 * if (space === null) throw new Error('out of memory');
 * const address = space.mmap(0, 8192, 3, 0x22); // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
 * space.copyOut(address, new Uint8Array([1, 2, 3])); // 3
 * ```
 */
export function createAddressSpace(options: AddressSpaceOptions): AddressSpace | null {
  const { mmapBase = 0x7fff_f000_0000, lowestAddress = 65_536, maxRegions = 65_530 } = options;
  assert(isPage(mmapBase) && mmapBase > 0 && mmapBase <= USER_LIMIT, `no mmap base: ${mmapBase}`);
  assert(isPage(lowestAddress) && lowestAddress >= 0 && lowestAddress <= mmapBase, `no address: ${lowestAddress}`);
  assert(maxRegions >= 1, `no number of regions: ${maxRegions}`);
  const tables = createPageTables(options);
  return tables === null ? null : new UserSpace(options, tables, mmapBase, lowestAddress, maxRegions);
}

class UserSpace extends UserCopier implements AddressSpace {
  readonly root: PhysicalAddress;
  private readonly memory: PhysicalMemory;
  private readonly frames: FrameAllocator;
  private readonly tlb: Tlb;
  private readonly tables: PageTables;
  private readonly bytes: PhysicalBytes;
  private readonly walker: PageWalker;
  private readonly mapped: RegionMap;
  private readonly mmapBase: VirtualAddress;
  private readonly lowestAddress: VirtualAddress;
  /** Pages with a frame; for all others in regions one is reserved. */
  private residentPages: number;
  /** -1 until it is set. */
  private heapStart: VirtualAddress;
  private heapEnd: VirtualAddress;
  /** Takes a frame back. Frames that fork shares will have more than one reference: this drops ours. */
  private readonly takeBack: (frame: PhysicalAddress) => void;

  constructor(
    { memory, frames, tlb }: AddressSpaceOptions,
    tables: PageTables,
    mmapBase: VirtualAddress,
    lowestAddress: VirtualAddress,
    maxRegions: number,
  ) {
    const bytes = new PhysicalBytes(memory);
    const { root } = tables;
    const resolveFault = (address: VirtualAddress, errorCode: number): FaultRefusal | null =>
      this.resolveFault(address, errorCode);
    super({ memory, bytes, root, walker: createPageWalker(memory, { marks: true }), resolveFault });
    this.root = root;
    this.memory = memory;
    this.frames = frames;
    this.tlb = tlb;
    this.tables = tables;
    this.bytes = bytes;
    this.walker = createPageWalker(memory);
    this.mapped = new RegionMap(maxRegions);
    this.mmapBase = mmapBase;
    this.lowestAddress = lowestAddress;
    this.residentPages = 0;
    this.heapStart = -1;
    this.heapEnd = 0;
    this.takeBack = (frame) => {
      frames.release(frame);
      this.residentPages -= 1;
    };
  }

  mmap(hint: VirtualAddress, byteLength: number, protection: number, flags: number): number {
    if (byteLength === 0 || Number.isNaN(byteLength)) return -EINVAL;
    const length = pageEnd(byteLength);
    if (!(length > 0 && length <= USER_LIMIT)) return -ENOMEM;
    if (isUnsupported(flags)) return -EOPNOTSUPP;
    const isFixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
    const address = isFixed ? this.fixedPlace(hint, length) : this.freePlace(hint, length);
    if (address < 0) return address;
    const isTaken = (flags & MAP_FIXED_NOREPLACE) !== 0 && !this.mapped.isFree(address, address + length);
    if (isTaken) return -EEXIST;
    if ((flags & MAP_TYPE) !== MAP_PRIVATE) return -EINVAL;
    const nature: RegionNature = { protection: protection & ALL_RIGHTS, kind: 'anonymous' };
    return this.replace(address, address + length, nature) ? address : -ENOMEM;
  }

  munmap(address: VirtualAddress, byteLength: number): number {
    if (!isPage(address) || address < 0 || address > USER_LIMIT) return -EINVAL;
    if (!(byteLength > 0 && byteLength <= USER_LIMIT - address)) return -EINVAL;
    return this.unmap(address, address + pageEnd(byteLength)) ? 0 : -ENOMEM;
  }

  mprotect(address: VirtualAddress, byteLength: number, protection: number): number {
    const growth = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
    const growsBothWays = growth === (PROT_GROWSDOWN | PROT_GROWSUP);
    if (growsBothWays || !isPage(address) || Number.isNaN(byteLength)) return -EINVAL;
    if (byteLength === 0) return 0;
    const end = address + pageEnd(byteLength);
    // The kernel half is above the user half: what ends there without wrapping begins below it and meets a gap.
    const wraps = byteLength < 0 ? address < 0 || end >= 0 : address < 0 ? end >= 0 : end >= 2 ** 64;
    if (wraps) return -ENOMEM;
    const rest = protection - growth;
    if (!(rest >= 0 && (rest & ~(ALL_RIGHTS | PROT_SEM)) === 0 && rest < 16)) return -EINVAL;
    const stop = byteLength < 0 ? Infinity : end;
    // Linux looks for the region that is to grow before it finds that this one does not: downwards in the whole range.
    if (growth === PROT_GROWSDOWN) return this.mapped.isFree(address, stop) ? -ENOMEM : -EINVAL;
    if (growth === PROT_GROWSUP) return this.mapped.at(address) === null ? -ENOMEM : -EINVAL;
    return this.protect(address, stop, protection & ALL_RIGHTS) ? 0 : -ENOMEM;
  }

  setHeapStart(address: VirtualAddress): void {
    assert(this.heapStart < 0, 'the heap has its start already');
    assert(address > 0 && address < USER_LIMIT, `no start for a heap: ${address}`);
    this.heapStart = pageEnd(address);
    this.heapEnd = this.heapStart;
  }

  brk(address: VirtualAddress): VirtualAddress {
    if (this.heapStart < 0 || !(address >= this.heapStart && address <= USER_LIMIT)) return this.heapEnd;
    const oldEnd = pageEnd(this.heapEnd);
    const wanted = Math.floor(address);
    const newEnd = pageEnd(wanted);
    if (newEnd > oldEnd) {
      // A page stays free between the heap and what lies above, as in Linux.
      if (!this.mapped.isFree(oldEnd, newEnd + FRAME_BYTES)) return this.heapEnd;
      const nature: RegionNature = { protection: PROT_READ | PROT_WRITE, kind: 'heap' };
      if (!this.replace(oldEnd, newEnd, nature)) return this.heapEnd;
    } else if (newEnd < oldEnd) {
      // What the program has unmapped itself cannot be given up again: Linux leaves the end where it is.
      if (this.mapped.isFree(newEnd, oldEnd) || !this.unmap(newEnd, oldEnd)) return this.heapEnd;
    }
    this.heapEnd = wanted;
    return this.heapEnd;
  }

  resolveFault(address: VirtualAddress, errorCode: number): FaultRefusal | null {
    if ((errorCode & faultBit.reserved) !== 0) return 'broken-tables';
    if (!(address >= 0 && address < USER_END)) return 'unmapped';
    const page = Math.floor(address / FRAME_BYTES) * FRAME_BYTES;
    const region = this.mapped.at(page);
    if (region === null) return 'unmapped';
    let access: number = right.user;
    let needed = ALL_RIGHTS;
    if ((errorCode & faultBit.write) !== 0) {
      access |= right.write;
      needed = PROT_WRITE;
    } else if ((errorCode & faultBit.fetch) !== 0) {
      access |= right.execute;
      needed = PROT_EXEC;
    }
    if ((region.protection & needed) === 0) return 'protection';
    const found = this.walker.walk(this.root, page, access);
    if (found.fault === null) {
      // The tables grant it: the CPU remembered something older.
      this.tlb.invlpg(page);
      return null;
    }
    // Copy-on-write begins here: the page is present and read-only, its region writable, its frame shared.
    if (found.fault !== 'not-present' || found.level !== 1) return 'broken-tables';
    this.giveFreshPage(page, region);
    return null;
  }

  regions(): readonly Region[] {
    return this.mapped.all();
  }

  stats(): AddressSpaceStats {
    const { mappedBytes } = this.mapped;
    const { tableBytes } = this.tables;
    return { mappedBytes, residentBytes: this.residentPages * FRAME_BYTES, committedBytes: mappedBytes, tableBytes };
  }

  destroy(): void {
    const isGone = this.unmap(0, USER_END);
    assert(isGone, 'an address space cannot be emptied');
    this.tables.destroy();
  }

  /** Where MAP_FIXED wants it, or a negative errno. */
  private fixedPlace(address: VirtualAddress, byteLength: number): number {
    if (address < 0 || address > USER_LIMIT - byteLength) return -ENOMEM;
    if (!isPage(address)) return -EINVAL;
    return address < this.lowestAddress ? -EPERM : address;
  }

  /** The place that a hint names where it is free, else the highest below the base, else one above; or -ENOMEM. */
  private freePlace(hint: VirtualAddress, byteLength: number): number {
    const { mapped, lowestAddress, mmapBase } = this;
    const wanted = Math.floor(hint / FRAME_BYTES) * FRAME_BYTES;
    if (wanted > 0) {
      const page = Math.max(lowestAddress, wanted);
      if (page <= USER_LIMIT - byteLength && mapped.isFree(page, page + byteLength)) return page;
    }
    const below = mapped.highestGap(byteLength, lowestAddress, mmapBase);
    if (below >= 0) return below;
    const above = mapped.lowestGap(byteLength, Math.max(lowestAddress, Math.min(UPWARD_BASE, mmapBase)), USER_LIMIT);
    return above >= 0 ? above : -ENOMEM;
  }

  /**
   * Puts a region where whatever was there goes. False where there is no memory for it, or there are too many regions:
   * nothing has changed then. What the old pages of the range had reserved or held serves the new ones.
   */
  private replace(start: VirtualAddress, end: VirtualAddress, nature: RegionNature): boolean {
    const { frames, mapped, tables } = this;
    const plan = mapped.plan(start, end, nature);
    if (plan === null) return false;
    const heldBytes = mapped.bytesIn(start, end);
    const extra = (end - start - heldBytes) / FRAME_BYTES;
    if (!frames.reserve(extra)) return false;
    if (!tables.prepare(start, end - start)) {
      frames.unreserve(extra);
      return false;
    }
    mapped.apply(plan);
    if (heldBytes === 0) return true;
    // With shared frames, what is handed back need not become free: what fork adds must be reserved above.
    const isCharged = frames.reserve(this.clear(start, end));
    assert(isCharged, 'frames that came back are free');
    return true;
  }

  /** Empties a range. False where that would make too many regions. */
  private unmap(start: VirtualAddress, end: VirtualAddress): boolean {
    const { frames, mapped } = this;
    const pages = mapped.bytesIn(start, end) / FRAME_BYTES;
    if (pages === 0) return true;
    const plan = mapped.plan(start, end, null);
    if (plan === null) return false;
    mapped.apply(plan);
    frames.unreserve(pages - this.clear(start, end));
    this.prune(start, end);
    return true;
  }

  /** Takes back the frames of a range. Answers how many there were. */
  private clear(start: VirtualAddress, end: VirtualAddress): number {
    const before = this.residentPages;
    if (before > 0) this.tables.clearRange(start, end - start, this.takeBack);
    return before - this.residentPages;
  }

  /** Changes rights up to the first gap. False when there was one, or too many regions would come of it. */
  private protect(start: VirtualAddress, end: VirtualAddress, protection: number): boolean {
    for (let at = start; at < end; ) {
      const region = this.mapped.at(at);
      if (region === null) return false;
      const stop = Math.min(end, endOf(region));
      if (region.protection !== protection) {
        const plan = this.mapped.plan(at, stop, { protection, kind: region.kind });
        if (plan === null) return false;
        this.mapped.apply(plan);
        this.tables.protectRange(at, stop - at, rightsOf(protection));
      }
      at = stop;
    }
    return true;
  }

  /**
   * Frees the tables that a range's going has left empty: those that lie in the gap around it. An entry of a table covers
   * much more than most ranges, so only as much of the gap is looked at as a whole table may lie in.
   */
  private prune(start: VirtualAddress, end: VirtualAddress): void {
    const floor = this.mapped.endBefore(start);
    const ceiling = this.mapped.startAfter(end);
    for (const span of TABLE_SPANS) {
      const low = Math.max(floor, Math.floor(start / span) * span);
      const high = Math.min(ceiling, Math.ceil(end / span) * span);
      if (Math.ceil(low / span) * span + span > high) continue;
      this.tables.prune(low, high - low);
      return;
    }
  }

  /** Its frame and its table were set aside when the region was made, so this cannot fail. */
  private giveFreshPage(page: VirtualAddress, region: Region): void {
    const frame = this.frames.allocateReserved();
    const view = this.bytes.viewOf(frame);
    const index = this.bytes.indexOf(frame);
    view.fill(0, index, index + FRAME_BYTES);
    this.memory.wrote(frame, FRAME_BYTES);
    this.tables.set(page, frame, rightsOf(region.protection));
    this.residentPages += 1;
  }
}

/** What a leaf grants. PROT_NONE keeps the page and hides it from ring 3. */
function rightsOf(protection: number): number {
  if (protection === PROT_NONE) return 0;
  let rights: number = right.user;
  if ((protection & PROT_WRITE) !== 0) rights |= right.write;
  if ((protection & PROT_EXEC) !== 0) rights |= right.execute;
  return rights;
}

/** Shared mappings come with fork, files with the file system, growing stacks and large pages perhaps. */
function isUnsupported(flags: number): boolean {
  const type = flags & MAP_TYPE;
  if (type === MAP_SHARED || type === MAP_SHARED_VALIDATE) return true;
  return (flags & MAP_ANONYMOUS) === 0 || (flags & (MAP_GROWSDOWN | MAP_HUGETLB)) !== 0;
}

function isPage(address: VirtualAddress): boolean {
  return address % FRAME_BYTES === 0;
}

function pageEnd(address: number): number {
  return Math.ceil(address / FRAME_BYTES) * FRAME_BYTES;
}
