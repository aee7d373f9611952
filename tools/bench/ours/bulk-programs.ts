import { POLLIN, POLLOUT } from '@synos/abi';
import type { Socket, WaiterTarget } from '@synos/socket';
import { chunkBytes, HashedChunks, wholeChunks } from '../harness/content.js';
import { isNow, wakeFor } from './sockets.js';

/** Sends content in a circle, 64 KB a call, whenever its socket has room. */
export class BulkSender implements WaiterTarget {
  private readonly socket: Socket;
  private readonly content: Uint8Array;
  private sentBytes: number;
  private totalBytes: number;

  constructor(socket: Socket, content: Uint8Array) {
    this.socket = socket;
    this.content = content;
    this.sentBytes = 0;
    this.totalBytes = 0;
    wakeFor(socket, POLLOUT, this);
  }

  /** Begins a stream of so many bytes. */
  begin(totalBytes: number): void {
    this.sentBytes = 0;
    this.totalBytes = totalBytes;
    this.run();
  }

  /** Ends a stream that was begun without an end at its next whole chunk; answers how many bytes it had. */
  finish(): number {
    this.totalBytes = wholeChunks(this.sentBytes);
    this.run();
    return this.totalBytes;
  }

  woken(): void {
    this.run();
  }

  private run(): void {
    while (this.sentBytes < this.totalBytes) {
      const start = this.sentBytes % this.content.length;
      // To the end of the chunk that a short write left off in.
      const end = start - (start % chunkBytes) + chunkBytes;
      const count = this.socket.send(this.content, 0, start, end);
      if (!isNow(count)) return;
      this.sentBytes += count;
      // A short write has filled the socket: it says when there is room again.
      if (count < end - start) return;
    }
  }
}

/** Receives and hashes whatever comes. */
export class BulkReceiver implements WaiterTarget {
  readonly hashed: HashedChunks;
  private readonly socket: Socket;
  private wanted: { readonly bytes: number; reached(): void };

  constructor(socket: Socket) {
    this.hashed = new HashedChunks();
    this.socket = socket;
    this.wanted = { bytes: Infinity, reached() {} };
    wakeFor(socket, POLLIN, this);
  }

  /** Resolves when so many bytes have come; for a stack that runs on the event loop. */
  until(bytes: number): Promise<void> {
    return new Promise((reached) => {
      this.wanted = { bytes, reached };
    });
  }

  woken(): void {
    this.read();
    if (this.hashed.received >= this.wanted.bytes) this.wanted.reached();
  }

  private read(): void {
    const hashed = this.hashed;
    for (;;) {
      const roomBytes = chunkBytes - hashed.fill;
      const count = this.socket.recv(hashed.bytes, 0, hashed.fill, chunkBytes);
      if (count === 0 || !isNow(count)) return;
      hashed.advance(count);
      // A short read has emptied the socket.
      if (count < roomBytes) return;
    }
  }
}
