import type { Place } from './ring.js';

/**
 * The array that a program sends from, or receives into. Most use one again and again: when it comes for the second time
 * a view of its words is made (which costs more than one copy saves), and short messages are copied by words. Not where
 * it does not lie on word boundaries, nor where the memory may shrink under the view.
 */
export class UserBytes implements Place {
  bytes: Uint8Array;
  words: Uint32Array | null;

  constructor() {
    this.bytes = new Uint8Array(0);
    this.words = null;
  }

  /** This, about another array. */
  of(bytes: Uint8Array): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.words = null;
    } else if (this.words === null && (bytes.byteOffset & 3) === 0 && !isResizable(bytes.buffer)) {
      this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    }
    return this;
  }
}

function isResizable(buffer: ArrayBufferLike): boolean {
  return 'resizable' in buffer && buffer.resizable === true;
}
