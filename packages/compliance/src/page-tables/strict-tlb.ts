import type { PhysicalAddress, PhysicalMemory, Tlb, VirtualAddress } from '@synos/interfaces';
import {
  type EntryReader,
  entryReader,
  field,
  type IndependentAccess,
  type IndependentLeaf,
  type IndependentTranslation,
  isLeaf,
  mayDo,
  translate,
} from './independent-walker.js';

/** A {@link Tlb} that can be asked, and looked into. */
export interface StrictTlb extends Tlb {
  /** Loads CR3: forgets all but global pages. */
  load(root: PhysicalAddress): void;
  /**
   * An access of the program or of the kernel under the root that is loaded. What was used before is answered from
   * memory of it, right or wrong; what is new is read from the tables, and accessed and dirty bits are set there.
   *
   * @param address - canonical
   */
  access(address: VirtualAddress, access: IndependentAccess): IndependentTranslation;
  /** What it remembers though the tables do not grant it any more, in words: empty as long as everything was told. */
  stale(): string[];
  /** Whether anything that it remembers names a frame: such a frame must not be handed out. */
  remembers(frame: PhysicalAddress): boolean;
}

/** An entry of a table on the way, as it was when it was read. */
interface RememberedEntry {
  readonly table: PhysicalAddress;
  readonly index: number;
  readonly level: number;
  readonly entry: bigint;
}

/** Bits of an entry that say nothing about where it leads and what it grants: accessed. */
const ACCESSED = 1n << 5n;
const DIRTY = 1n << 6n;

/**
 * A TLB that remembers every translation and every table that was ever used, until it is told otherwise: as forgetful
 * as a CPU must be, and no more (SDM vol. 3, 4.10). Give it to page tables, let {@link StrictTlb.access} play the
 * program, and a missing `invlpg` shows.
 *
 * @example
 * ```ts
 * const tlb = createStrictTlb(memory);
 * const tables = createPageTables({ memory, frames, tlb });
 * tlb.load(tables.root);
 * // … map, then
 * tlb.access(0x40_0000, { user: true });
 * tables.clearRange(0x40_0000, 4096, (frame) => check(!tlb.remembers(frame), 'handed out too early'));
 * ```
 */
export function createStrictTlb(memory: PhysicalMemory): StrictTlb {
  const fromMemory = entryReader(memory);
  /** By the address of a page's first byte. */
  const pages = new Map<VirtualAddress, IndependentLeaf>();
  /** By level and the address bits that lead there. */
  const entries = new Map<string, RememberedEntry>();
  let root: PhysicalAddress = 0;

  const pageOf = (address: VirtualAddress): IndependentLeaf | undefined => {
    for (const bytes of [2 ** 12, 2 ** 21, 2 ** 30]) {
      const leaf = pages.get(Math.floor(address / bytes) * bytes);
      if (leaf !== undefined && leaf.pageBytes === bytes) return leaf;
    }
    return undefined;
  };

  const forgetPage = (address: VirtualAddress): void => {
    for (let leaf = pageOf(address); leaf !== undefined; leaf = pageOf(address)) pages.delete(leaf.address);
  };

  const forgetAllButGlobal = (): void => {
    entries.clear();
    for (const leaf of [...pages.values()]) if (!leaf.isGlobal) pages.delete(leaf.address);
  };

  const setBits = (table: PhysicalAddress, index: number, bits: bigint): void => {
    const bytes = memory.mem(table + index * 8, 8);
    bytes[0] = (bytes[0] as number) | Number(bits);
  };

  const walkAnew = (address: VirtualAddress, access: IndependentAccess): IndependentTranslation => {
    const way: RememberedEntry[] = [];
    const read: EntryReader = (table, index, level) => {
      const key = `${level} ${field(BigInt(address), 47, 3 + 9 * level)}`;
      const known = entries.get(key);
      const entry = known === undefined ? fromMemory(table, index, level) : known.entry;
      if (entry !== null) way.push({ table, index, level, entry });
      return entry;
    };
    const result = translate(memory, root, address, access, read);
    // Tables on the way are remembered though the last entry is at fault (SDM vol. 3, 4.10.3.1).
    for (const step of result.leaf === null ? way.slice(0, -1) : way) {
      const isPage = isLeaf(step.entry, step.level);
      setBits(step.table, step.index, isPage && access.write ? ACCESSED | DIRTY : ACCESSED);
      if (!isPage) entries.set(`${step.level} ${field(BigInt(address), 47, 3 + 9 * step.level)}`, step);
    }
    if (result.leaf === null) return result;
    pages.set(result.leaf.address, {
      ...result.leaf,
      isAccessed: true,
      isDirty: result.leaf.isDirty || !!access.write,
    });
    return result;
  };

  const nameOf = (leaf: IndependentLeaf): string => `the page at ${leaf.address}, to ${leaf.physical}`;

  return {
    load(loaded) {
      root = loaded;
      forgetAllButGlobal();
    },
    flush: forgetAllButGlobal,
    invlpg(address) {
      forgetPage(address);
      entries.clear();
    },
    access(address, access) {
      const leaf = pageOf(address);
      // The first write through a page that is remembered clean goes to the tables, to set the dirty bit there.
      if (leaf === undefined || (access.write && leaf.isWritable && !leaf.isDirty)) return walkAnew(address, access);
      if (mayDo(leaf, access)) {
        return { errorCode: null, leaf, physical: leaf.physical + (address - leaf.address) };
      }
      // A fault forgets the page that it is about (SDM vol. 3, 4.10.4.1): the next access reads the tables.
      forgetPage(address);
      return { errorCode: 1 + (access.write ? 2 : 0) + (access.user ? 4 : 0) + (access.fetch ? 16 : 0), leaf: null };
    },
    stale() {
      const found: string[] = [];
      for (const leaf of pages.values()) {
        const now = translate(memory, root, leaf.address, {}).leaf;
        const isStale =
          now === null ||
          now.physical !== leaf.physical ||
          now.pageBytes !== leaf.pageBytes ||
          (leaf.isWritable && !now.isWritable) ||
          (leaf.isUser && !now.isUser) ||
          (leaf.isExecutable && !now.isExecutable);
        if (isStale) found.push(nameOf(leaf));
      }
      for (const { table, index, level, entry } of entries.values()) {
        const now = fromMemory(table, index, level);
        if (now === null || (now | ACCESSED) !== (entry | ACCESSED)) {
          found.push(`entry ${index} of the table of level ${level} at ${table}`);
        }
      }
      return found;
    },
    remembers(frame) {
      const inPage = [...pages.values()].some(
        ({ physical, pageBytes }) => frame >= physical && frame < physical + pageBytes,
      );
      return inPage || [...entries.values()].some(({ entry }) => Number(field(entry, 51, 12) << 12n) === frame);
    },
  };
}
