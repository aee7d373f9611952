import { linkHeaderBytes } from '@synos/nic';
import { copyBytes } from '@synos/wire';

/** Bytes of the length in front of each frame: an unsigned 32-bit number, most significant byte first. */
export const lengthBytes = 4;

/** Where whole frames go; a `FramePort` with its device's limit. */
export interface FrameSink {
  /** Frames that it takes before it is full. At 0 the parser stops. */
  readonly room: number;
  /** The longest frame that it takes now. */
  readonly longestBytes: number;
  /** Takes or counts the frame `bytes[start..end)`. */
  push(bytes: Uint8Array, start: number, end: number): boolean;
  /** Counts a frame that was too long to be kept. */
  skip(): void;
}

/**
 * Finds frames in a stream of bytes. A frame that lies whole in a chunk goes to the sink straight out of it; of one that
 * does not, at most `longestBytes` are kept. A longer one is skipped, never kept. A length that no frame has ends
 * everything: behind it nobody knows where frames begin.
 */
export class FrameParser {
  /** The length that no frame has, or -1 while all is well. */
  badLength: number;
  readonly #sink: FrameSink;
  readonly #largestBytes: number;
  /** Bytes of the present length that have come, and their value so far. */
  #lengthGot: number;
  #length: number;
  /** Bytes of the present frame that have come in earlier chunks, all of them in `#partial` unless it is skipped. */
  #got: number;
  #isSkipped: boolean;
  #partial: Uint8Array;

  /** @param largestBytes - a length beyond is no frame's */
  constructor(sink: FrameSink, largestBytes: number) {
    this.badLength = -1;
    this.#sink = sink;
    this.#largestBytes = largestBytes;
    this.#lengthGot = 0;
    this.#length = 0;
    this.#got = 0;
    this.#isSkipped = false;
    this.#partial = new Uint8Array(0);
  }

  /** Whether the stream stands inside a length or a frame: if it ends here, something is missing. */
  get isInside(): boolean {
    return this.#lengthGot > 0;
  }

  /**
   * Takes bytes of the stream.
   *
   * @param at - where to begin in `chunk`
   * @returns where it stopped: at the end, where the sink was full (come again with the rest), or at a bad length
   */
  parse(chunk: Uint8Array, at: number): number {
    const end = chunk.length;
    while (at < end && this.badLength < 0) {
      if (this.#lengthGot < lengthBytes) at = this.#takeLength(chunk, at);
      else if (end - at < this.#length - this.#got) at = this.#keep(chunk, at, end);
      else if (this.#sink.room === 0) break;
      else at = this.#finish(chunk, at);
    }
    return at;
  }

  #takeLength(chunk: Uint8Array, at: number): number {
    while (at < chunk.length && this.#lengthGot < lengthBytes) {
      this.#length = ((this.#length << 8) | (chunk[at++] as number)) >>> 0;
      this.#lengthGot++;
    }
    if (this.#lengthGot === lengthBytes && (this.#length < linkHeaderBytes || this.#length > this.#largestBytes)) {
      this.badLength = this.#length;
    }
    return at;
  }

  /** The chunk ends inside the frame. */
  #keep(chunk: Uint8Array, at: number, end: number): number {
    if (this.#got === 0) {
      const longest = this.#sink.longestBytes;
      this.#isSkipped = this.#length > longest;
      // Never what the peer claims, but what a frame may need, and once.
      if (!this.#isSkipped && this.#partial.length < longest) this.#partial = new Uint8Array(longest);
    }
    if (!this.#isSkipped) copyBytes(this.#partial, this.#got, chunk, at, end - at);
    this.#got += end - at;
    return end;
  }

  /** The frame's last byte is in the chunk. */
  #finish(chunk: Uint8Array, at: number): number {
    const next = at + this.#length - this.#got;
    if (this.#got === 0) {
      this.#sink.push(chunk, at, next);
    } else if (this.#isSkipped) {
      this.#sink.skip();
    } else {
      copyBytes(this.#partial, this.#got, chunk, at, next - at);
      this.#sink.push(this.#partial, 0, this.#length);
    }
    this.#lengthGot = 0;
    this.#length = 0;
    this.#got = 0;
    return next;
  }
}
