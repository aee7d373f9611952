import { assert, FRAME_BYTES, type PhysicalAddress, type PhysicalMemory } from '@synos/interfaces';
import { spansOf } from './memory-spans.js';

interface Window<View> {
  readonly start: PhysicalAddress;
  readonly byteLength: number;
  readonly view: View;
}

/** `mem` gives so much at a time. */
const MAX_WINDOW_BYTES = 2 ** 30;

/**
 * The whole frames of physical memory, through one view for each stretch of it, asked for once: a view per access costs
 * more than the access. The window that was looked into last is at hand.
 */
export class FrameWindows<View> {
  private readonly windows: Window<View>[];
  /** The window at hand. */
  protected start: PhysicalAddress;
  private byteLength: number;
  protected view: View;

  /**
   * @param viewOf - makes a view of the bytes of a window
   * @param none - a view of nothing
   */
  constructor(memory: PhysicalMemory, viewOf: (bytes: Uint8Array<ArrayBuffer>) => View, none: View) {
    this.windows = [];
    for (const span of spansOf(memory.memoryMap)) {
      const end = Math.floor(span.end / FRAME_BYTES) * FRAME_BYTES;
      for (let start = Math.ceil(span.start / FRAME_BYTES) * FRAME_BYTES; start < end; start += MAX_WINDOW_BYTES) {
        const byteLength = Math.min(MAX_WINDOW_BYTES, end - start);
        this.windows.push({ start, byteLength, view: viewOf(memory.mem(start, byteLength)) });
      }
    }
    this.start = 0;
    this.byteLength = 0;
    this.view = none;
  }

  /** Whether an address lies in whole frames of memory. Its window is at hand then. */
  has(address: PhysicalAddress): boolean {
    const at = address - this.start;
    return (at >= 0 && at < this.byteLength) || this.select(address);
  }

  /** Takes the window of an address to hand. Asserts that there is one. */
  protected enter(address: PhysicalAddress): void {
    if (!this.has(address)) assert(false, `no memory in whole frames at ${address}`);
  }

  private select(address: PhysicalAddress): boolean {
    const found = this.windows.find(({ start, byteLength }) => address >= start && address < start + byteLength);
    if (found === undefined) return false;
    this.start = found.start;
    this.byteLength = found.byteLength;
    this.view = found.view;
    return true;
  }
}
