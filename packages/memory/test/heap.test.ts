import { heapSuite } from '@synos/compliance';
import { createHeap } from '@synos/memory/heap';
import { describe, test } from 'vitest';

const start = 1003;
const end = 61_007;

describe('a heap in the middle of a buffer', () => {
  const cases = heapSuite(() => {
    const buffer = new ArrayBuffer(62_000);
    const heap = createHeap({ buffer, start, end });
    const headerOf = (address: number) => ({ start: address - 8, end: address });
    return { heap, buffer, start, end, blocks: () => heap.blocks(), headerOf };
  });
  for (const { name, clause, run } of cases) test(`${clause}: ${name}`, run);
});
