import { isCanonical, type VirtualAddress } from '@synos/interfaces';
import { rflag } from '../rflags.js';
import { signedOf, type Word, wordOf } from '../word.js';
import type { CpuFault, CpuState } from './cpu-state.js';
import { cpuFault } from './descriptor-fetch.js';

/** The model-specific registers of SYSCALL and SYSRET, as `Machine.wrmsr` takes them. */
export interface SyscallRegisters {
  /** Bits 32 to 47: the selector of kernel code; 48 to 63: what SYSRET adds 8 and 16 to. See {@link starOf}. */
  readonly star: number;
  /** Where SYSCALL goes. */
  readonly lstar: VirtualAddress;
  /** Flags that SYSCALL clears. */
  readonly sfmask: number;
}

/** Numbers of the model-specific registers (SDM vol. 4, table 2-2). */
export const msr = { star: 0xc000_0081, lstar: 0xc000_0082, sfmask: 0xc000_0084 } as const;

/** Selectors that STAR stands for. */
export interface StarSelectors {
  readonly kernelCode: number;
  readonly kernelStack: number;
  readonly userCode: number;
  readonly userStack: number;
}

/**
 * The value of STAR for a GDT of `writeGdt`: kernel code at 08, and 10 for SYSRET, which makes 1b and 23 of it.
 *
 * @example
 * ```ts
 * import { starOf, starSelectors } from '@synos/trap';
 *
 * starSelectors(starOf(0x08, 0x10)); // { kernelCode: 0x08, kernelStack: 0x10, userCode: 0x23, userStack: 0x1b }
 * ```
 */
export function starOf(kernelCode: number, userBase: number): number {
  return ((userBase << 16) | (kernelCode & 0xffff) | 0) * 0x1_0000_0000;
}

/** What SYSCALL and SYSRET load for a value of STAR (SDM vol. 2, SYSCALL, SYSRET). */
export function starSelectors(star: number): StarSelectors {
  const { high } = wordOf(star);
  const userBase = high >>> 16;
  return {
    kernelCode: high & 0xfffc,
    kernelStack: ((high & 0xffff) + 8) & 0xffff,
    userCode: ((userBase + 16) & 0xffff) | 3,
    userStack: ((userBase + 8) & 0xffff) | 3,
  };
}

/** The registers behind a SYSCALL. */
export interface SyscallEntry {
  readonly cpu: CpuState;
  /** The address behind the instruction. */
  readonly rcx: VirtualAddress;
  /** RFLAGS as they were. */
  readonly r11: number;
}

/**
 * What SYSCALL does in 64-bit mode (SDM vol. 2). It reads no memory: the stack stays the program's, the segments come
 * from STAR unseen. Not modelled: EFER.SCE, without which it is #UD, and the shadow stack.
 *
 * @param cpu - its `rip` is the instruction's, two bytes long
 *
 * @example
 * ```ts
 * import { enterBySyscall, starOf } from '@synos/trap';
 *
 * const registers = { star: starOf(0x08, 0x10), lstar: -0x7fff_0000_0000, sfmask: 0x4_7700 };
 * const user = { cs: 0x23, ss: 0x1b, rip: 0x40_1000, rsp: { low: 0, high: 0x7000 }, rflags: 0x202 };
 * enterBySyscall(user, registers); // { cpu: { cs: 0x08, ss: 0x10, … }, rcx: 0x401002, r11: 0x202 }
 * ```
 */
export function enterBySyscall(cpu: CpuState, registers: SyscallRegisters): SyscallEntry {
  const { kernelCode, kernelStack } = starSelectors(registers.star);
  return {
    cpu: {
      cs: kernelCode,
      ss: kernelStack,
      rip: registers.lstar,
      rsp: cpu.rsp,
      rflags: ((cpu.rflags & ~registers.sfmask) | rflag.one) >>> 0,
    },
    rcx: cpu.rip + 2,
    r11: cpu.rflags,
  };
}

/** RF, VM and all that is reserved are not taken from R11 (SDM vol. 2, SYSRET). */
const sysretFlags = 0x3c_7fd7;

/**
 * What SYSRET does in 64-bit mode (SDM vol. 2). It reads no memory, and loads segments from STAR unseen.
 *
 * @param cpu - of ring 0, else it is #GP(0); its `rsp` is the program's already
 * @param rcx - where the program goes on; #GP(0), still in ring 0, where it is not canonical
 * @param r11 - its flags
 *
 * @example
 * ```ts
 * import { starOf, sysret } from '@synos/trap';
 *
 * const kernel = { cs: 0x08, ss: 0x10, rip: -0x7fff_0000_0000, rsp: { low: 0, high: 0x7000 }, rflags: 2 };
 * sysret(kernel, { low: 0x40_1002, high: 0 }, 0x202, starOf(0x08, 0x10)); // { cs: 0x23, ss: 0x1b, rip: 0x401002, … }
 * ```
 */
export function sysret(cpu: CpuState, rcx: Word, r11: number, star: number): CpuState | CpuFault {
  if ((cpu.cs & 3) !== 0) return cpuFault('generalProtection', 0, 'SYSRET outside ring 0');
  const rip = signedOf(rcx);
  if (!isCanonical(rip)) return cpuFault('generalProtection', 0, 'return to no canonical address');
  const { userCode, userStack } = starSelectors(star);
  return { cs: userCode, ss: userStack, rip, rsp: cpu.rsp, rflags: (r11 & sysretFlags) | rflag.one };
}
