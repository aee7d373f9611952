/** A bounded first-in, first-out queue of bytes. */
export class ByteQueue {
  /** How many wait. */
  count: number;
  private readonly bytes: Uint8Array;
  private head: number;

  /** @param limit - how many it holds */
  constructor(limit: number) {
    this.count = 0;
    this.bytes = new Uint8Array(limit);
    this.head = 0;
  }

  /** Adds a byte; false where there is no room. */
  push(byte: number): boolean {
    const { bytes } = this;
    if (this.count === bytes.length) return false;
    bytes[(this.head + this.count) % bytes.length] = byte;
    this.count++;
    return true;
  }

  /** Takes the oldest, or -1. */
  shift(): number {
    if (this.count === 0) return -1;
    const byte = this.bytes[this.head] as number;
    this.head = (this.head + 1) % this.bytes.length;
    this.count--;
    return byte;
  }
}
