export { createHeap, type HeapBlock, type HeapOptions, type WalkableHeap } from './heap.js';
