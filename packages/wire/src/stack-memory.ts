import type { BlockPool, ByteMemory } from '@synos/interfaces';
import { createBlockPool } from './block-pool.js';
import { createPacketPool, type MemoryPacketPool, packetPoolBytes } from './packet-pool.js';
import { newMemory } from './parsed.js';

/** How much memory a stack gets. */
export interface StackMemoryOptions {
  /** Packets of 2 KB; 4096 if not given. */
  readonly smallPackets?: number;
  /** Packets of 64 KB; 64 if not given. */
  readonly largePackets?: number;
  /** Bytes for socket rings that lie beside the packets; 16 MB if not given. */
  readonly ringBytes?: number;
  /** Bytes for socket rings in all; 256 MB if not given. */
  readonly ringLimitBytes?: number;
  /** Makes the memory: `createSimdMemory` of `@synos/wire/simd` sums faster. An `ArrayBuffer` with views if not given. */
  readonly allocate?: (byteLength: number) => ByteMemory;
}

/** Packets and rings in one memory. */
export interface StackMemory {
  readonly packets: MemoryPacketPool;
  readonly blocks: BlockPool;
  readonly memory: ByteMemory;
}

/**
 * Makes packets and rings for one stack in a single ArrayBuffer, so that copies between them stay within one view.
 *
 * @example
 * ```ts
 * const { packets, blocks } = createStackMemory({ smallPackets: 256, largePackets: 4, ringBytes: 1 << 20 });
 * ```
 */
export function createStackMemory(options: StackMemoryOptions = {}): StackMemory {
  const { smallPackets = 4096, largePackets = 64, ringBytes = 16 << 20, ringLimitBytes = 256 << 20 } = options;
  const { allocate = newMemory } = options;
  const size = { smallPackets, largePackets };
  const ringEnd = Math.ceil(ringBytes / 64) * 64;
  const memory = allocate(ringEnd + packetPoolBytes(size));
  return {
    packets: createPacketPool({ memory, offset: ringEnd, ...size }),
    blocks: createBlockPool({ memory, byteLength: ringEnd, limitBytes: ringLimitBytes }),
    memory,
  };
}
