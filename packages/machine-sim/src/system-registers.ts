import { assert, type ControlRegister, isCanonical, type VirtualAddress } from '@synos/interfaces';
import { loadTaskRegister, msr, type TableRegister, type TaskRegister } from '@synos/trap';
import type { Cpu } from './cpu/cpu.js';
import { slot } from './cpu/ir.js';
import type { CpuMemory } from './linear-memory.js';

/** CR0 as a kernel in long mode has it: PE, ET, NE, WP and PG (SDM vol. 3, 2.5). */
const CR0 = 0x8001_0031;
/** MP, EM, TS, NW and CD may be changed. */
const CR0_FREE = 0x6000_000e;
const CR4_PAE = 1 << 5;
const CR4_PGE = 1 << 7;
/** DE, PSE, MCE and PGE may be changed: the others are of what this CPU has not, or of what is not modelled. */
const CR4_FREE = (1 << 3) | (1 << 4) | (1 << 6) | CR4_PGE;
const EFER_SCE = 1;
/** LME, LMA and NXE stay. */
const EFER = 0xd00;

/** Model-specific registers that are not of SYSCALL (SDM vol. 4, table 2-2). */
const otherMsr = {
  efer: 0xc000_0080,
  cstar: 0xc000_0083,
  fsBase: 0xc000_0100,
  gsBase: 0xc000_0101,
  kernelGsBase: 0xc000_0102,
} as const;

/**
 * What only ring 0 sees of the CPU: the registers of its tables, control registers, model-specific registers. A value
 * that would be #GP is an assertion: the kernel is to blame.
 */
export class KernelRegisters {
  gdt: TableRegister = { base: 0, limit: 0xffff };
  idt: TableRegister = { base: 0, limit: 0xffff };
  tss: TaskRegister = { selector: 0, base: 0, limit: 0xffff };
  cr2: VirtualAddress = 0;
  star = 0;
  lstar: VirtualAddress = 0;
  sfmask = 0;
  private cr0 = CR0;
  private cr3: number;
  private cr4 = CR4_PAE | CR4_PGE;
  private efer = EFER;
  private cstar: VirtualAddress = 0;
  private kernelGsBase: VirtualAddress = 0;
  private readonly cpu: Cpu;
  private readonly memory: CpuMemory;

  constructor(cpu: Cpu, memory: CpuMemory, root: number) {
    this.cpu = cpu;
    this.memory = memory;
    this.cr3 = root;
    this.setRoot(root);
  }

  /** Whether SYSCALL is allowed. */
  get allowsSyscall(): boolean {
    return (this.efer & EFER_SCE) !== 0;
  }

  loadTaskRegister(selector: number): void {
    const result = loadTaskRegister(selector, this.gdt, this.memory);
    assert(!('reason' in result), `LTR of ${selector}: ${'reason' in result ? result.reason : ''}`);
    this.tss = result;
  }

  readControl(register: ControlRegister): number {
    return this[register];
  }

  writeControl(register: ControlRegister, value: number): void {
    switch (register) {
      case 'cr0':
        assert((value & ~CR0_FREE) >>> 0 === CR0, `CR0 ${value}: long mode with paging and WP stays`);
        this.cr0 = value;
        this.cpu.flushAll();
        return;
      case 'cr2':
        this.cr2 = value;
        return;
      case 'cr3':
        assert(Number.isInteger(value) && value >= 0 && value < 2 ** 52, `CR3 ${value}: reserved bits`);
        this.cr3 = value;
        this.setRoot(value - (value % 4096));
        if (!this.hasGlobalPages) this.cpu.flushAll();
        return;
      case 'cr4':
        assert((value & ~CR4_FREE) === CR4_PAE, `CR4 ${value}: bits that this CPU has not`);
        if (((value ^ this.cr4) & (CR4_PGE | (1 << 4))) !== 0) this.cpu.flushAll();
        this.cr4 = value;
        return;
    }
  }

  /** Forgets translations as loading CR3 does. */
  flush(): void {
    if (this.hasGlobalPages) this.cpu.flush();
    else this.cpu.flushAll();
  }

  readMsr(index: number): number {
    switch (index) {
      case otherMsr.efer:
        return this.efer;
      case msr.star:
        return this.star;
      case msr.lstar:
        return this.lstar;
      case otherMsr.cstar:
        return this.cstar;
      case msr.sfmask:
        return this.sfmask;
      case otherMsr.fsBase:
        return this.base(slot.fsBase);
      case otherMsr.gsBase:
        return this.base(slot.gsBase);
      case otherMsr.kernelGsBase:
        return this.kernelGsBase;
      default:
        assert(false, `no such model-specific register: ${index}`);
    }
  }

  writeMsr(index: number, value: number): void {
    switch (index) {
      case otherMsr.efer:
        assert((value & ~EFER_SCE) === EFER, `EFER ${value}: long mode with NX stays`);
        this.efer = value;
        return;
      case msr.star:
        this.star = value;
        return;
      case msr.lstar:
        this.lstar = canonical(value);
        return;
      case otherMsr.cstar:
        this.cstar = canonical(value);
        return;
      case msr.sfmask:
        assert(value >= 0 && value < 2 ** 32, `SFMASK ${value}: reserved bits`);
        this.sfmask = value;
        return;
      case otherMsr.fsBase:
        this.setBase(slot.fsBase, canonical(value));
        return;
      case otherMsr.gsBase:
        this.setBase(slot.gsBase, canonical(value));
        return;
      case otherMsr.kernelGsBase:
        this.kernelGsBase = canonical(value);
        return;
      default:
        assert(false, `no such model-specific register: ${index}`);
    }
  }

  private setRoot(root: number): void {
    this.memory.pages.root = root;
    this.cpu.setRoot(root);
  }

  private get hasGlobalPages(): boolean {
    return (this.cr4 & CR4_PGE) !== 0;
  }

  private base(register: number): number {
    const { registers } = this.cpu;
    return (registers[2 * register + 1] as number) * 0x1_0000_0000 + ((registers[2 * register] as number) >>> 0);
  }

  private setBase(register: number, value: number): void {
    this.cpu.registers[2 * register] = value;
    this.cpu.registers[2 * register + 1] = Math.floor(value / 0x1_0000_0000);
  }
}

function canonical(value: number): number {
  assert(isCanonical(value), `no canonical address: ${value}`);
  return value;
}
