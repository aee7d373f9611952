import { errno, MSG_MORE } from '@synos/abi';
import type { Socket as PosixSocket } from '@synos/socket';

/** As `_writev` is given them; strings are bytes already. */
export interface WrittenChunk {
  readonly chunk: Buffer;
}
/** How the stream is told that a write is done. */
export type WriteDone = (error?: Error | null) => void;

/** A write that the socket has not taken wholly. */
export class PendingWrite {
  readonly chunks: readonly WrittenChunk[];
  readonly done: WriteDone;
  readonly byteLength: number;
  /** The last one with bytes: what comes after it must not hold it back. */
  readonly #last: number;
  #index: number;
  #offset: number;

  constructor(chunks: readonly WrittenChunk[], done: WriteDone) {
    this.chunks = chunks;
    this.done = done;
    this.byteLength = chunks.reduce((sum, { chunk }) => sum + chunk.length, 0);
    let last = chunks.length - 1;
    while (last > 0 && (chunks[last] as WrittenChunk).chunk.length === 0) last -= 1;
    this.#last = last;
    this.#index = 0;
    this.#offset = 0;
  }

  /**
   * Hands on what the socket takes.
   *
   * @returns 0: all is taken. `-EAGAIN`: some is left. Another negative errno: it failed.
   */
  go(socket: PosixSocket): number {
    const { chunks } = this;
    const last = this.#last;
    while (this.#index <= last) {
      const { chunk } = chunks[this.#index] as WrittenChunk;
      // A response's head and body leave in one segment where they fit.
      const flags = this.#index < last ? MSG_MORE : 0;
      while (this.#offset < chunk.length) {
        const taken = socket.send(chunk, flags, this.#offset);
        if (taken < 0) return taken;
        if (taken === 0) return -errno.EAGAIN;
        this.#offset += taken;
      }
      this.#index += 1;
      this.#offset = 0;
    }
    return 0;
  }
}
