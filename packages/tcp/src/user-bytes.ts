import type { Place } from './ring.js';

/**
 * The array that a program sends from, or receives into. Most use one again and again: when it comes for the second time
 * a view of its words is made (which costs more than one copy saves), and short messages are copied by words. Not where
 * it does not lie on word boundaries, where it is too long for offsets that are int32, or where the memory may shrink under
 * the view.
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
    } else if (this.words === null && mayHaveWords(bytes)) {
      this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    }
    return this;
  }
}

function mayHaveWords({ buffer, byteOffset, length }: Uint8Array): boolean {
  const isResizable = 'resizable' in buffer && buffer.resizable === true;
  return (byteOffset & 3) === 0 && length <= 0x7fff_ffff && !isResizable;
}
