import type { GuestMemory } from './guest-memory.js';

/** The longest queue, and with it the longest chain. */
export const MAX_QUEUE_SIZE = 256;

/** Flags of a descriptor (virtio 1.2, 2.7.5). */
const descriptorFlag = { next: 1, write: 2, indirect: 4 } as const;
/** The driver asks not to be interrupted (2.7.6). */
const AVAIL_NO_INTERRUPT = 1;

/** A chain of buffers: pieces of the driver's memory, those to read first. Filled anew by each {@link Virtqueue.peek}. */
export class DescriptorChain {
  head = 0;
  /** Pieces, and how many of them the device may only read. */
  count = 0;
  readable = 0;
  readonly addresses = new Float64Array(MAX_QUEUE_SIZE);
  readonly lengths = new Float64Array(MAX_QUEUE_SIZE);
  /** Whether all pieces lie in memory. */
  isInMemory = true;
  readableBytes = 0;
  writableBytes = 0;
}

/**
 * The device's side of a split virtqueue (virtio 1.2, 2.7). The driver wrote all of it: no bytes make this throw, or do
 * more work than the queue is long.
 */
export class Virtqueue {
  size = MAX_QUEUE_SIZE;
  isEnabled = false;
  descriptors = 0;
  driver = 0;
  device = 0;
  private readonly memory: GuestMemory;
  private lastAvail = 0;
  private usedIndex = 0;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  reset(): void {
    this.size = MAX_QUEUE_SIZE;
    this.isEnabled = false;
    this.descriptors = 0;
    this.driver = 0;
    this.device = 0;
    this.lastAvail = 0;
    this.usedIndex = 0;
  }

  /** Whether size and addresses are such that the queue may be used (2.7). */
  isSound(): boolean {
    const { memory, size } = this;
    const isPower = size >= 1 && size <= MAX_QUEUE_SIZE && (size & (size - 1)) === 0;
    return (
      isPower &&
      this.descriptors % 16 === 0 &&
      this.driver % 2 === 0 &&
      this.device % 4 === 0 &&
      memory.has(this.descriptors, 16 * size) &&
      memory.has(this.driver, 6 + 2 * size) &&
      memory.has(this.device, 6 + 8 * size)
    );
  }

  /** How many chains wait; -1: the driver's index is impossible. */
  available(): number {
    const count = (this.memory.u16(this.driver + 2) - this.lastAvail) & 0xffff;
    return count > this.size ? -1 : count;
  }

  /**
   * Reads the chain that is `ahead` chains from the oldest, without taking it. It must be available.
   *
   * @returns false where there is no sense in it: the device needs a reset
   */
  peek(chain: DescriptorChain, ahead: number, allowsIndirect: boolean): boolean {
    const { memory, size } = this;
    const head = memory.u16(this.driver + 4 + 2 * ((this.lastAvail + ahead) & (size - 1)));
    if (head >= size) return false;
    chain.head = head;
    chain.count = 0;
    chain.readable = 0;
    chain.isInMemory = true;
    chain.readableBytes = 0;
    chain.writableBytes = 0;
    const first = this.descriptors + 16 * head;
    const flags = memory.u16(first + 12);
    if ((flags & descriptorFlag.indirect) === 0) return this.gather(chain, this.descriptors, size, head);
    const table = memory.u64(first);
    const bytes = memory.u32(first + 8);
    const isTable = bytes > 0 && bytes % 16 === 0 && memory.has(table, bytes);
    if (!allowsIndirect || (flags & descriptorFlag.next) !== 0 || !isTable) return false;
    return this.gather(chain, table, bytes / 16, 0);
  }

  /** Takes the oldest `count` chains. */
  take(count: number): void {
    this.lastAvail = (this.lastAvail + count) & 0xffff;
  }

  /** Stores what is done with a chain; visible only by {@link publish}. */
  use(head: number, writtenBytes: number): void {
    const entry = this.device + 4 + 8 * (this.usedIndex & (this.size - 1));
    this.memory.setU32(entry, head);
    this.memory.setU32(entry + 4, writtenBytes);
    this.usedIndex = (this.usedIndex + 1) & 0xffff;
  }

  /** Makes used chains visible. Whether the driver wants to be interrupted. */
  publish(): boolean {
    this.memory.setU16(this.device + 2, this.usedIndex);
    return (this.memory.u16(this.driver) & AVAIL_NO_INTERRUPT) === 0;
  }

  private gather(chain: DescriptorChain, table: number, entries: number, first: number): boolean {
    const { memory } = this;
    for (let index = first; ; ) {
      if (index >= entries || chain.count === this.size) return false;
      const entry = table + 16 * index;
      const address = memory.u64(entry);
      const length = memory.u32(entry + 8);
      const flags = memory.u16(entry + 12);
      if ((flags & descriptorFlag.indirect) !== 0) return false;
      if ((flags & descriptorFlag.write) !== 0) {
        chain.writableBytes += length;
      } else {
        // What the device reads comes first (2.7.4.2).
        if (chain.count > chain.readable) return false;
        chain.readable++;
        chain.readableBytes += length;
      }
      if (!memory.has(address, length)) chain.isInMemory = false;
      chain.addresses[chain.count] = address;
      chain.lengths[chain.count] = length;
      chain.count++;
      if ((flags & descriptorFlag.next) === 0) return true;
      index = memory.u16(entry + 14);
    }
  }
}
