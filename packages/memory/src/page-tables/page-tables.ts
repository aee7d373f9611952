import type { PhysicalAddress, VirtualAddress } from '@synos/interfaces';

/** What a mapping allows besides being read, as bits. */
export const right = {
  write: 1,
  user: 2,
  execute: 4,
  /** Stays in the TLB when another address space is loaded: the kernel half's. */
  global: 8,
} as const;

/** A translation as the tables have it. */
export interface Leaf {
  /** The frame's address; of a large page, of the 4,096 bytes asked about. */
  readonly frame: PhysicalAddress;
  /** Bits of {@link right} that every level on the way grants. */
  readonly rights: number;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** Bytes of the page: 4,096, 2 MB or 1 GB. */
  readonly pageBytes: number;
}

/**
 * One tree of 4-level page tables in physical memory, as the CPU reads it (SDM vol. 3, 4.5). Knows nothing of regions:
 * it stores what it is told. Tables on the way are made beforehand, so that storing a leaf cannot fail. Whatever takes
 * something away tells the TLB before it hands out the frame.
 *
 * Ranges are whole pages (asserted), and lie in one half.
 */
export interface PageTables {
  /** What CR3 gets. */
  readonly root: PhysicalAddress;
  /** Makes the tables for a range. False when there are no frames for them: nothing has changed then. */
  prepare(address: VirtualAddress, byteLength: number): boolean;
  /** Maps one page whose tables are prepared and which is not mapped. */
  set(address: VirtualAddress, frame: PhysicalAddress, rights: number): void;
  /** What is mapped at any address, or `null`. */
  get(address: VirtualAddress): Leaf | null;
  /** The frame behind a page, 0 for none. Makes no object. */
  frameAt(address: VirtualAddress): PhysicalAddress;
  /** Gives all present pages of a range these rights. */
  protectRange(address: VirtualAddress, byteLength: number, rights: number): void;
  /** Removes all pages of a range; `each` gets every frame, after the TLB was told. Tables stay. */
  clearRange(address: VirtualAddress, byteLength: number, each: (frame: PhysicalAddress) => void): void;
  /** Frees the tables below the root that lie wholly in a range and are empty. */
  prune(address: VirtualAddress, byteLength: number): void;
  /** Bytes in tables, the root included; tables of a kernel half that is shared are not counted. */
  readonly tableBytes: number;
  /** Frees every table of the user half, and the root. Leaves must be gone. */
  destroy(): void;
}
