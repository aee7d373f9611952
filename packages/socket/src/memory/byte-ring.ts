/** Bytes in order, up to a bound; its memory is taken at the first byte. */
export class ByteRing {
  length: number;
  private bytes: Uint8Array;
  private first: number;

  constructor() {
    this.length = 0;
    this.bytes = new Uint8Array(0);
    this.first = 0;
  }

  /** How many bytes fit, where `capacityBytes` is the bound; an empty ring takes a new bound. */
  room(capacityBytes: number): number {
    return (this.length === 0 ? capacityBytes : this.bytes.length) - this.length;
  }

  /** Takes what fits of `bytes[start..end]`; answers how many. */
  write(bytes: Uint8Array, start: number, end: number, capacityBytes: number): number {
    if (this.length === 0 && this.bytes.length !== capacityBytes) this.bytes = new Uint8Array(capacityBytes);
    if (this.length === 0) this.first = 0;
    const capacity = this.bytes.length;
    const count = Math.min(end - start, capacity - this.length);
    const at = (this.first + this.length) % capacity;
    const untilWrap = Math.min(count, capacity - at);
    this.bytes.set(bytes.subarray(start, start + untilWrap), at);
    this.bytes.set(bytes.subarray(start + untilWrap, start + count), 0);
    this.length += count;
    return count;
  }

  /** Copies to `into[start..end]`, and takes unless it is a peek; answers how many. */
  read(into: Uint8Array, start: number, end: number, isPeek: boolean): number {
    const count = Math.min(end - start, this.length);
    const untilWrap = Math.min(count, this.bytes.length - this.first);
    into.set(this.bytes.subarray(this.first, this.first + untilWrap), start);
    into.set(this.bytes.subarray(0, count - untilWrap), start + untilWrap);
    if (isPeek || count === 0) return count;
    this.first = (this.first + count) % this.bytes.length;
    this.length -= count;
    return count;
  }

  clear(): void {
    this.length = 0;
    this.bytes = new Uint8Array(0);
    this.first = 0;
  }
}
