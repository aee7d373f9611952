import {
  type BlockPool,
  type ByteMemory,
  FRAME_BYTES,
  type FrameAllocator,
  type Machine,
  type PhysicalAddress,
} from '@synos/interfaces';
import { createBlockPool, createMemory, createPacketPool, type MemoryPacketPool, packetPoolBytes } from '@synos/wire';

/** Page frames of a machine as memory that its devices reach. */
export interface MachineFrames {
  /**
   * Memory in one piece below 4 GB, zero.
   *
   * @param alignBytes - a power of two
   * @returns where it lies, or 0; whole frames of it are the caller's for good
   */
  allocate(byteLength: number, alignBytes: number): PhysicalAddress;
}

/** How much memory networks get. */
export interface NetworkMemorySize {
  /** Packets of 2 KB; default 1,024. */
  readonly smallPackets: number;
  /** Packets of 64 KB; default 16. */
  readonly largePackets: number;
  /** Bytes of socket rings; default 4 MB. */
  readonly ringBytes: number;
}

/** Packets and socket rings in frames of the machine. */
export interface NetworkMemory {
  readonly packets: MemoryPacketPool;
  readonly blocks: BlockPool;
  readonly size: NetworkMemorySize;
}

const DEFAULT_SIZE: NetworkMemorySize = { smallPackets: 1024, largePackets: 16, ringBytes: 4 << 20 };
/** Of free memory, networks get at most this part unless they are told what they get. */
const LARGEST_PART = 1 / 4;
const DMA_END = 2 ** 32;

/** Frames of a machine for its devices. */
export function createMachineFrames(machine: Machine, frames: FrameAllocator): MachineFrames {
  return {
    allocate(byteLength, alignBytes) {
      const count = Math.ceil(byteLength / FRAME_BYTES);
      const address = frames.allocateRun(count, { alignBytes: Math.max(FRAME_BYTES, alignBytes), below: DMA_END });
      if (address === 0) return 0;
      machine.mem(address, count * FRAME_BYTES).fill(0);
      machine.wrote(address, count * FRAME_BYTES);
      return address;
    },
  };
}

/**
 * Sets memory aside for packets and rings, in one piece: what they copy to one another stays within one view.
 *
 * @param wanted - what is given is taken as it is; the rest is made smaller where there is little memory
 * @returns `null` where it does not fit
 */
export function createNetworkMemory(
  machine: Machine,
  frames: FrameAllocator,
  wanted: Partial<NetworkMemorySize>,
): NetworkMemory | null {
  const size = { ...scaled(frames.stats().freeFrames * FRAME_BYTES), ...wanted };
  const ringBytes = Math.ceil(size.ringBytes / FRAME_BYTES) * FRAME_BYTES;
  const byteLength = ringBytes + packetPoolBytes(size);
  const address = createMachineFrames(machine, frames).allocate(byteLength, FRAME_BYTES);
  if (address === 0) return null;
  const bytes = machine.mem(address, Math.ceil(byteLength / FRAME_BYTES) * FRAME_BYTES);
  const memory: ByteMemory = createMemory(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    packets: createPacketPool({ memory, offset: ringBytes, physicalBase: address, ...size }),
    // No more than what lies here: rings beside the packets are the only ones that a census sees.
    blocks: createBlockPool({ memory, byteLength: ringBytes, limitBytes: ringBytes }),
    size,
  };
}

function scaled(freeBytes: number): NetworkMemorySize {
  const bytes = DEFAULT_SIZE.ringBytes + packetPoolBytes(DEFAULT_SIZE);
  const part = Math.min(1, (freeBytes * LARGEST_PART) / bytes);
  return {
    smallPackets: Math.floor(DEFAULT_SIZE.smallPackets * part),
    largePackets: Math.floor(DEFAULT_SIZE.largePackets * part),
    ringBytes: DEFAULT_SIZE.ringBytes * part,
  };
}
