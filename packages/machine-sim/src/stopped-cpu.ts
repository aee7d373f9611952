import { FRAME_BYTES, type PhysicalAddress } from '@synos/interfaces';
import { createPageWalker, createRam, type PageWalker } from '@synos/memory';
import type { Cpu, CpuExit, CpuOptions } from './cpu/cpu.js';
import { SLOTS } from './cpu/ir.js';

/** A CPU that translates addresses, and to which every instruction is an invalid opcode. */
export function createStoppedCpu({ ram }: CpuOptions): Cpu {
  const walker: PageWalker = createPageWalker(createRam({ buffer: ram }), { marks: true });
  let root: PhysicalAddress = 0;
  const exit: CpuExit = { kind: 'exception', vector: 6, errorCode: -1, cr2: 0, instructionBytes: 0 };
  const nothing = (): void => {};
  return {
    registers: new Int32Array(2 * SLOTS),
    rip: 0,
    rflags: 2,
    instructions: 0,
    execute: () => exit,
    setRoot(address) {
      root = address - (address % FRAME_BYTES);
    },
    invlpg: nothing,
    flush: nothing,
    flushAll: nothing,
    wrote: nothing,
    translate: (address, rights) => walker.translate(root, address, rights),
    counters: { blocksMade: 0, blocksDropped: 0, tlbMisses: 0 },
  };
}
