import { type Block, type BlockPool, failure, type Result, type SocketAddress } from '@synos/interfaces';
import { copyBytes } from '@synos/wire';
import { longestDatagramBytes } from './limits.js';

const firstBlockBytes = 4096;

/** A datagram in the making: what sends with `transfer.more`, or between cork and uncork, have given so far. */
export class CollectedDatagram {
  /** Bytes so far. */
  length: number;
  /** Where it goes; `null` = the peer. The first part decides. */
  readonly to: SocketAddress | null;
  private readonly blocks: BlockPool;
  /** What the bytes are in; none before the first. */
  block: Block | null;

  constructor(blocks: BlockPool, to: SocketAddress | null) {
    this.length = 0;
    this.to = to === null ? null : { address: { ...to.address }, port: to.port };
    this.blocks = blocks;
    this.block = null;
  }

  /** Adds bytes; all or none. */
  add(bytes: Uint8Array, start: number, end: number): Result {
    const total = this.length + end - start;
    if (total > longestDatagramBytes) return failure.messageTooLong;
    let { block } = this;
    if (block === null || block.byteLength < total) {
      const larger = this.blocks.take(Math.max(firstBlockBytes, total));
      if (larger === null) return failure.noBuffers;
      if (block !== null) {
        copyBytes(larger.memory.bytes, larger.offset, block.memory.bytes, block.offset, this.length);
        this.blocks.release(block);
      }
      block = larger;
      this.block = block;
    }
    copyBytes(block.memory.bytes, block.offset + this.length, bytes, start, end - start);
    this.length = total;
    return end - start;
  }

  /** Gives the memory back: the end of it. */
  release(): void {
    if (this.block !== null) this.blocks.release(this.block);
  }
}
