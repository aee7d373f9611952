import { FRAME_BYTES, type PhysicalAddress, type PhysicalMemory } from '@synos/interfaces';
import { FrameWindows } from '../frame-windows.js';

/** The entries of tables in physical memory as two signed 32-bit halves, by address. Reading an entry makes nothing. */
export class TableWords extends FrameWindows<Int32Array<ArrayBuffer>> {
  constructor(memory: PhysicalMemory) {
    super(memory, (bytes) => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), new Int32Array(0));
  }

  /** Bits 0 to 31 of the entry at an address. */
  low(entry: PhysicalAddress): number {
    // First: it may change which window is at hand.
    const index = this.indexOf(entry);
    return this.view[index] as number;
  }

  /** Bits 32 to 63. */
  high(entry: PhysicalAddress): number {
    const index = this.indexOf(entry);
    return this.view[index + 1] as number;
  }

  store(entry: PhysicalAddress, low: number, high: number): void {
    const index = this.indexOf(entry);
    this.view[index] = low;
    this.view[index + 1] = high;
  }

  /** Makes a frame all zero. */
  clear(frame: PhysicalAddress): void {
    const index = this.indexOf(frame);
    this.view.fill(0, index, index + FRAME_BYTES / 4);
  }

  private indexOf(address: PhysicalAddress): number {
    this.enter(address);
    return (address - this.start) >>> 2;
  }
}
