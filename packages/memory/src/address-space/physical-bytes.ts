import { assert, FRAME_BYTES, type PhysicalAddress, type PhysicalMemory } from '@synos/interfaces';
import { spansOf } from '../memory-spans.js';

/** `mem` gives so much at a time. */
const MAX_VIEW_BYTES = 2 ** 30;

/** The bytes of frames, through one view for each stretch of memory, asked for once: a view per access costs more than the access. */
export class PhysicalBytes {
  private readonly views: { readonly start: PhysicalAddress; readonly bytes: Uint8Array<ArrayBuffer> }[];
  private current: Uint8Array<ArrayBuffer>;
  private start: PhysicalAddress;

  constructor(memory: PhysicalMemory) {
    this.views = [];
    for (const span of spansOf(memory.memoryMap)) {
      const end = Math.floor(span.end / FRAME_BYTES) * FRAME_BYTES;
      for (let start = Math.ceil(span.start / FRAME_BYTES) * FRAME_BYTES; start < end; start += MAX_VIEW_BYTES) {
        this.views.push({ start, bytes: memory.mem(start, Math.min(MAX_VIEW_BYTES, end - start)) });
      }
    }
    this.current = new Uint8Array(0);
    this.start = 0;
  }

  /** The view that an address lies in. It lies at {@link indexOf} there, and all of its frame with it. */
  viewOf(address: PhysicalAddress): Uint8Array<ArrayBuffer> {
    const at = address - this.start;
    if (at >= 0 && at < this.current.length) return this.current;
    const found = this.views.find(({ start, bytes }) => address >= start && address < start + bytes.length);
    if (found === undefined) assert(false, `no memory for a page at ${address}`);
    this.start = found.start;
    this.current = found.bytes;
    return found.bytes;
  }

  /** Where in the view that {@link viewOf} answered last. */
  indexOf(address: PhysicalAddress): number {
    return address - this.start;
  }
}
