import { closeSync, openSync, writeSync } from 'node:fs';

const gatheredBytes = 1 << 18;

/** A capture on its way to a file, in large pieces. When writing fails, the rest is lost and the program goes on. */
export class CaptureFile {
  readonly path: string;
  error: Error | null;
  #file: number;
  #pieces: Uint8Array[];
  #byteLength: number;

  /** @throws the system's error when the file cannot be opened */
  constructor(path: string) {
    this.path = path;
    this.error = null;
    this.#file = openSync(path, 'w');
    this.#pieces = [];
    this.#byteLength = 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#file < 0) return;
    this.#pieces.push(bytes);
    this.#byteLength += bytes.length;
    if (this.#byteLength >= gatheredBytes) this.flush();
  }

  flush(): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#byteLength = 0;
    try {
      for (let at = 0; at < bytes.length && this.#file >= 0; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.error = error as Error;
      this.close();
    }
  }

  close(): void {
    const file = this.#file;
    if (file < 0) return;
    if (this.error === null) this.flush();
    // A flush that failed has closed it.
    if (this.#file < 0) return;
    this.#file = -1;
    closeSync(file);
  }
}
