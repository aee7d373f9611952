export { createFrameAllocator, type FrameAllocatorOptions } from './frames/frame-allocator.js';
export { nullTlb } from './null-tlb.js';
export { createPageTables, type PageTablesOptions } from './page-tables/create-page-tables.js';
export { type Leaf, type PageTables, right } from './page-tables/page-tables.js';
export { createRam, type RamOptions } from './ram.js';
