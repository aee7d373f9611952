import { assert, type Machine, type PhysicalAddress } from '@synos/interfaces';
import type { QueuePlace } from './pci-transport.js';

// VIRTIO 1.2, §2.7: split virtqueues. Everything in them is little-endian.

/** The buffer is for the device to write to. */
export const writableByDevice = 2;
/** Of the available ring's flags, and of the used ring's. */
const noInterrupt = 1;
const noNotify = 1;

/** Bytes that a queue takes. */
export function splitQueueBytes(size: number): number {
  return usedOffset(size) + 8 * size + 8;
}

function usedOffset(size: number): number {
  return (16 * size + 2 * size + 6 + 3) & ~3;
}

/**
 * A queue whose buffers are one descriptor each, so that a buffer's number is its descriptor's. What the device writes
 * is not believed: numbers and counts are the caller's to check.
 */
export class SplitQueue {
  /** A power of two. */
  readonly size: number;
  readonly place: QueuePlace;
  private readonly view: DataView<ArrayBuffer>;
  /** Offsets in `view`. */
  private readonly available: number;
  private readonly used: number;
  /** How many buffers were offered, and how many used ones were taken, both modulo 2^16. */
  private offered: number;
  private taken: number;

  /** @param address - {@link splitQueueBytes} bytes of memory, a multiple of 16 */
  constructor(machine: Machine, address: PhysicalAddress, size: number) {
    assert(address % 16 === 0, 'a queue at a multiple of 16');
    const byteLength = splitQueueBytes(size);
    const bytes = machine.mem(address, byteLength);
    bytes.fill(0);
    machine.wrote(address, byteLength);
    this.size = size;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, byteLength);
    this.available = 16 * size;
    this.used = usedOffset(size);
    this.place = { descriptors: address, available: address + this.available, used: address + this.used };
    this.offered = 0;
    this.taken = 0;
  }

  /** Writes a descriptor. */
  describe(id: number, address: PhysicalAddress, byteLength: number, flags: number): void {
    const { view } = this;
    const at = 16 * id;
    view.setUint32(at, address >>> 0, true);
    view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
    view.setUint32(at + 8, byteLength, true);
    view.setUint32(at + 12, flags, true);
  }

  /** Puts a buffer into the available ring; the device sees it when it is published. */
  offer(id: number): void {
    this.view.setUint16(this.available + 4 + 2 * (this.offered & (this.size - 1)), id, true);
    this.offered = (this.offered + 1) & 0xffff;
  }

  /** Shows the device what was offered. Stores stay in order on x86 (SDM vol. 3, 9.2.2), so nothing stands between. */
  publish(): void {
    this.view.setUint16(this.available + 2, this.offered, true);
  }

  /** How many used buffers the device says there are, 0 to 65,535. */
  usedCount(): number {
    return (this.view.getUint16(this.used + 2, true) - this.taken) & 0xffff;
  }

  /** The number of a used buffer as the device wrote it. @param index - 0 is the oldest */
  usedId(index: number): number {
    return this.view.getUint32(this.usedAt(index), true);
  }

  /** How many bytes the device says it wrote to a used buffer. */
  usedBytes(index: number): number {
    return this.view.getUint32(this.usedAt(index) + 4, true);
  }

  /** Leaves the oldest used buffers behind. */
  take(count: number): void {
    this.taken = (this.taken + count) & 0xffff;
  }

  /** Asks the device not to interrupt, or to do so. It may all the same. */
  setInterrupts(wanted: boolean): void {
    this.view.setUint16(this.available, wanted ? 0 : noInterrupt, true);
  }

  /** Whether the device wants to be told of what is published. */
  wantsNotification(): boolean {
    return (this.view.getUint16(this.used, true) & noNotify) === 0;
  }

  private usedAt(index: number): number {
    return this.used + 4 + 8 * ((this.taken + index) & (this.size - 1));
  }
}
