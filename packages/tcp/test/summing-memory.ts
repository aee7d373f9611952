import type { ByteMemory } from '@synos/interfaces';
import { createMemory, sumBytes } from '@synos/wire';

/** A memory that sums what it copies, without an engine that has WebAssembly. */
export function summingMemory(byteLength: number): ByteMemory {
  const { bytes, view, words } = createMemory(new ArrayBuffer((byteLength + 7) & ~7));
  const plain = { bytes, view, words };
  return {
    ...plain,
    fast: {
      sum: (start, end) => sumBytes(plain, start, end),
      copy(start, end, to) {
        bytes.copyWithin(to, start, end);
        return sumBytes(plain, start, end);
      },
      move(start, end, to) {
        bytes.copyWithin(to, start, end);
        return end;
      },
    },
  };
}
