import {
  assert,
  FRAME_BYTES,
  type FrameAllocator,
  type PhysicalAddress,
  type PhysicalMemory,
  type Tlb,
  USER_END,
  type VirtualAddress,
} from '@synos/interfaces';
import { type Span, type Stretch, spansOf } from '../memory-spans.js';
import { entrySpan } from './entry.js';
import { type PageTables, right } from './page-tables.js';
import { PageTree } from './page-tree.js';

/** What {@link createKernelHalf} takes. */
export interface KernelHalfOptions {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly tlb: Tlb;
  /** Where physical address 0 appears: a multiple of 1 GB in the kernel half. Default -(2^47). */
  readonly directMapBase?: VirtualAddress;
  /** The largest page to use: 4,096, 2 MB (the default), or 1 GB on a CPU that has such pages. */
  readonly largestPageBytes?: number;
  /** Physical memory with the machine's own code: may be executed, and not written. Everything else is the reverse. */
  readonly code?: readonly Stretch[];
}

/** The upper half of every address space. */
export interface KernelHalf {
  /** For `createPageTables`, and for CR3 while no program's tables are loaded. */
  readonly root: PhysicalAddress;
  readonly directMapBase: VirtualAddress;
  /** Its tree, for more mappings of the kernel: prepare them before the first address space shares this half. */
  readonly tables: PageTables;
  /** Frees its tables. Nobody may share it any more. */
  destroy(): void;
}

/**
 * Makes the kernel half: every frame with a byte that the memory map describes appears at `directMapBase + physical`,
 * global, for the kernel alone. Pages are as large as they may be where all of one is memory of one kind of rights.
 *
 * @returns `null` when there are not enough frames for its tables
 * @throws an assertion where the base or the page size is none
 * @example
 * ```ts
 * import { createFrameAllocator, createKernelHalf, createPageTables, createRam, nullTlb } from '@synos/memory';
 *
 * const memory = createRam({ byteLength: 4 << 20 });
 * const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
 * const kernelHalf = createKernelHalf({ memory, frames, tlb: nullTlb() });
 * if (kernelHalf === null) throw new Error('out of memory');
 * const tables = createPageTables({ memory, frames, tlb: nullTlb(), kernelHalf });
 * tables?.get(kernelHalf.directMapBase + 0x1234)?.frame; // 0x1000
 * ```
 */
export function createKernelHalf(options: KernelHalfOptions): KernelHalf | null {
  const { memory, frames, directMapBase = -USER_END, largestPageBytes = entrySpan(2), code = [] } = options;
  const largestLevel = [1, 2, 3].find((level) => entrySpan(level) === largestPageBytes);
  assert(largestLevel !== undefined, `no size of a page: ${largestPageBytes}`);
  const described = outward(memory.memoryMap);
  const end = described.length === 0 ? 0 : (described[described.length - 1] as Span).end;
  const isBase = directMapBase >= -USER_END && directMapBase + end <= 0 && directMapBase % entrySpan(3) === 0;
  assert(isBase, `no place for a direct map: ${directMapBase}`);

  const root = frames.allocate();
  if (root === 0) return null;
  const tree = new PageTree(root, options);
  const pieces = byRights(described, outward(code));
  if (!pieces.every((piece) => mapPiece(tree, directMapBase, piece, largestLevel))) {
    tree.destroy();
    return null;
  }
  return { root, directMapBase, tables: tree, destroy: () => tree.destroy() };
}

interface Piece extends Span {
  readonly rights: number;
}

const DATA = right.write | right.global;
const CODE = right.execute | right.global;

/** Stretches, widened to whole frames. */
function outward(stretches: readonly Stretch[]): Span[] {
  return spansOf(
    spansOf(stretches).map(({ start, end }) => {
      const address = Math.floor(start / FRAME_BYTES) * FRAME_BYTES;
      return { address, byteLength: Math.ceil(end / FRAME_BYTES) * FRAME_BYTES - address };
    }),
  );
}

/** Cuts what is described at the borders of code. */
function byRights(described: readonly Span[], code: readonly Span[]): Piece[] {
  const pieces: Piece[] = [];
  for (const { start, end } of described) {
    let at = start;
    for (const each of code) {
      const from = Math.max(each.start, at);
      const to = Math.min(each.end, end);
      if (from >= to) continue;
      if (at < from) pieces.push({ start: at, end: from, rights: DATA });
      pieces.push({ start: from, end: to, rights: CODE });
      at = to;
    }
    if (at < end) pieces.push({ start: at, end, rights: DATA });
  }
  return pieces;
}

/** Maps a piece in the largest pages that fit. False when there is no frame for a table. */
function mapPiece(tree: PageTree, base: VirtualAddress, { start, end, rights }: Piece, largestLevel: number): boolean {
  for (let at = start; at < end; ) {
    let level = largestLevel;
    while (level > 1 && (at % entrySpan(level) !== 0 || at + entrySpan(level) > end)) level -= 1;
    if (!tree.prepare(base + at, entrySpan(level), level)) return false;
    tree.setAt(level, base + at, at, rights);
    at += entrySpan(level);
  }
  return true;
}
