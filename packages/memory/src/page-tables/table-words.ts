import { assert, FRAME_BYTES, type PhysicalAddress, type PhysicalMemory } from '@synos/interfaces';
import { spansOf } from '../memory-spans.js';

interface Window {
  readonly start: PhysicalAddress;
  readonly byteLength: number;
  readonly words: Int32Array<ArrayBuffer>;
}

/** `mem` gives so much at a time. */
const MAX_WINDOW_BYTES = 2 ** 30;

/**
 * The entries of tables in physical memory as two signed 32-bit halves, by address: one view for each stretch of
 * memory, asked for once, so that reading an entry makes nothing. Only whole frames are within reach, which is what
 * tables lie in.
 */
export class TableWords {
  private readonly windows: Window[];
  private start: PhysicalAddress;
  private byteLength: number;
  private words: Int32Array<ArrayBuffer>;

  constructor(memory: PhysicalMemory) {
    this.windows = [];
    for (const span of spansOf(memory.memoryMap)) {
      const end = Math.floor(span.end / FRAME_BYTES) * FRAME_BYTES;
      for (let start = Math.ceil(span.start / FRAME_BYTES) * FRAME_BYTES; start < end; start += MAX_WINDOW_BYTES) {
        const byteLength = Math.min(MAX_WINDOW_BYTES, end - start);
        const bytes = memory.mem(start, byteLength);
        const words = new Int32Array(bytes.buffer, bytes.byteOffset, byteLength / 4);
        this.windows.push({ start, byteLength, words });
      }
    }
    this.start = 0;
    this.byteLength = 0;
    this.words = new Int32Array(0);
  }

  /** Whether an address lies in whole frames of memory. */
  has(address: PhysicalAddress): boolean {
    const at = address - this.start;
    return (at >= 0 && at < this.byteLength) || this.select(address);
  }

  /** Bits 0 to 31 of the entry at an address. */
  low(entry: PhysicalAddress): number {
    // First: it may change which window `words` is.
    const index = this.indexOf(entry);
    return this.words[index] as number;
  }

  /** Bits 32 to 63. */
  high(entry: PhysicalAddress): number {
    const index = this.indexOf(entry);
    return this.words[index + 1] as number;
  }

  store(entry: PhysicalAddress, low: number, high: number): void {
    const index = this.indexOf(entry);
    this.words[index] = low;
    this.words[index + 1] = high;
  }

  /** Makes a frame all zero. */
  clear(frame: PhysicalAddress): void {
    const index = this.indexOf(frame);
    this.words.fill(0, index, index + FRAME_BYTES / 4);
  }

  private indexOf(address: PhysicalAddress): number {
    if (!this.has(address)) assert(false, `no memory for a page table at ${address}`);
    return (address - this.start) >>> 2;
  }

  private select(address: PhysicalAddress): boolean {
    const found = this.windows.find(({ start, byteLength }) => address >= start && address < start + byteLength);
    if (found === undefined) return false;
    this.start = found.start;
    this.byteLength = found.byteLength;
    this.words = found.words;
    return true;
  }
}
