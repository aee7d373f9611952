import { assert, type MemoryRange, type PhysicalAddress, type PhysicalMemory } from '@synos/interfaces';
import { spansOf } from './memory-spans.js';

/** What {@link createRam} takes. */
export interface RamOptions {
  /** How much memory there is, in bytes, zero at first. Either this or {@link buffer}. */
  readonly byteLength?: number;
  /** The memory itself: physical address 0 is its first byte. It stays the caller's, who may look into it at any time. */
  readonly buffer?: ArrayBuffer;
  /** What lies where: ascending, without overlaps, inside the buffer. Default: all of it usable. */
  readonly memoryMap?: readonly MemoryRange[];
  /** Called by `wrote`, for a simulator that keeps translated code. */
  readonly onWrote?: (address: PhysicalAddress, byteLength: number) => void;
}

const MAX_VIEW_BYTES = 2 ** 30;

/**
 * Physical memory in one `ArrayBuffer`: for tests, for lessons and for a simulated PC. Holes are what no range of the
 * map describes: there are bytes behind them, but `mem` refuses them.
 *
 * @throws an assertion where neither or both of `byteLength` and `buffer` are given, or the map is not as it must be
 * @example
 * ```ts
 * import { createRam } from '@synos/memory';
 *
 * const ram = createRam({ byteLength: 1 << 20 });
 * ram.mem(0x2000, 4).set([1, 2, 3, 4]);
 * ram.wrote(0x2000, 4);
 * ```
 */
export function createRam(options: RamOptions): PhysicalMemory {
  const { byteLength, onWrote } = options;
  assert((byteLength === undefined) !== (options.buffer === undefined), 'RAM takes a length or a buffer');
  const buffer = options.buffer ?? new ArrayBuffer(byteLength as number);
  const memoryMap = options.memoryMap ?? [{ address: 0, byteLength: buffer.byteLength, kind: 'usable' }];
  const spans = spansOf(memoryMap);
  let end = 0;
  for (const range of memoryMap) {
    assert(range.address >= end, `the memory map is not in order, or overlaps, at ${range.address}`);
    end = range.address + range.byteLength;
  }
  assert(end <= buffer.byteLength, `the memory map ends at ${end}, memory at ${buffer.byteLength}`);

  return {
    memoryMap,
    mem(address, length) {
      const isInside = spans.some((span) => address >= span.start && address + length <= span.end);
      assert(
        isInside && length >= 0 && length <= MAX_VIEW_BYTES && Number.isInteger(address) && Number.isInteger(length),
        `no memory: ${length} bytes at ${address}`,
      );
      return new Uint8Array(buffer, address, length);
    },
    wrote(address, length) {
      onWrote?.(address, length);
    },
  };
}
