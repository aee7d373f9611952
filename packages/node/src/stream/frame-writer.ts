import type { Socket } from 'node:net';
import { type FramePort, longestFrameBytes } from '@synos/nic';
import { lengthBytes } from './frame-parser.js';

/** One frame of any length always fits behind 64 KB of others. */
const bufferBytes = 131_072;
/** One that the system has and one that is filled. */
const bufferLimit = 2;

/**
 * Sends what a port's stack has queued. Frames are gathered: each is copied once, with its length in front, and one
 * write carries up to 128 KB of them. While the system takes no more, two buffers are full at most and the rest waits
 * in the port, which then says busy.
 */
export class FrameWriter {
  readonly #socket: Socket;
  readonly #port: FramePort;
  readonly #free: Buffer<ArrayBuffer>[];
  #made: number;
  /** What is being filled. */
  #buffer: Buffer<ArrayBuffer> | null;
  #at: number;

  constructor(socket: Socket, port: FramePort) {
    this.#socket = socket;
    this.#port = port;
    this.#free = [];
    this.#made = 0;
    this.#buffer = null;
    this.#at = 0;
  }

  /** Writes as much as may be under way. */
  flush(): void {
    while (this.#port.pending > 0 && !this.#socket.destroyed) {
      const buffer = this.#takeBuffer();
      if (buffer === null) return;
      this.#buffer = buffer;
      this.#at = 0;
      // One by one: how long the next one is shows only when it comes.
      while (this.#at + lengthBytes + longestFrameBytes <= bufferBytes && this.#port.drain(1) > 0);
      this.#buffer = null;
      this.#socket.write(buffer.subarray(0, this.#at), () => this.#written(buffer));
    }
  }

  /** A frame, from `port.drain`. */
  append(frame: Uint8Array): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    const at = this.#at;
    buffer.writeUInt32BE(frame.length, at);
    buffer.set(frame, at + lengthBytes);
    this.#at = at + lengthBytes + frame.length;
  }

  #takeBuffer(): Buffer<ArrayBuffer> | null {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made === bufferLimit) return null;
    this.#made++;
    return Buffer.allocUnsafeSlow(bufferBytes);
  }

  #written(buffer: Buffer<ArrayBuffer>): void {
    this.#free.push(buffer);
    this.flush();
  }
}
