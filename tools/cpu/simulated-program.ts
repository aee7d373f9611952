import { createCpu, createLifter } from '@synos/machine-sim/testing';
import { createFrameAllocator, createPageTables, createRam, nullTlb, right } from '@synos/memory';
import { loadElf } from './elf.js';

const RAM_BYTES = 0x80_0000;
const PAGE = 4096;
const SYSTEM_CALL_GATE = 0x80;
const ENOSYS = 38;
/** About the instructions of a program; one that does not end is wrong. */
const MOST_INSTRUCTIONS = 200_000_000;

/** What a program did. */
export interface ProgramRun {
  readonly output: string;
  readonly code: number;
  readonly instructions: number;
}

/** Registers as the tracer logs them, before an instruction: sixteen, RIP, RFLAGS. */
export const WORDS_PER_STEP = 18;

/**
 * Runs an executable on the simulated CPU, with the answers that native/tracer.c lets the kernel give.
 *
 * @param steps - what the real CPU had in its registers before each of the first instructions; registers begin like those
 * @param onStep - called between blocks as long as there are steps: instructions that were done, and registers and RIP
 */
export function runSimulated(
  file: Uint8Array,
  steps: BigUint64Array,
  onStep: (done: number, registers: BigUint64Array, rip: bigint) => void,
): ProgramRun {
  const memory = createRam({ byteLength: RAM_BYTES });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const tables = createPageTables({ memory, frames, tlb: nullTlb() });
  if (tables === null) throw new Error('no frame for the tables');
  const { entry, segments } = loadElf(file);
  for (const { address, bytes, byteLength, isWritable, isExecutable } of segments) {
    const first = address - (address % PAGE);
    const end = Math.ceil((address + byteLength) / PAGE) * PAGE;
    if (!tables.prepare(first, end - first)) throw new Error('no frames for the tables');
    const rights = right.user | (isWritable ? right.write : 0) | (isExecutable ? right.execute : 0);
    for (let page = first; page < end; page += PAGE) {
      const frame = frames.allocate();
      const view = memory.mem(frame, PAGE).fill(0);
      const from = Math.max(page, address);
      view.set(bytes.subarray(from - address, Math.max(page + PAGE - address, 0)), from - page);
      tables.set(page, frame, rights);
    }
  }
  const buffer = memory.mem(0, RAM_BYTES).buffer;
  const cpu = createCpu({ ram: buffer, readTsc: () => 0, lift: createLifter() });
  cpu.setRoot(tables.root);
  cpu.rip = entry;
  cpu.rflags = 0x202;
  const registers = new BigUint64Array(cpu.registers.slice(0, 32).buffer);
  registers.set(steps.subarray(0, 16));
  cpu.registers.set(new Int32Array(registers.buffer));

  const value = (slot: number): number => cpu.registers[2 * slot + 1]! * 2 ** 32 + (cpu.registers[2 * slot]! >>> 0);
  const answer = (result: number): void => {
    cpu.registers[0] = result;
    cpu.registers[1] = result < 0 ? -1 : 0;
  };
  let output = '';
  const stepCount = steps.length / WORDS_PER_STEP;
  while (cpu.instructions < MOST_INSTRUCTIONS) {
    const isWatched = cpu.instructions < stepCount;
    const exit = cpu.execute(isWatched ? 1 : 1_000_000);
    if (exit.kind === 'software' && exit.vector === SYSTEM_CALL_GATE) {
      const number = value(0);
      if (number === 60) return { output, code: value(7) & 0xff, instructions: cpu.instructions };
      if (number === 1) {
        output += text(value(6), value(2));
        answer(value(2));
      } else answer(-ENOSYS);
      cpu.rip += exit.instructionBytes;
    } else if (exit.kind !== 'budget') {
      throw new Error(`the simulated program ended with ${exit.kind} ${exit.vector} at ${cpu.rip.toString(16)}`);
    }
    // Behind SYSCALL the real CPU has other things in RCX and R11 than INT 0x80 leaves there.
    if (exit.kind === 'budget' && cpu.instructions < stepCount) {
      onStep(cpu.instructions, new BigUint64Array(cpu.registers.slice(0, 32).buffer), BigInt(cpu.rip));
    }
  }
  throw new Error('the simulated program does not end');

  function text(address: number, byteLength: number): string {
    let letters = '';
    for (let at = address; at < address + byteLength; at++) {
      const [byte] = memory.mem(cpu.translate(at, right.user), 1);
      letters += String.fromCharCode(byte!);
    }
    return letters;
  }
}
