/**
 * Frames on their way from the reading thread to the stack's: a ring in shared memory with one writer and one reader.
 * `head` and `tail` count bytes and wrap at 2^32; a record is 8 bytes (its length, or -1: go on at the beginning), the
 * frame, and padding to 8. The writer is the program in reader-source.ts.
 */
export const ringWord = {
  /** Bytes written, by the writer. */
  head: 0,
  /** Bytes consumed, by the reader. */
  tail: 1,
  /** 1: the reader wants to be rung for. */
  asleep: 2,
  /** The bell: counts. What the reader waits on. */
  bell: 3,
  /** 1: the writer shall end. */
  stop: 4,
  /** Why the writer ended, as an errno; 0 while it works or when it was told to. */
  failure: 5,
  /** Frames that found no room. */
  dropped: 6,
} as const;

/** Bytes of the words above, and of what keeps them apart from the records. */
export const ringWordsBytes = 64;
/** Bytes in front of the frame in a record. */
export const recordHeadBytes = 8;

/** The reader's end. */
export class FrameRing {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  /** The records. */
  readonly bytes: Uint8Array;
  readonly #lengths: Int32Array;
  readonly #mask: number;
  #tail: number;

  /** @param byteLength - of the records; a power of two */
  constructor(byteLength: number) {
    this.shared = new SharedArrayBuffer(ringWordsBytes + byteLength);
    this.words = new Int32Array(this.shared, 0, ringWordsBytes / 4);
    this.bytes = new Uint8Array(this.shared, ringWordsBytes);
    this.#lengths = new Int32Array(this.shared, ringWordsBytes);
    this.#mask = byteLength - 1;
    this.#tail = 0;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.words, ringWord.head) === this.#tail;
  }

  /** Where in {@link bytes} the oldest frame begins, or -1. */
  first(): number {
    if (this.isEmpty) return -1;
    let at = this.#tail & this.#mask;
    if (this.#lengths[at >> 2] === -1) {
      this.#tail = (this.#tail + this.#mask + 1 - at) | 0;
      at = 0;
    }
    return at + recordHeadBytes;
  }

  /** Length of the frame that {@link first} found. */
  lengthAt(frameStart: number): number {
    return this.#lengths[(frameStart - recordHeadBytes) >> 2] as number;
  }

  /** Gives the oldest frame's room back. */
  consume(length: number): void {
    this.#tail = (this.#tail + recordHeadBytes + ((length + 7) & ~7)) | 0;
    Atomics.store(this.words, ringWord.tail, this.#tail);
  }
}
