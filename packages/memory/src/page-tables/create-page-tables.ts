import type { FrameAllocator, PhysicalAddress, PhysicalMemory, Tlb } from '@synos/interfaces';
import type { PageTables } from './page-tables.js';
import { PageTree } from './page-tree.js';

/** What {@link createPageTables} takes. */
export interface PageTablesOptions {
  /** Where the tables lie. */
  readonly memory: PhysicalMemory;
  /** Where their frames come from and go. */
  readonly frames: FrameAllocator;
  /** Told of everything that is taken away or changed. */
  readonly tlb: Tlb;
  /**
   * Whose kernel half this tree shares: entries 256 to 511 of its root are copied, once, so everything that they are
   * to name must have its tables by then. The kernel half cannot be changed through this tree. Without it the kernel
   * half is empty, and this tree's own.
   */
  readonly kernelHalf?: { readonly root: PhysicalAddress };
}

/**
 * An empty tree of page tables: a root, and nothing in the user half.
 *
 * @returns `null` when there is no frame for the root
 * @example
 * ```ts
 * import { createFrameAllocator, createPageTables, createRam, nullTlb, right } from '@synos/memory';
 *
 * const memory = createRam({ byteLength: 1 << 20 });
 * const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
 * const tables = createPageTables({ memory, frames, tlb: nullTlb() });
 * if (tables === null || !tables.prepare(0x40_0000, 0x1000)) throw new Error('out of memory');
 * tables.set(0x40_0000, frames.allocate(), right.user | right.write);
 * ```
 */
export function createPageTables(options: PageTablesOptions): PageTables | null {
  const root = options.frames.allocate();
  return root === 0 ? null : new PageTree(root, options);
}
