import { isCanonical, type TrapFrame, trapFrame } from '@synos/interfaces';
import { selectorErrorCode } from '../error-code.js';
import { rflag } from '../rflags.js';
import { signedOf, type Word } from '../word.js';
import type { CpuFault, CpuState, LinearMemory, TableRegister } from './cpu-state.js';
import { cpuFault, fetchDescriptor, isFault, isNull } from './descriptor-fetch.js';

/** The five words that IRETQ pops. */
export interface ReturnWords {
  /** Any 64 bits. */
  readonly rip: Word;
  /** The low 16 bits count. */
  readonly cs: number;
  /** The low 32 bits. */
  readonly rflags: number;
  readonly rsp: Word;
  /** The low 16 bits count. */
  readonly ss: number;
}

/** The five words of a trap frame. */
export function returnWords(frame: TrapFrame): ReturnWords {
  const { rip, cs, rflags, rsp, ss } = trapFrame;
  return {
    rip: { low: frame.low(rip), high: frame.high(rip) },
    cs: frame.low(cs) & 0xffff,
    rflags: frame.low(rflags),
    rsp: { low: frame.low(rsp), high: frame.high(rsp) },
    ss: frame.low(ss) & 0xffff,
  };
}

/** What IRETQ came to. */
export type IretqResult =
  | CpuFault
  | {
      readonly cpu: CpuState;
      /** The mode of the code segment. What a CPU in compatibility mode does is not modelled; nor are its limits. */
      readonly mode: '64-bit' | 'compatibility';
    };

/**
 * What IRETQ does in 64-bit mode (SDM vol. 2, IRET, IA-32e mode). The five words were popped already; reading the
 * descriptors that they name is all that is left of memory.
 *
 * Not modelled: DS, ES, FS and GS, which become null where the new ring may not use them; the end of the blocking of
 * NMIs; shadow stacks.
 *
 * @param cpu - the registers before it: `cs` for the CPL, `rflags` for NT and what the words may not change
 *
 * @example
 * ```ts
 * import type { TrapFrame } from '@synos/interfaces';
 * import { type CpuState, iretq, type LinearMemory, returnWords, type TableRegister } from '@synos/trap';
 *
 * const leaves = (cpu: CpuState, frame: TrapFrame, gdt: TableRegister, memory: LinearMemory): boolean =>
 *   'cpu' in iretq(cpu, returnWords(frame), gdt, memory);
 * ```
 */
export function iretq(cpu: CpuState, words: ReturnWords, gdt: TableRegister, memory: LinearMemory): IretqResult {
  const { cs, ss } = words;
  const cpl = cpu.cs & 3;
  const ring = cs & 3;
  const rip = signedOf(words.rip);
  if ((cpu.rflags & rflag.nestedTask) !== 0) return cpuFault('generalProtection', 0, 'IRET with NT');
  if (isNull(cs)) return cpuFault('generalProtection', 0, 'return to no segment');
  if (!isCanonical(rip)) return cpuFault('generalProtection', 0, 'return to no canonical address');
  const code = fetchReturnCode(cs, cpl, gdt, memory);
  if (isFault(code)) return code;
  const stack = checkReturnStack(ss, ring, code.mode === '64-bit', gdt, memory);
  if (stack !== null) return stack;
  const changed = changeable(cpl, (cpu.rflags & rflag.ioPrivilege) >>> 12);
  const rflags = ((cpu.rflags & ~changed) | (words.rflags & changed) | rflag.one) >>> 0;
  return { cpu: { cs, ss, rip, rsp: words.rsp, rflags }, mode: code.mode };
}

function fetchReturnCode(
  cs: number,
  cpl: number,
  gdt: TableRegister,
  memory: LinearMemory,
): { readonly mode: '64-bit' | 'compatibility' } | CpuFault {
  const errorCode = selectorErrorCode(cs, false);
  const ring = cs & 3;
  const code = fetchDescriptor(memory, gdt, cs, false);
  if (isFault(code)) return code;
  if (code.kind !== 'code') return cpuFault('generalProtection', errorCode, 'return to no code segment');
  if (ring < cpl) return cpuFault('generalProtection', errorCode, 'return to an inner ring');
  if (code.conforming ? code.dpl > ring : code.dpl !== ring) {
    return cpuFault('generalProtection', errorCode, 'code segment of another ring');
  }
  if (code.long && code.big) return cpuFault('generalProtection', errorCode, 'code segment of no mode');
  if (!code.present) return cpuFault('segmentNotPresent', errorCode, 'code segment not present');
  return { mode: code.long ? '64-bit' : 'compatibility' };
}

function checkReturnStack(
  ss: number,
  ring: number,
  to64Bit: boolean,
  gdt: TableRegister,
  memory: LinearMemory,
): CpuFault | null {
  if (isNull(ss)) {
    // What delivery to an inner ring leaves in SS must be good for the way back.
    const allowed = to64Bit && ring !== 3 && (ss & 3) === ring;
    return allowed ? null : cpuFault('generalProtection', 0, 'return to no stack segment');
  }
  const errorCode = selectorErrorCode(ss, false);
  const stack = fetchDescriptor(memory, gdt, ss, false);
  if (isFault(stack)) return stack;
  if ((ss & 3) !== ring || stack.kind !== 'data' || !stack.writable || stack.dpl !== ring) {
    return cpuFault('generalProtection', errorCode, 'no stack segment of that ring');
  }
  return stack.present ? null : cpuFault('stackFault', errorCode, 'stack segment not present');
}

/** The flags that IRETQ takes from the words: VM never, IF where IOPL allows it, IOPL itself in ring 0 alone. */
function changeable(cpl: number, ioPrivilege: number): number {
  const always =
    rflag.carry |
    rflag.parity |
    rflag.adjust |
    rflag.zero |
    rflag.sign |
    rflag.trap |
    rflag.direction |
    rflag.overflow |
    rflag.nestedTask |
    rflag.resume |
    rflag.alignmentCheck |
    rflag.identification;
  const interrupt = cpl <= ioPrivilege ? rflag.interrupt : 0;
  const ring0 = rflag.ioPrivilege | rflag.virtualInterrupt | rflag.virtualInterruptPending;
  return always | interrupt | (cpl === 0 ? ring0 : 0);
}
