import {
  assert,
  isCanonical,
  type PhysicalAddress,
  SYSCALL_VECTOR,
  selectors,
  TRAP_FRAME_BYTES,
  trapFrame,
  trapFrameTail,
  type VirtualAddress,
} from '@synos/interfaces';
import { right } from '@synos/memory';
import {
  type CpuFault,
  type CpuState,
  deliver,
  enterBySyscall,
  resume,
  rflag,
  signedOf,
  starSelectors,
  type TrapEvent,
  tssOffset,
  vectorInfo,
  vectors,
} from '@synos/trap';
import type { Cpu, CpuExit } from './cpu/cpu.js';
import { slot } from './cpu/ir.js';
import { FrameInRam } from './frame-in-ram.js';
import type { CpuMemory } from './linear-memory.js';
import { DIRECT_MAP_BASE, STUB_BYTES } from './physical-map.js';
import type { KernelRegisters } from './system-registers.js';

/** Registers in the order of the frame, from its first word on. */
const SAVED = [
  slot.r15,
  slot.r14,
  slot.r13,
  slot.r12,
  slot.r11,
  slot.r10,
  slot.r9,
  slot.r8,
  slot.rdi,
  slot.rsi,
  slot.rbp,
  slot.rbx,
  slot.rdx,
  slot.rcx,
  slot.rax,
] as const;
/** Bytes of the SYSCALL instruction. */
const SYSCALL_BYTES = 2;
/** Bytes of the words above the error code. */
const IRET_BYTES = TRAP_FRAME_BYTES - trapFrame.rip;
/**
 * How often entry code may turn out not to be executable, one fault on top of the other. A CPU would go on until its
 * frames have destroyed the tables that it reads; nothing good comes of it.
 */
const NESTED_FAULTS = 32;

/** Where the machine ends: a triple fault, or a gate that leads to no entry code. */
export class MachineShutdown extends Error {
  readonly code = 'ERR_MACHINE_SHUTDOWN';

  constructor(message: string) {
    super(message);
    this.name = 'MachineShutdown';
  }
}

/** What a run of the entry code came to: the vector it stands for, or the fault it met. */
type Entered = number | CpuFault;

/** The way out of the kernel and back: what IRETQ, SYSRET, traps, SYSCALL and the entry code do. */
export class TrapEntry {
  private readonly cpu: Cpu;
  private readonly kernel: KernelRegisters;
  private readonly memory: CpuMemory;
  private readonly frame: FrameInRam;
  /** The kernel's registers when it resumes a program. */
  private readonly atReturn: CpuState;
  private readonly stubs: PhysicalAddress;
  /** By vector. */
  private readonly hasErrorCode = Array.from({ length: SYSCALL_VECTOR }, (_, at) => vectorInfo(at).hasErrorCode);
  private cs = 0;
  private ss = 0;
  /** Whether the program that runs takes interrupts: always, but where a gate led into ring 3. */
  takesInterrupts = true;

  constructor(cpu: Cpu, kernel: KernelRegisters, memory: CpuMemory, stubs: PhysicalAddress) {
    this.cpu = cpu;
    this.kernel = kernel;
    this.memory = memory;
    this.stubs = stubs;
    this.frame = new FrameInRam(memory.ram);
    const { kernelCode: cs, kernelData: ss } = selectors;
    this.atReturn = { cs, ss, rip: DIRECT_MAP_BASE + stubs, rsp: { low: 0, high: 0 }, rflags: 2 };
  }

  /** Loads the registers of a frame. */
  leave(at: PhysicalAddress): void {
    const { frame, kernel, memory } = this;
    const isFrame = at % 16 === 0 && at >= 0 && at + trapFrameTail.end <= memory.ram.byteLength;
    assert(isFrame, `no trap frame can lie at ${at}`);
    frame.address = at;
    const resumed = resume(frame, { cpu: this.atReturn, gdt: kernel.gdt, star: kernel.star }, memory);
    assert(resumed.outcome === 'resumed', `a frame that cannot be resumed: ${refusal(resumed)}`);
    for (let word = 0; word < SAVED.length; word++) this.load(SAVED[word] as number, word * 8);
    this.loadBase(slot.fsBase, trapFrameTail.fsBase);
    this.loadBase(slot.gsBase, trapFrameTail.gsBase);
    this.setProgram(resumed.cpu);
    if (!resumed.bySysret) return;
    this.load(slot.rcx, trapFrame.rip);
    this.load(slot.r11, trapFrame.rflags);
  }

  /** Enters the kernel for what ended an execution. */
  enterByExit(exit: CpuExit): number {
    switch (exit.kind) {
      case 'software': {
        const { vector, instructionBytes } = exit;
        return this.enter({ kind: 'software', vector, instructionBytes });
      }
      case 'syscall':
        return this.enterBySyscall();
      default: {
        const { vector, errorCode } = exit;
        if (vector === vectors.pageFault.vector) this.kernel.cr2 = exit.cr2;
        return this.enter({ kind: 'exception', vector, errorCode: errorCode < 0 ? null : errorCode });
      }
    }
  }

  /**
   * Enters the kernel for an event.
   *
   * @returns the vector of the entry code that was reached; -1 where the gate led into ring 3, which goes on there
   */
  enter(event: TrapEvent): number {
    return this.deliver(event, this.program());
  }

  private enterBySyscall(): number {
    const { cpu, kernel } = this;
    // The CPU is behind the instruction already.
    cpu.rip -= SYSCALL_BYTES;
    if (!kernel.allowsSyscall) {
      return this.enter({ kind: 'exception', vector: vectors.invalidOpcode.vector, errorCode: null });
    }
    const entry = enterBySyscall(this.program(), kernel);
    cpu.registers[2 * slot.rcx] = entry.rcx;
    cpu.registers[2 * slot.rcx + 1] = Math.floor(entry.rcx / 0x1_0000_0000);
    cpu.registers[2 * slot.r11] = entry.r11;
    cpu.registers[2 * slot.r11 + 1] = 0;
    return this.settle(this.runEntryCode(entry.cpu), entry.cpu);
  }

  /** The registers of ring 3. */
  private program(): CpuState {
    const { cpu } = this;
    const low = (cpu.registers[2 * slot.rsp] as number) >>> 0;
    const high = (cpu.registers[2 * slot.rsp + 1] as number) >>> 0;
    return { cs: this.cs, ss: this.ss, rip: cpu.rip, rsp: { low, high }, rflags: cpu.rflags };
  }

  private deliver(event: TrapEvent, interrupted: CpuState, depth = 0): number {
    const { kernel } = this;
    const delivery = deliver(interrupted, event, kernel, this.memory);
    if (delivery.cr2 !== null) kernel.cr2 = delivery.cr2;
    if (delivery.outcome === 'shutdown') {
      throw new MachineShutdown(`triple fault: ${delivery.faults.map((each) => each.reason).join(', ')}`);
    }
    const at = delivery.cpu;
    return (at.cs & 3) === 0 ? this.settle(this.runEntryCode(at), at, depth) : this.goOn(at);
  }

  /** A gate may lead to a segment of ring 3: no entry code is there, the program goes on in it. */
  private goOn(at: CpuState): number {
    const ring = at.cs & 3;
    if (ring !== 3) throw new MachineShutdown(`ring ${ring} would execute at ${hex(at.rip)}`);
    this.setProgram(at);
    return -1;
  }

  /** Loads what of ring 3 is not in the frame's first fifteen words. */
  private setProgram({ cs, ss, rip, rsp, rflags }: CpuState): void {
    const { cpu } = this;
    cpu.registers[2 * slot.rsp] = rsp.low;
    cpu.registers[2 * slot.rsp + 1] = rsp.high;
    cpu.rip = rip;
    cpu.rflags = rflags;
    this.cs = cs;
    this.ss = ss;
    this.takesInterrupts = (rflags & rflag.interrupt) !== 0;
  }

  /** What faults in ring 0 is an event there, on top of what was delivered. */
  private settle(entered: Entered, at: CpuState, depth = 0): number {
    if (typeof entered === 'number') return entered;
    if (depth === NESTED_FAULTS) throw new MachineShutdown(`no handler can run: ${entered.reason}, again and again`);
    if (entered.address !== null) this.kernel.cr2 = entered.address;
    const { vector, errorCode } = entered;
    return this.deliver({ kind: 'exception', vector, errorCode }, at, depth + 1);
  }

  /** Does what the code at a handler's address does, if it is entry code. */
  private runEntryCode(at: CpuState): Entered {
    const place = this.memory.pages.translate(at.rip, right.execute);
    if (place < 0) return pageFaultOf(at.rip, place, 'page fault at the entry code');
    const vector = (place - this.stubs) / STUB_BYTES;
    const isStub = Number.isInteger(vector) && vector >= 0 && vector <= SYSCALL_VECTOR;
    if (!isStub || at.rip !== DIRECT_MAP_BASE + place) {
      throw new MachineShutdown(`ring 0 would execute at ${hex(at.rip)}, which is no entry code`);
    }
    return vector === SYSCALL_VECTOR ? this.saveSyscall(at) : this.saveTrap(vector, at);
  }

  private saveTrap(vector: number, at: CpuState): Entered {
    const top = signedOf(at.rsp);
    const hasErrorCode = this.hasErrorCode[vector] as boolean;
    // What is pushed: the error code where the CPU has none for this vector, the vector, the registers.
    const frameAt = top - trapFrame.error + (hasErrorCode ? 0 : -8);
    const fault = this.pushFrame(frameAt, hasErrorCode ? trapFrame.error : trapFrame.rip, vector);
    return fault ?? vector;
  }

  /** The entry code of SYSCALL: it finds its stack in the TSS, and makes the words that no CPU pushed. */
  private saveSyscall(at: CpuState): Entered {
    const { kernel, memory, cpu } = this;
    const unread = memory.read(kernel.tss.base + tssOffset.rsp0, 8);
    if (unread !== null) return fault14(unread.address, unread.errorCode, 'page fault at the TSS');
    const top = memory.scratch.getInt32(4, true) * 0x1_0000_0000 + memory.scratch.getUint32(0, true);
    const fault = this.pushFrame(top - TRAP_FRAME_BYTES, TRAP_FRAME_BYTES, SYSCALL_VECTOR);
    if (fault !== null) return fault;
    const { userCode, userStack } = starSelectors(kernel.star);
    const { registers } = cpu;
    const { rcx, r11 } = slot;
    const words = top - IRET_BYTES;
    this.poke(words, registers[2 * rcx] as number, registers[2 * rcx + 1] as number);
    this.poke(words + 8, userCode, 0);
    this.poke(words + 16, registers[2 * r11] as number, registers[2 * r11 + 1] as number);
    this.poke(words + 24, at.rsp.low, at.rsp.high);
    this.poke(words + 32, userStack, 0);
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
    // From the highest address down, as pushes go; a push that faults leaves those before it.
    const { cpu, frame, memory } = this;
    const { pages } = memory;
    const last = pages.translate(frameAt + end - 8, right.write);
    if (last < 0) return pageFaultOf(frameAt + end - 8, last, 'page fault at the stack');
    const first = pages.translate(frameAt, right.write);
    if (first < 0) return pageFaultOf(pageEnd(frameAt) - 8, first, 'page fault at the stack');
    const isWhole = last - first === end - 8 && first + end <= memory.ram.byteLength && (frameAt & 7) === 0;
    if (!isWhole) return this.pushApart(frameAt, end, vector);
    const here = frame.address;
    frame.address = first;
    for (let word = 0; word < SAVED.length; word++) this.save(SAVED[word] as number, word * 8);
    frame.setHalves(trapFrame.vector, vector, 0);
    if (end > trapFrame.error) frame.setHalves(trapFrame.error, 0, 0);
    cpu.wrote(first, end);
    frame.address = here;
    return null;
  }

  /** The same word by word, for a frame whose pages lie apart. */
  private pushApart(frameAt: VirtualAddress, end: number, vector: number): CpuFault | null {
    const { registers } = this.cpu;
    for (let at = end - 8; at >= 0; at -= 8) {
      const register = SAVED[at / 8];
      const low = register !== undefined ? (registers[2 * register] as number) : at === trapFrame.vector ? vector : 0;
      const high = register !== undefined ? (registers[2 * register + 1] as number) : 0;
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
    return fault === null ? null : fault14(fault.address, fault.errorCode, 'page fault at the stack');
  }

  private load(register: number, at: number): void {
    this.cpu.registers[2 * register] = this.frame.low(at);
    this.cpu.registers[2 * register + 1] = this.frame.high(at);
  }

  private save(register: number, at: number): void {
    const { registers } = this.cpu;
    this.frame.setHalves(at, registers[2 * register] as number, registers[2 * register + 1] as number);
  }

  private loadBase(register: number, at: number): void {
    assert(isCanonical(this.frame.signed(at)), 'a segment base at no canonical address');
    this.load(register, at);
  }
}

function pageEnd(address: VirtualAddress): VirtualAddress {
  return Math.floor(address / 4096) * 4096 + 4096;
}

function pageFaultOf(address: VirtualAddress, answer: number, reason: string): CpuFault {
  return fault14(address, -1 - answer, reason);
}

function fault14(address: VirtualAddress, errorCode: number, reason: string): CpuFault {
  return { vector: vectors.pageFault.vector, errorCode, reason, address };
}

function refusal(result: ReturnType<typeof resume>): string {
  return result.outcome === 'refused' ? result.reason : '';
}

function hex(address: VirtualAddress): string {
  const high = (Math.floor(address / 2 ** 32) >>> 0).toString(16).padStart(8, '0');
  return `0x${high}${(address >>> 0).toString(16).padStart(8, '0')}`;
}
