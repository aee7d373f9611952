import { type CpuState, deliver, enterBySyscall, rflag, type TrapEvent, vectors } from '@synos/trap';
import type { CpuExit } from './cpu/cpu.js';
import { slot } from './cpu/ir.js';
import type { Entered, EntryCode } from './entry-code.js';
import type { CpuMemory } from './linear-memory.js';
import { addressText, MachineShutdown } from './machine-shutdown.js';
import type { ProgramRegisters } from './program-registers.js';
import { QuickEntry } from './quick-entry.js';
import type { KernelRegisters } from './system-registers.js';

/** Bytes of the SYSCALL instruction. */
const SYSCALL_BYTES = 2;
/**
 * How often entry code may turn out not to be executable, one fault on top of the other. A CPU would go on until its
 * frames have destroyed the tables that it reads; nothing good comes of it.
 */
const NESTED_FAULTS = 32;

/**
 * The way into the kernel: what traps, interrupts and SYSCALL do. Each way answers the vector of the entry code that was
 * reached, or -1 where a gate led into ring 3, which goes on there.
 */
export class TrapEntry {
  private readonly program: ProgramRegisters;
  private readonly kernel: KernelRegisters;
  private readonly memory: CpuMemory;
  private readonly code: EntryCode;
  private readonly quick: QuickEntry;

  constructor(program: ProgramRegisters, kernel: KernelRegisters, memory: CpuMemory, code: EntryCode) {
    this.program = program;
    this.kernel = kernel;
    this.memory = memory;
    this.code = code;
    this.quick = new QuickEntry(kernel, memory);
  }

  /** Enters the kernel for what ended an execution. */
  enterByExit(exit: CpuExit): number {
    switch (exit.kind) {
      case 'software':
        return this.enterBySoftware(exit.vector, exit.instructionBytes);
      case 'syscall':
        return this.enterBySyscall();
      default: {
        const { vector, errorCode } = exit;
        if (vector === vectors.pageFault.vector) this.kernel.cr2 = exit.cr2;
        return this.enter({ kind: 'exception', vector, errorCode: errorCode < 0 ? null : errorCode });
      }
    }
  }

  /** Enters the kernel for an interrupt from outside. */
  enterByInterrupt(vector: number): number {
    const { cs, cpu } = this.program;
    const place = this.quick.find(vector, false, cs);
    if (place < 0) return this.enter({ kind: 'hardware', vector });
    this.code.write(place, vector, cpu.rip, cpu.rflags);
    return vector;
  }

  private enterBySoftware(vector: number, instructionBytes: number): number {
    const { cs, cpu } = this.program;
    const place = this.quick.find(vector, true, cs);
    if (place < 0) return this.enter({ kind: 'software', vector, instructionBytes });
    // INT n cleared RF when it began (SDM vol. 3, 17.3.1.1).
    this.code.write(place, vector, cpu.rip + instructionBytes, cpu.rflags & ~rflag.resume);
    return vector;
  }

  private enterBySyscall(): number {
    const { program, kernel } = this;
    // The CPU is behind the instruction already.
    program.cpu.rip -= SYSCALL_BYTES;
    if (!kernel.allowsSyscall) {
      return this.enter({ kind: 'exception', vector: vectors.invalidOpcode.vector, errorCode: null });
    }
    const { cpu, rcx, r11 } = enterBySyscall(program.state, kernel);
    program.setHalves(slot.rcx, rcx, Math.floor(rcx / 0x1_0000_0000));
    program.setHalves(slot.r11, r11, 0);
    return this.settle(this.code.run(cpu), cpu, 0);
  }

  private enter(event: TrapEvent): number {
    return this.deliver(event, this.program.state, 0);
  }

  private deliver(event: TrapEvent, interrupted: CpuState, depth: number): number {
    const { kernel, code } = this;
    const { kind, vector } = event;
    const isQuick = kind !== 'exception' && code.hasErrorCode[vector] === false;
    const known = isQuick ? this.quick.prepare(vector, interrupted.cs) : null;
    const delivery = deliver(interrupted, event, kernel, this.memory);
    if (known !== null) this.quick.confirm(known, vector, kind === 'software', delivery, code.addressOf(vector));
    if (delivery.cr2 !== null) kernel.cr2 = delivery.cr2;
    if (delivery.outcome === 'shutdown') {
      throw new MachineShutdown(`triple fault: ${delivery.faults.map((each) => each.reason).join(', ')}`);
    }
    const at = delivery.cpu;
    return (at.cs & 3) === 0 ? this.settle(code.run(at), at, depth) : this.goOn(at);
  }

  /** A gate may lead to a segment of ring 3: no entry code is there, the program goes on in it. */
  private goOn(at: CpuState): number {
    const ring = at.cs & 3;
    if (ring !== 3) throw new MachineShutdown(`ring ${ring} would execute at ${addressText(at.rip)}`);
    this.program.state = at;
    return -1;
  }

  /** What faults in ring 0 is an event there, on top of what was delivered. */
  private settle(entered: Entered, at: CpuState, depth: number): number {
    if (typeof entered === 'number') return entered;
    if (depth === NESTED_FAULTS) throw new MachineShutdown(`no handler can run: ${entered.reason}, again and again`);
    if (entered.address !== null) this.kernel.cr2 = entered.address;
    const { vector, errorCode } = entered;
    return this.deliver({ kind: 'exception', vector, errorCode }, at, depth + 1);
  }
}
