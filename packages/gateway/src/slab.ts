const slabBytes = 65_536;
/** A slab with less room than this is left behind: reads should be large. */
const leastRoomBytes = 16_384;

/** Memory for what is read from guests: a read of nothing costs nothing, small reads share. */
export class Slab {
  bytes: Buffer;
  usedBytes: number;

  constructor() {
    this.bytes = Buffer.alloc(0);
    this.usedBytes = 0;
  }

  /** Sees to it that `bytes` has room from `usedBytes` on. */
  makeRoom(): void {
    if (this.bytes.length - this.usedBytes >= leastRoomBytes) return;
    this.bytes = Buffer.allocUnsafeSlow(slabBytes);
    this.usedBytes = 0;
  }

  /** The piece that has just been filled, the caller's. */
  takeFilled(byteLength: number): Buffer {
    const start = this.usedBytes;
    this.usedBytes = start + byteLength;
    return this.bytes.subarray(start, start + byteLength);
  }
}
