import {
  isCanonical,
  type PhysicalAddress,
  SYSCALL_VECTOR,
  TRAP_FRAME_BYTES,
  trapFrame,
  type VirtualAddress,
} from '@synos/interfaces';
import { right } from '@synos/memory';
import { type CpuFault, type CpuState, signedOf, starSelectors, tssOffset, vectorInfo, vectors } from '@synos/trap';
import { slot } from './cpu/ir.js';
import { FrameInRam } from './frame-in-ram.js';
import type { CpuMemory } from './linear-memory.js';
import { addressText, MachineShutdown } from './machine-shutdown.js';
import { DIRECT_MAP_BASE, STUB_BYTES } from './physical-map.js';
import { type ProgramRegisters, SAVED_REGISTERS } from './program-registers.js';
import type { KernelRegisters } from './system-registers.js';

/** The vector that entry code stands for, or the fault that it met in ring 0. */
export type Entered = number | CpuFault;

/** The machine's entry code: what it would do to memory, were it executed. */
export class EntryCode {
  /** Whether the CPU pushes an error code, by vector. */
  readonly hasErrorCode: readonly boolean[] = Array.from({ length: SYSCALL_VECTOR }, (_, vector) => {
    return vectorInfo(vector).hasErrorCode;
  });
  private readonly program: ProgramRegisters;
  private readonly kernel: KernelRegisters;
  private readonly memory: CpuMemory;
  private readonly stubs: PhysicalAddress;
  private readonly frame: FrameInRam;

  constructor(program: ProgramRegisters, kernel: KernelRegisters, memory: CpuMemory, stubs: PhysicalAddress) {
    this.program = program;
    this.kernel = kernel;
    this.memory = memory;
    this.stubs = stubs;
    this.frame = new FrameInRam(memory.ram);
  }

  /** Where it begins for a vector. */
  addressOf(vector: number): VirtualAddress {
    return DIRECT_MAP_BASE + this.stubs + vector * STUB_BYTES;
  }

  /** Does what the code at a handler's address does, if it is entry code. */
  run(at: CpuState): Entered {
    const place = this.memory.pages.translate(at.rip, right.execute);
    if (place < 0) return pageFault(at.rip, -1 - place, 'page fault at the entry code');
    const vector = (place - this.stubs) / STUB_BYTES;
    const isStub = Number.isInteger(vector) && vector >= 0 && vector <= SYSCALL_VECTOR;
    if (!isStub || at.rip !== DIRECT_MAP_BASE + place) {
      throw new MachineShutdown(`ring 0 would execute at ${addressText(at.rip)}, which is no entry code`);
    }
    return vector === SYSCALL_VECTOR ? this.saveSyscall(at) : this.saveTrap(vector, at);
  }

  /** All words of a frame at a place, for an event without an error code. */
  write(place: PhysicalAddress, vector: number, rip: VirtualAddress, rflags: number): void {
    const { frame, program } = this;
    program.save(place);
    frame.address = place;
    frame.setHalves(trapFrame.vector, vector, 0);
    frame.setHalves(trapFrame.error, 0, 0);
    frame.set(trapFrame.rip, rip);
    frame.setHalves(trapFrame.cs, program.cs, 0);
    frame.setHalves(trapFrame.rflags, rflags, 0);
    frame.setHalves(trapFrame.rsp, program.low(slot.rsp), program.high(slot.rsp));
    frame.setHalves(trapFrame.ss, program.ss, 0);
    program.cpu.wrote(place, TRAP_FRAME_BYTES);
  }

  private saveTrap(vector: number, at: CpuState): Entered {
    const hasErrorCode = this.hasErrorCode[vector] as boolean;
    // What is pushed: the error code where the CPU has none for this vector, the vector, the registers.
    const pushedBytes = hasErrorCode ? trapFrame.error : trapFrame.rip;
    return this.pushFrame(signedOf(at.rsp) - pushedBytes, pushedBytes, vector) ?? vector;
  }

  /** The entry code of SYSCALL: it finds its stack in the TSS, and makes the words that no CPU pushed. */
  private saveSyscall(at: CpuState): Entered {
    const { kernel, memory, program } = this;
    const unread = memory.read(kernel.tss.base + tssOffset.rsp0, 8);
    if (unread !== null) return pageFault(unread.address, unread.errorCode, 'page fault at the TSS');
    const top = memory.scratch.getInt32(4, true) * 0x1_0000_0000 + memory.scratch.getUint32(0, true);
    const frameAt = top - TRAP_FRAME_BYTES;
    const fault = this.pushFrame(frameAt, TRAP_FRAME_BYTES, SYSCALL_VECTOR);
    if (fault !== null) return fault;
    const { userCode, userStack } = starSelectors(kernel.star);
    this.poke(frameAt + trapFrame.rip, program.low(slot.rcx), program.high(slot.rcx));
    this.poke(frameAt + trapFrame.cs, userCode, 0);
    this.poke(frameAt + trapFrame.rflags, program.low(slot.r11), program.high(slot.r11));
    this.poke(frameAt + trapFrame.rsp, at.rsp.low, at.rsp.high);
    this.poke(frameAt + trapFrame.ss, userStack, 0);
    return SYSCALL_VECTOR;
  }

  /**
   * Stores registers, vector and error code.
   *
   * @param frameAt - where the frame begins
   * @param end - how many of its bytes are pushed here; those above are there already
   */
  private pushFrame(frameAt: VirtualAddress, end: number, vector: number): CpuFault | null {
    if (!isCanonical(frameAt) || !isCanonical(frameAt + end - 1)) {
      const { vector: stackFault } = vectors.stackFault;
      return { vector: stackFault, errorCode: 0, reason: 'stack at no canonical address', address: null };
    }
    // From the highest address down, as pushes go.
    const { frame, program, memory } = this;
    const { pages } = memory;
    const last = pages.translate(frameAt + end - 8, right.write);
    if (last < 0) return pageFault(frameAt + end - 8, -1 - last, 'page fault at the stack');
    const first = pages.translate(frameAt, right.write);
    if (first < 0) return pageFault(pageEnd(frameAt) - 8, -1 - first, 'page fault at the stack');
    const isWhole = last - first === end - 8 && first + end <= memory.ram.byteLength && (frameAt & 7) === 0;
    if (!isWhole) return this.pushApart(frameAt, end, vector);
    program.save(first);
    frame.address = first;
    frame.setHalves(trapFrame.vector, vector, 0);
    if (end > trapFrame.error) frame.setHalves(trapFrame.error, 0, 0);
    program.cpu.wrote(first, end);
    return null;
  }

  /** The same word by word, for a frame whose pages lie apart. */
  private pushApart(frameAt: VirtualAddress, end: number, vector: number): CpuFault | null {
    const { program } = this;
    for (let at = end - 8; at >= 0; at -= 8) {
      const register = SAVED_REGISTERS[at / 8];
      const low = register !== undefined ? program.low(register) : at === trapFrame.vector ? vector : 0;
      const high = register !== undefined ? program.high(register) : 0;
      const fault = this.poke(frameAt + at, low, high);
      if (fault !== null) return fault;
    }
    return null;
  }

  private poke(address: VirtualAddress, low: number, high: number): CpuFault | null {
    const { scratch } = this.memory;
    scratch.setInt32(0, low, true);
    scratch.setInt32(4, high, true);
    const fault = this.memory.write(address, false);
    return fault === null ? null : pageFault(fault.address, fault.errorCode, 'page fault at the stack');
  }
}

function pageEnd(address: VirtualAddress): VirtualAddress {
  return Math.floor(address / 4096) * 4096 + 4096;
}

function pageFault(address: VirtualAddress, errorCode: number, reason: string): CpuFault {
  return { vector: vectors.pageFault.vector, errorCode, reason, address };
}
