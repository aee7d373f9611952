import { FRAME_BYTES, type PhysicalAddress, type VirtualAddress } from '@synos/interfaces';
import type { CodeLines } from '../mmu/code-lines.js';
import type { Mmu } from '../mmu/mmu.js';
import type { Block } from './block.js';
import { at, type EngineState } from './state.js';
import type { Translation } from './translate.js';

/** Blocks at most; then all are dropped. */
const MAX_BLOCKS = 32768;
/** Constants that must be free before a block is made: more than one can have. */
const SPARE_CONSTANTS = 4096;
/** Entries of the cache by address. */
const RECENT = 2048;

/** Blocks of one frame by their addresses, which tell where in the frame they begin. */
interface FrameBlocks {
  readonly blocks: Map<VirtualAddress, Block>;
  /** Blocks of other frames whose last instruction ends in this one. */
  readonly crossing: { readonly frame: number; readonly rip: VirtualAddress }[];
}

/** Blocks by where they lie. */
export interface BlockCache {
  /** The block at an address, made where there is none. Throws the signal where the address cannot be fetched from. */
  find(rip: VirtualAddress): Block;
  /** One instruction as a block that is not kept. */
  alone(rip: VirtualAddress): Block;
  /** The block of an address in halves, for indirect jumps. */
  findRecent(r: Int32Array, low: number, high: number): Block;
  /** Drops all blocks that have bytes in a frame. */
  dropFrame(frame: number): void;
  readonly counters: { made: number; dropped: number };
}

/** Makes an empty one. */
export function createBlockCache(
  state: EngineState,
  mmu: Mmu,
  code: CodeLines,
  translate: (rip: VirtualAddress, place: PhysicalAddress, limit: number) => Translation,
): BlockCache {
  const { words } = state;
  const frames = new Map<number, FrameBlocks>();
  const recent: (Block | null)[] = new Array(RECENT).fill(null);
  const recentGeneration = new Int32Array(RECENT).fill(-1);
  const counters = { made: 0, dropped: 0 };
  let blockCount = 0;

  const changed = (): void => {
    words[at.generation] = (words[at.generation]! + 1) & 0x3fff_ffff;
  };

  const frameBlocks = (frame: number): FrameBlocks => {
    let entry = frames.get(frame);
    if (entry === undefined) {
      entry = { blocks: new Map(), crossing: [] };
      frames.set(frame, entry);
    }
    return entry;
  };

  const dropAll = (): void => {
    for (const frame of frames.keys()) code.clearFrame(frame);
    frames.clear();
    recent.fill(null);
    state.constants.clear();
    counters.dropped += blockCount;
    blockCount = 0;
    changed();
  };

  const dropBlock = (blocks: Map<VirtualAddress, Block>, rip: VirtualAddress): void => {
    if (!blocks.delete(rip)) return;
    counters.dropped += 1;
    blockCount -= 1;
  };

  const mark = (place: PhysicalAddress, byteLength: number): void => {
    const frame = Math.floor(place / FRAME_BYTES);
    if (!code.hasFrame(frame)) mmu.tlb.forgetWrites(frame);
    code.mark(place, byteLength);
  };

  const make = (rip: VirtualAddress, place: PhysicalAddress): Block => {
    if (blockCount >= MAX_BLOCKS || state.constants.room < SPARE_CONSTANTS) dropAll();
    const { block, firstBytes, secondBytes } = translate(rip, place, Number.POSITIVE_INFINITY);
    counters.made += 1;
    if (block.isAlone) return block;
    const frame = Math.floor(place / FRAME_BYTES);
    const entry = frameBlocks(frame);
    if (!entry.blocks.has(rip)) blockCount += 1;
    entry.blocks.set(rip, block);
    mark(place, firstBytes);
    if (secondBytes > 0) {
      const second = Math.floor(block.secondPage / FRAME_BYTES);
      frameBlocks(second).crossing.push({ frame, rip });
      mark(block.secondPage, secondBytes);
    }
    return block;
  };

  const find = (rip: VirtualAddress): Block => {
    const place = mmu.fetch(rip);
    const known = frames.get(Math.floor(place / FRAME_BYTES))?.blocks.get(rip);
    if (known === undefined) return make(rip, place);
    // Where the second page lies may have changed with the tables.
    if (known.secondPage >= 0) {
      const page = rip - (place % FRAME_BYTES) + FRAME_BYTES;
      if (mmu.fetch(page) !== known.secondPage) return make(rip, place);
    }
    return known;
  };

  return {
    counters,
    find,
    alone(rip) {
      const place = mmu.fetch(rip);
      if (state.constants.room < SPARE_CONSTANTS) dropAll();
      counters.made += 1;
      return translate(rip, place, 1).block;
    },
    findRecent(r, low, high) {
      const index = (low ^ (low >>> 11)) & (RECENT - 1);
      const block = recent[index]!;
      if (recentGeneration[index] === r[at.generation] && block !== null && block.low === low && block.high === high) {
        return block;
      }
      const found = find(high * 2 ** 32 + (low >>> 0));
      if (!found.isAlone) {
        recent[index] = found;
        recentGeneration[index] = r[at.generation]!;
      }
      return found;
    },
    dropFrame(frame) {
      const entry = frames.get(frame);
      code.clearFrame(frame);
      if (entry === undefined) return;
      frames.delete(frame);
      counters.dropped += entry.blocks.size;
      blockCount -= entry.blocks.size;
      for (const { frame: other, rip } of entry.crossing) {
        const blocks = frames.get(other)?.blocks;
        if (blocks !== undefined) dropBlock(blocks, rip);
      }
      changed();
    },
  };
}
