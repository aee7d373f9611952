import {
  assert,
  isCanonical,
  type PhysicalAddress,
  selectors,
  trapFrame,
  trapFrameTail,
  type VirtualAddress,
} from '@synos/interfaces';
import { type CpuState, resume } from '@synos/trap';
import { slot } from './cpu/ir.js';
import { FrameInRam } from './frame-in-ram.js';
import type { CpuMemory } from './linear-memory.js';
import type { ProgramRegisters } from './program-registers.js';
import { QuickReturn } from './quick-return.js';
import type { KernelRegisters } from './system-registers.js';

/** The way out of the kernel: what IRETQ and SYSRET do with a frame. */
export class TrapReturn {
  private readonly program: ProgramRegisters;
  private readonly kernel: KernelRegisters;
  private readonly memory: CpuMemory;
  private readonly frame: FrameInRam;
  private readonly quick: QuickReturn;
  /** The kernel's registers when it resumes a program. */
  private readonly atReturn: CpuState;

  /** @param rip - where the machine's own code is */
  constructor(program: ProgramRegisters, kernel: KernelRegisters, memory: CpuMemory, rip: VirtualAddress) {
    this.program = program;
    this.kernel = kernel;
    this.memory = memory;
    this.frame = new FrameInRam(memory.ram);
    this.quick = new QuickReturn(memory);
    this.atReturn = { cs: selectors.kernelCode, ss: selectors.kernelData, rip, rsp: { low: 0, high: 0 }, rflags: 2 };
  }

  /** Loads the registers of a frame; asserts that ring 3 comes of it. */
  leave(at: PhysicalAddress): void {
    const { frame, kernel, memory, program } = this;
    const isFrame = at % 16 === 0 && at >= 0 && at + trapFrameTail.end <= memory.ram.byteLength;
    assert(isFrame, `no trap frame can lie at ${at}`);
    frame.address = at;
    const isKnown = this.quick.find(at, kernel.gdt, frame.signed(trapFrame.rip));
    const isSysret = isKnown ? this.setKnown() : this.setResumed();
    program.load(at);
    this.loadBase(slot.fsBase, trapFrameTail.fsBase);
    this.loadBase(slot.gsBase, trapFrameTail.gsBase);
    if (!isSysret) return;
    this.load(slot.rcx, trapFrame.rip);
    this.load(slot.r11, trapFrame.rflags);
  }

  private setKnown(): boolean {
    const { frame, program } = this;
    const { cs, ss, rflags } = this.quick.state;
    this.load(slot.rsp, trapFrame.rsp);
    program.cpu.rip = frame.signed(trapFrame.rip);
    program.cpu.rflags = rflags;
    program.cs = cs;
    program.ss = ss;
    program.takesInterrupts = true;
    return false;
  }

  /** The long way. Whether it is that of SYSRET. */
  private setResumed(): boolean {
    const { frame, kernel, memory } = this;
    const registers = { cpu: this.atReturn, gdt: kernel.gdt, star: kernel.star };
    const resumed = resume(frame, registers, memory);
    const reason = resumed.outcome === 'refused' ? resumed.reason : '';
    assert(resumed.outcome === 'resumed', `a frame that cannot be resumed: ${reason}`);
    this.quick.remember(frame, registers, resumed);
    this.program.state = resumed.cpu;
    return resumed.bySysret;
  }

  private load(register: number, at: number): void {
    this.program.setHalves(register, this.frame.low(at), this.frame.high(at));
  }

  private loadBase(register: number, at: number): void {
    assert(isCanonical(this.frame.signed(at)), 'a segment base at no canonical address');
    this.load(register, at);
  }
}
