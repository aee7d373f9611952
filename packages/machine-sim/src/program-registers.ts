import { type CpuState, rflag, type Word } from '@synos/trap';
import type { Cpu } from './cpu/cpu.js';
import { slot } from './cpu/ir.js';
import type { CpuMemory } from './linear-memory.js';

/** Registers in the order of the frame, from its first word on. */
export const SAVED_REGISTERS = [
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

/** The registers of ring 3: those of the CPU, and the selectors that it does not look at. */
export class ProgramRegisters {
  cs = 0;
  ss = 0;
  /** IF. Always set, but where a gate led into ring 3. */
  takesInterrupts = true;
  readonly cpu: Cpu;
  private readonly words: Int32Array<ArrayBuffer>;

  constructor(cpu: Cpu, memory: CpuMemory) {
    this.cpu = cpu;
    this.words = memory.words;
  }

  /** What traps look at. */
  get state(): CpuState {
    const { cs, ss, cpu } = this;
    return { cs, ss, rip: cpu.rip, rsp: this.word(slot.rsp), rflags: cpu.rflags };
  }

  set state({ cs, ss, rip, rsp, rflags }: CpuState) {
    const { cpu } = this;
    this.setHalves(slot.rsp, rsp.low, rsp.high);
    cpu.rip = rip;
    cpu.rflags = rflags;
    this.cs = cs;
    this.ss = ss;
    this.takesInterrupts = (rflags & rflag.interrupt) !== 0;
  }

  word(register: number): Word {
    return { low: this.low(register) >>> 0, high: this.high(register) >>> 0 };
  }

  low(register: number): number {
    return this.cpu.registers[2 * register] as number;
  }

  high(register: number): number {
    return this.cpu.registers[2 * register + 1] as number;
  }

  setHalves(register: number, low: number, high: number): void {
    this.cpu.registers[2 * register] = low;
    this.cpu.registers[2 * register + 1] = high;
  }

  /** Loads the registers of a frame that lies at a place on 4 bytes. */
  load(place: number): void {
    const { words } = this;
    const { registers } = this.cpu;
    for (let index = 0, word = place / 4; index < SAVED_REGISTERS.length; index++, word += 2) {
      const register = 2 * (SAVED_REGISTERS[index] as number);
      registers[register] = words[word] as number;
      registers[register + 1] = words[word + 1] as number;
    }
  }

  /** Stores them there. */
  save(place: number): void {
    const { words } = this;
    const { registers } = this.cpu;
    for (let index = 0, word = place / 4; index < SAVED_REGISTERS.length; index++, word += 2) {
      const register = 2 * (SAVED_REGISTERS[index] as number);
      words[word] = registers[register] as number;
      words[word + 1] = registers[register + 1] as number;
    }
  }
}
