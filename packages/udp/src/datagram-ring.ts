import type {
  Arrival,
  Block,
  BlockPool,
  ByteMemory,
  DatagramArrival,
  MutableAddress,
  MutableSocketAddress,
} from '@synos/interfaces';
import { copyBytes, setWords } from '@synos/wire';

/** What {@link DatagramRing.push} answers. */
export const pushed = {
  ok: 0,
  /** Above the limit of the queue. */
  full: 1,
  /** The pool of blocks has nothing left. */
  noMemory: 2,
} as const;
/** One of {@link pushed}. */
export type Pushed = (typeof pushed)[keyof typeof pushed];

/**
 * A record: the datagram's length with the device above it, the sender's four address words, its port with time to live
 * and traffic class above it, the destination's four words, then the bytes, padded to a word.
 */
const headerBytes = 40;
const headerWords = 10;
const smallestBlockBytes = 4096;

/**
 * The datagrams that wait for one endpoint, in a ring of memory from the pool: packets go back to theirs at once, so a
 * slow reader pins none. The ring is taken at the first datagram, doubles as it must, and goes back when it is empty
 * and larger than the smallest block.
 */
export class DatagramRing {
  /** Datagrams that wait. */
  count: number;
  /** Bytes that they take, records included. */
  usedBytes: number;
  private readonly blocks: BlockPool;
  private block: Block | null;
  /** Where the oldest record begins in the block, a multiple of 4. */
  private readAt: number;

  constructor(blocks: BlockPool) {
    this.count = 0;
    this.usedBytes = 0;
    this.blocks = blocks;
    this.block = null;
    this.readAt = 0;
  }

  /**
   * Adds a datagram. An empty queue takes any, as Linux's does: a limit below a datagram's length does not close it.
   *
   * @param limitBytes - of all records together
   */
  push(arrival: Arrival, port: number, memory: ByteMemory, at: number, length: number, limitBytes: number): Pushed {
    const recordBytes = headerBytes + ((length + 3) & ~3);
    if (this.count > 0 && this.usedBytes + recordBytes > limitBytes) return pushed.full;
    const block = this.withRoom(this.usedBytes + recordBytes);
    if (block === null) return pushed.noMemory;
    const { words } = block.memory;
    const base = block.offset >>> 2;
    const mask = (block.byteLength >>> 2) - 1;
    const word = (this.readAt + this.usedBytes) >>> 2;
    const { source, destination } = arrival;
    words[base + (word & mask)] = (arrival.device << 16) | length;
    words[base + ((word + 1) & mask)] = source.w0;
    words[base + ((word + 2) & mask)] = source.w1;
    words[base + ((word + 3) & mask)] = source.w2;
    words[base + ((word + 4) & mask)] = source.w3;
    words[base + ((word + 5) & mask)] = (arrival.tos << 24) | (arrival.ttl << 16) | port;
    words[base + ((word + 6) & mask)] = destination.w0;
    words[base + ((word + 7) & mask)] = destination.w1;
    words[base + ((word + 8) & mask)] = destination.w2;
    words[base + ((word + 9) & mask)] = destination.w3;
    const bytesAt = ((word + headerWords) & mask) << 2;
    const untilEnd = Math.min(length, block.byteLength - bytesAt);
    copyBytes(block.memory.bytes, block.offset + bytesAt, memory.bytes, at, untilEnd);
    if (untilEnd < length) {
      copyBytes(block.memory.bytes, block.offset, memory.bytes, at + untilEnd, length - untilEnd);
    }
    this.count += 1;
    this.usedBytes += recordBytes;
    return pushed.ok;
  }

  /** The length of the oldest datagram, -1 when none waits. */
  nextLength(): number {
    return this.count === 0 ? -1 : this.headerWord(0) & 0xffff;
  }

  /** Tells the sender of the oldest datagram, which there must be. */
  nextSender(into: MutableSocketAddress): void {
    this.readAddress(1, into.address);
    into.port = this.headerWord(5) & 0xffff;
  }

  /** Tells how the oldest datagram, which there must be, came. */
  nextArrival(into: DatagramArrival): void {
    const word = this.headerWord(5);
    into.device = this.headerWord(0) >>> 16;
    into.ttl = (word >>> 16) & 0xff;
    into.tos = word >>> 24;
    this.readAddress(6, into.destination);
  }

  /** Copies the first `length` bytes of the oldest datagram, which has as many. */
  copyNext(into: Uint8Array, start: number, length: number): void {
    copyOut(this.block as Block, this.readAt + headerBytes, into, start, length);
  }

  /** Takes the oldest datagram, which there must be, out. */
  drop(): void {
    const block = this.block as Block;
    const recordBytes = headerBytes + ((this.nextLength() + 3) & ~3);
    this.readAt = (this.readAt + recordBytes) & (block.byteLength - 1);
    this.usedBytes -= recordBytes;
    this.count -= 1;
    if (this.count > 0) return;
    this.readAt = 0;
    if (block.byteLength > smallestBlockBytes) this.release();
  }

  /** Forgets all and gives the memory back. */
  clear(): void {
    this.count = 0;
    this.usedBytes = 0;
    this.readAt = 0;
    this.release();
  }

  /** A word of the oldest record, which there must be. */
  private headerWord(index: number): number {
    const { offset, byteLength, memory } = this.block as Block;
    return memory.words[(offset + ((this.readAt + 4 * index) & (byteLength - 1))) >>> 2] as number;
  }

  private readAddress(index: number, into: MutableAddress): void {
    setWords(
      into,
      this.headerWord(index) | 0,
      this.headerWord(index + 1) | 0,
      this.headerWord(index + 2) | 0,
      this.headerWord(index + 3) | 0,
    );
  }

  private release(): void {
    const { block } = this;
    if (block === null) return;
    this.block = null;
    this.blocks.release(block);
  }

  /** The block if it has room for so many bytes in all, else a larger one with what there was moved over. */
  private withRoom(neededBytes: number): Block | null {
    const old = this.block;
    if (old !== null && old.byteLength >= neededBytes) return old;
    const block = this.blocks.take(Math.max(smallestBlockBytes, neededBytes));
    if (block === null) return null;
    if (old !== null) {
      copyOut(old, this.readAt, block.memory.bytes, block.offset, this.usedBytes);
      this.blocks.release(old);
    }
    this.block = block;
    this.readAt = 0;
    return block;
  }
}

/** Copies bytes out of a ring, from a position that counts on past the ring's end. */
function copyOut(ring: Block, position: number, into: Uint8Array, start: number, length: number): void {
  const { offset, byteLength, memory } = ring;
  const at = position & (byteLength - 1);
  const untilEnd = Math.min(length, byteLength - at);
  copyBytes(into, start, memory.bytes, offset + at, untilEnd);
  if (untilEnd < length) copyBytes(into, start + untilEnd, memory.bytes, offset, length - untilEnd);
}
