import { createCpu, createLifter, type Lift } from '@synos/machine-sim/testing';
import { createFrameAllocator, createPageTables, createRam, nullTlb, right } from '@synos/memory';
import type { CpuCase, CpuResult } from './cpu-case.js';
import {
  CODE,
  CODE_END,
  CODE_PAGES,
  DATA,
  DATA_BYTES,
  DATA_END,
  DATA_PAGES,
  FENCED_CODE,
  FENCED_CODE_END,
  FS_BASE,
  GS_BASE,
  initialMemory,
  PAGE_BYTES,
  TIMED_OUT,
} from './layout.js';

const RAM_BYTES = 0x10_0000;
/** Where the pages lie in physical memory, in the order of their addresses. Tables come from above. */
const DATA_FRAMES = 0x1_0000;
const CODE_FRAMES = 0x2_0000;
const FENCED_FRAMES = 0x3_0000;
const TABLES = 0x8_0000;

const int3 = 0xcc;
/** The longest case: REP over all of memory counts as one instruction, so this is plenty. */
const BUDGET = 1000;

/**
 * Executes cases on the simulated CPU, on the same pages as the native runner's.
 *
 * @param lift - the package's own, or one with a planted bug
 */
export function createSimulatedRunner(lift: Lift = createLifter()): (it: CpuCase) => CpuResult {
  const buffer = new ArrayBuffer(RAM_BYTES);
  const root = mapPages(buffer);
  const ram = new Uint8Array(buffer);
  const cpu = createCpu({ ram: buffer, readTsc: () => 0, lift });
  cpu.setRoot(root);
  const before = initialMemory();
  const wordsBefore = new Int32Array(before.buffer);
  const words = new Int32Array(buffer, DATA_FRAMES, DATA_BYTES / 4);
  ram.set(before, DATA_FRAMES);
  ram.fill(int3, CODE_FRAMES, CODE_FRAMES + CODE_PAGES * PAGE_BYTES);
  ram.fill(int3, FENCED_FRAMES, FENCED_FRAMES + 2 * PAGE_BYTES);
  setBase(24, FS_BASE);
  setBase(25, GS_BASE);

  function setBase(slot: number, address: number): void {
    cpu.registers[2 * slot] = address;
    cpu.registers[2 * slot + 1] = 0;
  }

  /** The physical address of a byte of code, -1 where there is no page. */
  function frameOfCode(address: number): number {
    if (address >= CODE && address < CODE_END) return CODE_FRAMES + address - CODE;
    return address >= FENCED_CODE && address < FENCED_CODE_END ? FENCED_FRAMES + address - FENCED_CODE : -1;
  }

  function placeCode({ ip, code }: CpuCase, isClearing: boolean): void {
    for (let i = 0; i < code.length; i++) {
      const frame = frameOfCode(ip + i);
      if (frame < 0) continue;
      ram[frame] = isClearing ? int3 : code[i]!;
      cpu.wrote(frame, 1);
    }
  }

  function poke(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if (address + i >= DATA && address + i < DATA_END) ram[DATA_FRAMES + address + i - DATA] = bytes[i]!;
    }
  }

  /** What is not as it was, by eight bytes, and puts it back. */
  function changes(): Int32Array {
    const found: number[] = [];
    for (let i = 0; i < words.length; i += 2) {
      if (words[i] === wordsBefore[i] && words[i + 1] === wordsBefore[i + 1]) continue;
      found.push(i * 4, words[i]!, words[i + 1]!);
      words[i] = wordsBefore[i]!;
      words[i + 1] = wordsBefore[i + 1]!;
    }
    if (found.length > 0) cpu.wrote(DATA_FRAMES, DATA_BYTES);
    return Int32Array.from(found);
  }

  return (it) => {
    placeCode(it, false);
    for (const { address, bytes } of it.pokes) poke(address, bytes);
    if (it.pokes.length > 0) cpu.wrote(DATA_FRAMES, DATA_BYTES);
    cpu.registers.set(it.registers);
    cpu.rflags = it.flags;
    cpu.rip = it.ip;
    const exit = cpu.execute(BUDGET);
    const isPageFault = exit.kind === 'exception' && exit.vector === 14;
    const result: CpuResult = {
      registers: cpu.registers.slice(0, 32),
      flags: cpu.rflags,
      ip: exit.kind === 'software' ? cpu.rip + exit.instructionBytes : cpu.rip,
      trap: exit.kind === 'budget' ? TIMED_OUT : exit.kind === 'syscall' ? 0x100 : exit.vector,
      error: exit.kind === 'exception' && exit.errorCode !== -1 ? exit.errorCode : 0,
      cr2: isPageFault ? exit.cr2 : 0,
      changes: changes(),
    };
    placeCode(it, true);
    return result;
  };
}

function mapPages(buffer: ArrayBuffer): number {
  const memory = createRam({
    buffer,
    memoryMap: [{ address: TABLES, byteLength: RAM_BYTES - TABLES, kind: 'usable' }],
  });
  const frames = createFrameAllocator({ memoryMap: memory.memoryMap });
  const tables = createPageTables({ memory, frames, tlb: nullTlb() });
  if (tables === null) throw new Error('no frame for the tables');
  const map = (address: number, pages: number, frame: number, rights: number): void => {
    if (!tables.prepare(address, pages * PAGE_BYTES)) throw new Error('no frames for the tables');
    for (let i = 0; i < pages; i++) tables.set(address + i * PAGE_BYTES, frame + i * PAGE_BYTES, rights | right.user);
  };
  map(DATA, DATA_PAGES - 1, DATA_FRAMES, right.write);
  map(DATA_END - PAGE_BYTES, 1, DATA_FRAMES + (DATA_PAGES - 1) * PAGE_BYTES, 0);
  map(CODE, CODE_PAGES, CODE_FRAMES, right.execute);
  map(FENCED_CODE, 1, FENCED_FRAMES, right.execute);
  map(FENCED_CODE + PAGE_BYTES, 1, FENCED_FRAMES + PAGE_BYTES, 0);
  return tables.root;
}
