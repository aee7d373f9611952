export { type AddressSpaceOptions, createAddressSpace } from './address-space/address-space.js';
export { createFrameAllocator, type FrameAllocatorOptions } from './frames/frame-allocator.js';
export type { Stretch } from './memory-spans.js';
export { nullTlb } from './null-tlb.js';
export { createPageTables, type PageTablesOptions } from './page-tables/create-page-tables.js';
export { createKernelHalf, type KernelHalf, type KernelHalfOptions } from './page-tables/kernel-half.js';
export { type Leaf, type PageTables, right } from './page-tables/page-tables.js';
export {
  createPageWalker,
  faultBit,
  type PageWalker,
  type WalkFault,
  type WalkLeaf,
  type WalkOptions,
  type WalkResult,
  walk,
} from './page-tables/walk.js';
export { createRam, type RamOptions } from './ram.js';
