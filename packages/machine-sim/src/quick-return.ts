import { isCanonical, type PhysicalAddress, SYSCALL_VECTOR, type TrapFrame, trapFrame } from '@synos/interfaces';
import { type Resumed, type ResumeRegisters, resume, rflag, type TableRegister } from '@synos/trap';
import type { CpuMemory } from './linear-memory.js';

/** Flags that any program may have, and IF, which it must. What has others is looked at one by one. */
const ORDINARY =
  rflag.carry |
  rflag.one |
  rflag.parity |
  rflag.adjust |
  rflag.zero |
  rflag.sign |
  rflag.trap |
  rflag.interrupt |
  rflag.direction |
  rflag.overflow |
  rflag.resume |
  rflag.alignmentCheck |
  rflag.identification;

/** Where words of the frame lie, in int32 halves. */
const at = { vector: trapFrame.vector / 4, cs: trapFrame.cs / 4, rflags: trapFrame.rflags / 4, ss: trapFrame.ss / 4 };

/** What a frame is resumed with. */
export interface ReturnState {
  cs: number;
  ss: number;
  rflags: number;
}

/**
 * What `resume` said of two descriptors, for as long as their bytes are the same. Of what it looks at only RIP and RFLAGS
 * change from trap to trap.
 */
export class QuickReturn {
  /** The last answer of {@link find}. */
  readonly state: ReturnState = { cs: 0, ss: 0, rflags: 0 };
  private readonly memory: CpuMemory;
  private readonly ram: Int32Array<ArrayBuffer>;
  private gdt: TableRegister | null = null;
  private csWord = 0;
  private ssWord = 0;
  /** Bytes of both descriptors. */
  private readonly bytes = new Int32Array(4);
  /** RFLAGS are `word & passed | fixed`. */
  private passed = 0;
  private fixed = 0;

  constructor(memory: CpuMemory) {
    this.memory = memory;
    this.ram = memory.words;
  }

  /** Whether the frame's return is known; {@link state} is it then. */
  find(frame: PhysicalAddress, gdt: TableRegister, rip: number): boolean {
    const { ram } = this;
    const word = frame / 4;
    const rflags = ram[word + at.rflags] as number;
    const isKnown =
      this.gdt === gdt &&
      ram[word + at.cs] === this.csWord &&
      ram[word + at.ss] === this.ssWord &&
      ram[word + at.vector] !== SYSCALL_VECTOR &&
      ram[word + at.rflags + 1] === 0 &&
      (rflags & ~ORDINARY) === 0 &&
      (rflags & rflag.interrupt) !== 0 &&
      isCanonical(rip) &&
      this.isSame(gdt, this.csWord, 0) &&
      this.isSame(gdt, this.ssWord, 2);
    if (!isKnown) return false;
    this.state.cs = this.csWord & 0xffff;
    this.state.ss = this.ssWord & 0xffff;
    this.state.rflags = (rflags & this.passed) | this.fixed;
    return true;
  }

  /** Keeps what was found to be good. */
  remember(frame: TrapFrame, registers: ResumeRegisters, resumed: Resumed): void {
    this.gdt = null;
    if (resumed.bySysret) return;
    const none = this.probe(frame, registers, rflag.interrupt);
    const all = this.probe(frame, registers, ORDINARY);
    this.csWord = frame.low(trapFrame.cs) | 0;
    this.ssWord = frame.low(trapFrame.ss) | 0;
    if (none === null || all === null || !this.keep(registers.gdt, this.csWord, 0)) return;
    if (!this.keep(registers.gdt, this.ssWord, 2)) return;
    this.fixed = none & ~rflag.interrupt;
    this.passed = all & ~this.fixed;
    this.gdt = registers.gdt;
  }

  /** RFLAGS that the frame would be resumed with if its own were others. */
  private probe(frame: TrapFrame, registers: ResumeRegisters, rflags: number): number | null {
    const other: TrapFrame = {
      address: frame.address,
      low: (word) => (word === trapFrame.rflags ? rflags : frame.low(word)),
      high: (word) => (word === trapFrame.rflags ? 0 : frame.high(word)),
      signed: (word) => frame.signed(word),
      unsigned: (word) => frame.unsigned(word),
      set: () => {},
      setHalves: () => {},
    };
    const result = resume(other, registers, this.memory);
    return result.outcome === 'resumed' ? result.cpu.rflags : null;
  }

  private isSame(gdt: TableRegister, selector: number, into: number): boolean {
    const place = this.memory.aligned(gdt.base + (selector & 0xfff8), 8);
    if (place < 0) return false;
    return this.ram[place / 4] === this.bytes[into] && this.ram[place / 4 + 1] === this.bytes[into + 1];
  }

  private keep(gdt: TableRegister, selector: number, into: number): boolean {
    const place = this.memory.aligned(gdt.base + (selector & 0xfff8), 8);
    if (place < 0) return false;
    this.bytes[into] = this.ram[place / 4] as number;
    this.bytes[into + 1] = this.ram[place / 4 + 1] as number;
    return true;
  }
}
