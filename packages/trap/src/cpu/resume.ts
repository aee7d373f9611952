import { SYSCALL_VECTOR, type TrapFrame, trapFrame } from '@synos/interfaces';
import { rflag } from '../rflags.js';
import type { CpuFault, CpuState, LinearMemory, TableRegister } from './cpu-state.js';
import { isFault } from './descriptor-fetch.js';
import { iretq, returnWords } from './iretq.js';
import { starSelectors, sysret } from './syscall-instruction.js';

/** What of the CPU a return to ring 3 depends on. */
export interface ResumeRegisters {
  /** The kernel's registers at the return: ring 0. */
  readonly cpu: CpuState;
  readonly gdt: TableRegister;
  readonly star: number;
}

/** Ring 3 goes on. */
export interface Resumed {
  readonly outcome: 'resumed';
  readonly cpu: CpuState;
  /** Left by SYSRET: rcx holds `cpu.rip`, r11 the frame's flags. */
  readonly bySysret: boolean;
}

/** A frame that must not be resumed. */
export interface NotResumed {
  readonly outcome: 'refused';
  readonly reason: string;
  /** What the CPU would answer; `null` where it would go on, but not as ring 3 of a kernel that keeps its machine. */
  readonly fault: CpuFault | null;
}

/** Flags that a program in ring 3 must not have, beside IF, which it must. */
const forbidden = rflag.ioPrivilege | rflag.virtual8086 | rflag.virtualInterrupt | rflag.virtualInterruptPending;

/**
 * What `Machine.run` does with a frame: by SYSRET where its vector is `SYSCALL_VECTOR`, by IRETQ else, and only where
 * ring 3 in 64-bit mode comes of it, with interrupts on and without the right to use ports. A frame by SYSRET must hold
 * the selectors that SYSRET loads: to resume it with others, give it another vector.
 *
 * @example
 * ```ts
 * import type { TrapFrame } from '@synos/interfaces';
 * import { type LinearMemory, type ResumeRegisters, resume } from '@synos/trap';
 *
 * const check = (frame: TrapFrame, registers: ResumeRegisters, memory: LinearMemory): string => {
 *   const result = resume(frame, registers, memory);
 *   return result.outcome === 'resumed' ? 'good' : result.reason;
 * };
 * ```
 */
export function resume(frame: TrapFrame, registers: ResumeRegisters, memory: LinearMemory): Resumed | NotResumed {
  const words = returnWords(frame);
  if ((words.rflags & rflag.interrupt) === 0) return refused('interrupts off');
  if ((words.rflags & forbidden) !== 0 || frame.high(trapFrame.rflags) !== 0)
    return refused('flags that ring 3 has not');
  if (frame.unsigned(trapFrame.vector) === SYSCALL_VECTOR) {
    const { userCode, userStack } = starSelectors(registers.star);
    if (words.cs !== userCode || words.ss !== userStack) return refused('selectors that SYSRET does not load');
    const result = sysret({ ...registers.cpu, rsp: words.rsp }, words.rip, words.rflags, registers.star);
    return isFault(result) ? refused(result.reason, result) : { outcome: 'resumed', cpu: result, bySysret: true };
  }
  const result = iretq(registers.cpu, words, registers.gdt, memory);
  if (isFault(result)) return refused(result.reason, result);
  if ((result.cpu.cs & 3) !== 3) return refused('return to another ring than 3');
  if (result.mode !== '64-bit') return refused('return to compatibility mode');
  return { outcome: 'resumed', cpu: result.cpu, bySysret: false };
}

function refused(reason: string, fault: CpuFault | null = null): NotResumed {
  return { outcome: 'refused', reason, fault };
}
