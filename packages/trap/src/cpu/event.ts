import { rflag } from '../rflags.js';
import { vectorInfo } from '../vectors.js';
import type { CpuState } from './cpu-state.js';

/** INT n, INT3 or INTO: the gate's DPL counts, and the program goes on behind the instruction. */
export interface SoftwareInterrupt {
  readonly kind: 'software';
  /** 0 to 255. */
  readonly vector: number;
  /** Length of the instruction, which lies at `rip`: 2 for INT n, 1 for INT3. */
  readonly instructionBytes: number;
}

/** An interrupt from outside, an NMI included. */
export interface HardwareInterrupt {
  readonly kind: 'hardware';
  /** 0 to 255. */
  readonly vector: number;
}

/** An exception of the CPU (INT1 as well, which asks for no DPL). `rip` is what is to be saved. */
export interface Exception {
  readonly kind: 'exception';
  /** 0 to 255. */
  readonly vector: number;
  /** Pushed behind the frame; `null` where the vector has none. */
  readonly errorCode: number | null;
}

/** What makes a CPU leave its program. */
export type TrapEvent = SoftwareInterrupt | HardwareInterrupt | Exception;

/** The address that an event saves. */
export function savedRip(cpu: CpuState, event: TrapEvent): number {
  return event.kind === 'software' ? cpu.rip + event.instructionBytes : cpu.rip;
}

/**
 * RFLAGS as they are saved. A fault sets RF there, so that an instruction breakpoint that was reported is not again
 * when the instruction is tried again; INT n cleared it when it began (SDM vol. 3, 17.3.1.1).
 */
export function savedFlags(cpu: CpuState, event: TrapEvent): number {
  if (event.kind === 'software') return (cpu.rflags & ~rflag.resume) >>> 0;
  if (event.kind === 'hardware') return cpu.rflags;
  return isFaultKind(event.vector) ? (cpu.rflags | rflag.resume) >>> 0 : cpu.rflags;
}

function isFaultKind(vector: number): boolean {
  return vectorInfo(vector).kind === 'fault';
}
