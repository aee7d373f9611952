import { assert, type Heap, type HeapStats } from '@synos/interfaces';

interface Block {
  address: number;
  byteLength: number;
  isLive: boolean;
}

/**
 * A second design, as simple as can be: a list of blocks beside the buffer, by address, the first that fits. It has no
 * headers that anybody could overwrite.
 */
export function createFirstFitHeap(buffer: ArrayBuffer, start: number, end: number): Heap & { blocks(): Block[] } {
  const bytes = new Uint8Array(buffer);
  const first = Math.ceil(Math.max(start, 16) / 16) * 16;
  const blocks: Block[] = [{ address: first, byteLength: Math.floor((end - first) / 16) * 16, isLive: false }];
  let highest = start;

  const isLength = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= end;
  const roomFor = (byteLength: number): number => Math.max(16, Math.ceil(byteLength / 16) * 16);
  const liveAt = (address: number): number => {
    const at = blocks.findIndex((block) => block.address === address && block.isLive);
    assert(at >= 0, `no live block at ${address}`);
    return at;
  };
  const merge = (): void => {
    for (let at = blocks.length - 1; at > 0; at--) {
      const before = blocks[at - 1]!;
      const block = blocks[at]!;
      if (before.isLive || block.isLive) continue;
      before.byteLength += block.byteLength;
      blocks.splice(at, 1);
    }
  };
  const memalign = (alignBytes: number, byteLength: number): number => {
    if (!isLength(byteLength) || !isLength(alignBytes) || alignBytes < 1 || 2 ** Math.log2(alignBytes) !== alignBytes)
      return 0;
    if (!Number.isInteger(Math.log2(alignBytes))) return 0;
    const room = roomFor(byteLength);
    for (const [at, block] of blocks.entries()) {
      if (block.isLive) continue;
      const address = Math.ceil(block.address / alignBytes) * alignBytes;
      const left = block.address + block.byteLength - address - room;
      if (left < 0) continue;
      const parts = [
        { address: block.address, byteLength: address - block.address, isLive: false },
        { address, byteLength: room, isLive: true },
        { address: address + room, byteLength: left, isLive: false },
      ];
      blocks.splice(at, 1, ...parts.filter((part) => part.byteLength > 0));
      highest = Math.max(highest, address + room);
      return address;
    }
    return 0;
  };
  const malloc = (byteLength: number): number => memalign(16, byteLength);
  const free = (address: number): void => {
    if (address === 0) return;
    blocks[liveAt(address)]!.isLive = false;
    merge();
  };
  const sum = (some: readonly Block[]): number => some.reduce((all, block) => all + block.byteLength, 0);

  return {
    malloc,
    free,
    memalign,
    calloc(count, byteLength) {
      if (!isLength(count) || !isLength(byteLength)) return 0;
      const address = malloc(count * byteLength);
      if (address !== 0) bytes.fill(0, address, address + count * byteLength);
      return address;
    },
    realloc(address, byteLength) {
      if (address === 0) return malloc(byteLength);
      const block = blocks[liveAt(address)]!;
      if (!isLength(byteLength)) return 0;
      const left = block.byteLength - roomFor(byteLength);
      if (left >= 0) {
        block.byteLength -= left;
        const rest = { address: address + block.byteLength, byteLength: left, isLive: false };
        if (left > 0) blocks.splice(blocks.indexOf(block) + 1, 0, rest);
        merge();
        return address;
      }
      const moved = malloc(byteLength);
      if (moved === 0) return 0;
      bytes.copyWithin(moved, address, address + block.byteLength);
      free(address);
      return moved;
    },
    usableBytes: (address) => blocks[liveAt(address)]!.byteLength,
    stats(): HeapStats {
      const live = blocks.filter((block) => block.isLive);
      const idle = blocks.filter((block) => !block.isLive);
      return {
        totalBytes: end - start,
        usedBytes: sum(live),
        usableBytes: sum(live),
        freeBytes: sum(idle),
        largestFreeBytes: Math.max(0, ...idle.map((block) => block.byteLength)),
        liveBlocks: live.length,
        freeBlocks: idle.length,
        spanBytes: highest - start,
      };
    },
    blocks: () => blocks.map((block) => ({ ...block })),
  };
}
