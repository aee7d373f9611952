import { heapSuite } from '@synos/compliance';
import { createHeap } from '@synos/memory/heap';
import { describe, test } from 'vitest';

describe.each([
  ['in the middle of a buffer', 1003, 61_007],
  ['from 0 on', 0, 62_000],
])('a heap %s', (_, start, end) => {
  const cases = heapSuite(() => {
    const buffer = new ArrayBuffer(62_000);
    const heap = createHeap({ buffer, start, end });
    const headerOf = (address: number) => ({ start: address - 8, end: address });
    return { heap, buffer, start, end, blocks: () => heap.blocks(), headerOf };
  });
  for (const { name, clause, run } of cases) test(`${clause}: ${name}`, run);
});
