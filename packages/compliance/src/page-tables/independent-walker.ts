import type { PhysicalAddress, PhysicalMemory, VirtualAddress } from '@synos/interfaces';
import { check } from '../check.js';

/** What somebody wants to do with memory, as a CPU knows it. All false is a read by the kernel. */
export interface IndependentAccess {
  readonly write?: boolean;
  readonly user?: boolean;
  readonly fetch?: boolean;
}

/** A page that is mapped, with what all levels together grant. */
export interface IndependentLeaf {
  /** Of the page's first byte. */
  readonly address: VirtualAddress;
  /** Of the page's first byte. */
  readonly physical: PhysicalAddress;
  readonly pageBytes: number;
  readonly isWritable: boolean;
  readonly isUser: boolean;
  readonly isExecutable: boolean;
  readonly isGlobal: boolean;
  readonly isAccessed: boolean;
  readonly isDirty: boolean;
}

/** Everything that hangs below a root. */
export interface IndependentTree {
  /** In the order of their addresses, as the CPU counts them: the user half first. */
  readonly leaves: readonly IndependentLeaf[];
  /** The tables' addresses, the root's first. One that is named twice is here twice. */
  readonly tables: readonly PhysicalAddress[];
  /** Entries that a CPU would refuse, in words. */
  readonly broken: readonly string[];
}

/** A fault as a CPU pushes it, or where the byte lies and in which page. */
export type IndependentTranslation =
  | { readonly errorCode: number; readonly leaf: null }
  | { readonly errorCode: null; readonly leaf: IndependentLeaf; readonly physical: PhysicalAddress };

/** An entry out of a table. A model of a CPU that remembers tables reads through its memory. */
export type EntryReader = (table: PhysicalAddress, index: number, level: number) => bigint | null;

const TREE_BOUND = 2 ** 21;

/**
 * The page tables below a root, all of them: read byte by byte with BigInt, to be compared with what somebody else
 * believes of them. Knows 4-level paging of x86-64 with NX and a MAXPHYADDR of 52 (SDM vol. 3, 4.5).
 *
 * @param half - `user` looks at entries 0 to 255 of the root, `kernel` at 256 to 511
 * @throws ComplianceError where there are more than 2^21 tables and leaves: tables that name one another have no end
 * @example
 * ```ts
 * for (const { address, isWritable } of walkTree(memory, tables.root, 'user').leaves) console.log(address, isWritable);
 * ```
 */
export function walkTree(
  memory: PhysicalMemory,
  root: PhysicalAddress,
  half: 'user' | 'kernel' | 'both' = 'both',
): IndependentTree {
  const leaves: IndependentLeaf[] = [];
  const tables: PhysicalAddress[] = [];
  const broken: string[] = [];

  const visit = (table: PhysicalAddress, level: number, above: readonly bigint[], prefix: bigint): void => {
    const bytes = frameBytes(memory, table);
    if (bytes === null) {
      broken.push(`a table of level ${level} at ${table} is no memory`);
      return;
    }
    tables.push(table);
    check(tables.length + leaves.length <= TREE_BOUND, 'the tree has no end');
    const from = level === 4 && half === 'kernel' ? 256 : 0;
    const to = level === 4 && half === 'user' ? 256 : 512;
    for (let index = from; index < to; index++) {
      const entry = entryOf(bytes, index);
      if (!isSet(entry, 0)) continue;
      const number = (prefix << 9n) | BigInt(index);
      const way = [...above, entry];
      const reason = refusal(entry, level);
      if (reason !== null) broken.push(`entry ${index} of level ${level} at ${table}: ${reason}`);
      else if (isLeaf(entry, level)) leaves.push(leafOf(way, number << shiftOf(level)));
      else visit(Number(field(entry, 51, 12) << 12n), level - 1, way, number);
    }
  };
  visit(root, 4, [], 0n);
  return { leaves, tables, broken };
}

/**
 * What an access to one address comes to, without setting any bit: CR0.WP and EFER.NXE are set, SMEP and SMAP are not.
 * A table where there is no memory reads as all ones.
 *
 * @param read - how entries are read; default: from memory. `null` says that there is no memory
 * @example
 * ```ts
 * translate(memory, tables.root, 0x40_0000, { user: true, write: true }).errorCode; // null, or as the CPU pushes it
 * ```
 */
export function translate(
  memory: PhysicalMemory,
  root: PhysicalAddress,
  address: VirtualAddress,
  access: IndependentAccess,
  read: EntryReader = entryReader(memory),
): IndependentTranslation {
  const linear = BigInt(address);
  const asked = (access.write ? 2 : 0) + (access.user ? 4 : 0) + (access.fetch ? 16 : 0);
  const way: bigint[] = [];
  let table = root;
  for (let level = 4; level >= 1; level--) {
    const entry = read(table, Number(field(linear, 11 + 9 * level, 3 + 9 * level)), level);
    if (entry === null) return { errorCode: asked + 1 + 8, leaf: null };
    if (!isSet(entry, 0)) return { errorCode: asked, leaf: null };
    if (refusal(entry, level) !== null) return { errorCode: asked + 1 + 8, leaf: null };
    way.push(entry);
    if (isLeaf(entry, level)) {
      const page = (linear >> shiftOf(level)) << shiftOf(level);
      const leaf = leafOf(way, page);
      return mayDo(leaf, access)
        ? { errorCode: null, leaf, physical: leaf.physical + Number(linear - page) }
        : { errorCode: asked + 1, leaf: null };
    }
    table = Number(field(entry, 51, 12) << 12n);
  }
  throw new Error('a table of level 1 has nothing but leaves');
}

/** Whether a page's rights are enough for an access. */
export function mayDo(leaf: IndependentLeaf, access: IndependentAccess): boolean {
  if (access.user && !leaf.isUser) return false;
  if (access.write && !leaf.isWritable) return false;
  return !access.fetch || leaf.isExecutable;
}

/** Reads entries from memory: 8 bytes, little-endian. */
export function entryReader(memory: PhysicalMemory): EntryReader {
  return (table, index) => {
    const bytes = frameBytes(memory, table);
    return bytes === null ? null : entryOf(bytes, index);
  };
}

/** Bits `high` to `low` of a word, both among them, as the manual writes them. */
export function field(word: bigint, high: number, low: number): bigint {
  return (word >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
}

function isSet(word: bigint, bit: number): boolean {
  return field(word, bit, bit) === 1n;
}

function shiftOf(level: number): bigint {
  return 12n + 9n * BigInt(level - 1);
}

/** Whether the entry maps a page: any of a PT, and those of a PD or PDPT with bit 7. */
export function isLeaf(entry: bigint, level: number): boolean {
  return level === 1 || (level < 4 && isSet(entry, 7));
}

/** Why a CPU refuses a present entry, or `null`. */
function refusal(entry: bigint, level: number): string | null {
  if (level === 4 && isSet(entry, 7)) return 'bit 7 of a PML4E';
  if (level === 3 && isSet(entry, 7) && field(entry, 29, 13) !== 0n) return 'bits 29:13 of a 1 GB page';
  if (level === 2 && isSet(entry, 7) && field(entry, 20, 13) !== 0n) return 'bits 20:13 of a 2 MB page';
  return null;
}

function leafOf(way: readonly bigint[], page: bigint): IndependentLeaf {
  const entry = way[way.length - 1] as bigint;
  const level = 5 - way.length;
  return {
    address: Number(BigInt.asIntN(48, page)),
    physical: Number(field(entry, 51, Number(shiftOf(level))) << shiftOf(level)),
    pageBytes: Number(1n << shiftOf(level)),
    isWritable: way.every((each) => isSet(each, 1)),
    isUser: way.every((each) => isSet(each, 2)),
    isExecutable: !way.some((each) => isSet(each, 63)),
    isGlobal: isSet(entry, 8),
    isAccessed: isSet(entry, 5),
    isDirty: isSet(entry, 6),
  };
}

/** The bytes of a frame, or `null` where not all of it is memory: each byte's range is looked for, one after another. */
function frameBytes(memory: PhysicalMemory, frame: PhysicalAddress): Uint8Array<ArrayBuffer> | null {
  let at = frame;
  for (const { address, byteLength } of memory.memoryMap) {
    if (address <= at && at < address + byteLength) at = address + byteLength;
  }
  return at >= frame + 4096 ? memory.mem(frame, 4096) : null;
}

function entryOf(bytes: Uint8Array, index: number): bigint {
  if (((bytes[index * 8] as number) & 1) === 0) return 0n;
  let entry = 0n;
  for (let byte = 7; byte >= 0; byte--) entry = (entry << 8n) | BigInt(bytes[index * 8 + byte] as number);
  return entry;
}
