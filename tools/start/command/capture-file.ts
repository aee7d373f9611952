import { closeSync, openSync, writeSync } from 'node:fs';

const bufferBytes = 1 << 18;

/** A file that is written in large pieces, in order, and is whole after `close`. */
export class CaptureFile {
  readonly path: string;
  #descriptor: number | null;
  #waiting: Uint8Array[];
  #waitingBytes: number;
  /** What went wrong while writing: the rest of the capture is lost, the program goes on. */
  error: Error | null;

  /** @throws the system's error when the file cannot be opened */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'w');
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.error = null;
  }

  write(bytes: Uint8Array): void {
    if (this.#descriptor === null) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= bufferBytes) this.flush();
  }

  flush(): void {
    if (this.#descriptor === null || this.#waitingBytes === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.error = error as Error;
      this.close();
    }
  }

  close(): void {
    this.flush();
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
