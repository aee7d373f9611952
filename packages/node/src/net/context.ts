import type { Sockets } from '@synos/socket';

const slabBytes = 65_536;
/** A slab with less room than this is left behind: reads should be large. */
const leastRoomBytes = 16_384;

/** What all sockets of one `createNet` share. */
export class Context {
  readonly sockets: Sockets;
  /** Where received bytes go; chunks are pieces of it, and belong to their readers. */
  slab: Buffer;
  /** How much of `slab` is given away. */
  slabUsedBytes: number;

  constructor(sockets: Sockets) {
    this.sockets = sockets;
    this.slab = Buffer.alloc(0);
    this.slabUsedBytes = 0;
  }

  /** Sees to it that `slab` has room from `slabUsedBytes` on. */
  makeRoom(): void {
    if (this.slab.length - this.slabUsedBytes >= leastRoomBytes) return;
    this.slab = Buffer.allocUnsafeSlow(slabBytes);
    this.slabUsedBytes = 0;
  }

  /** The piece of the slab that has just been filled. */
  takeFilled(byteLength: number): Buffer {
    const start = this.slabUsedBytes;
    // Pieces begin at multiples of 8, so that a reader may lay words over them.
    this.slabUsedBytes = (start + byteLength + 7) & ~7;
    return this.slab.subarray(start, start + byteLength);
  }
}
