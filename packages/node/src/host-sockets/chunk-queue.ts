/** Received chunks in order, read as one run of bytes. */
export class ChunkQueue {
  byteLength: number;
  private readonly chunks: Uint8Array[];
  /** How much of the first chunk is read. */
  private offset: number;

  constructor() {
    this.byteLength = 0;
    this.chunks = [];
    this.offset = 0;
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.byteLength += chunk.length;
  }

  /** Copies to `into[start..end]`, and takes unless it is a peek; answers how many bytes. */
  read(into: Uint8Array, start: number, end: number, isPeek: boolean): number {
    let at = start;
    let index = 0;
    let { offset } = this;
    for (let chunk = this.chunks[0]; chunk !== undefined && at < end; chunk = this.chunks[index]) {
      const piece = chunk.subarray(offset, offset + end - at);
      into.set(piece, at);
      at += piece.length;
      offset += piece.length;
      if (offset < chunk.length) break;
      offset = 0;
      index += 1;
    }
    if (!isPeek) {
      this.chunks.splice(0, index);
      this.offset = offset;
      this.byteLength -= at - start;
    }
    return at - start;
  }

  clear(): void {
    this.chunks.length = 0;
    this.offset = 0;
    this.byteLength = 0;
  }
}
