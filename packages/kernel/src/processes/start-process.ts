import { EAGAIN, ENOMEM } from '@synos/abi';
import { type Entropy, FRAME_BYTES, type FrameAllocator, type Machine, type PhysicalAddress } from '@synos/interfaces';
import { createAddressSpace } from '@synos/memory';
import { createStartFrame } from '@synos/trap';
import type { DescriptorTable } from '../contracts.js';
import { loadElf } from '../elf/load.js';
import { type ElfFault, parseElf } from '../elf/parse.js';
import { buildStack, type StartArguments } from '../elf/start-stack.js';
import { shownBytes } from '../text.js';
import type { KernelProcess } from './process.js';
import type { ProcessTable } from './process-table.js';

/** Where processes are made. */
export interface ProcessWorld {
  readonly machine: Machine;
  readonly frames: FrameAllocator;
  readonly kernelHalf: { readonly root: PhysicalAddress };
  readonly entropy: Entropy;
  readonly table: ProcessTable;
  readonly stackBytes: number;
}

/**
 * Where the registers of a thread lie in a page of their own: nothing else of the kernel's lies where a trap pushes, nor
 * below, where a fault of ring 0 on top of it would.
 */
export const FRAME_OFFSET = 2048;

/** What process to make. */
export interface ProcessStart extends StartArguments {
  readonly parent: KernelProcess | null;
  /** The program's file. */
  readonly program: Uint8Array<ArrayBuffer>;
  /** Makes what it has open; called last, when nothing can fail any more. */
  readonly descriptors: () => DescriptorTable;
}

/** Why there is no process. */
export interface NotStarted {
  /** A negative errno. */
  readonly answer: number;
  readonly fault?: ElfFault;
}

/**
 * Makes a process that is ready to run: address space, program, stack, registers, descriptors. Where something is
 * missing nothing is left behind.
 */
export function startProcess(world: ProcessWorld, start: ProcessStart): KernelProcess | NotStarted {
  const { machine, frames, table } = world;
  if (table.isFull) return { answer: -EAGAIN };
  const program = parseElf(start.program);
  if ('fault' in program) return program;
  const memory = createAddressSpace({ memory: machine, frames, tlb: machine, kernelHalf: world.kernelHalf });
  if (memory === null) return { answer: -ENOMEM };
  const loaded = loadElf(memory, program, start.program);
  const rsp = loaded < 0 ? loaded : buildStack(memory, program, start, world.stackBytes, world.entropy);
  const page = rsp < 0 ? 0 : frames.allocate();
  if (page === 0) {
    memory.destroy();
    return { answer: rsp < 0 ? rsp : -ENOMEM };
  }
  const bytes = machine.mem(page, FRAME_BYTES);
  const frame = createStartFrame(bytes, FRAME_OFFSET, { rip: program.entry, rsp }, page + FRAME_OFFSET);
  machine.wrote(page, FRAME_BYTES);
  const name = baseName(start.path);
  return table.add({ parent: start.parent, name, memory, descriptors: start.descriptors(), frame });
}

function baseName(path: Uint8Array): string {
  return shownBytes(path.subarray(path.lastIndexOf(0x2f) + 1));
}
