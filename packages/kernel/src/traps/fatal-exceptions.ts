import { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from '@synos/abi';
import type { VectorName } from '@synos/trap';

/**
 * The signal of an exception that a program caused, as Linux has it (arch/x86/kernel/traps.c). Missing here: page faults,
 * which may be resolved; and what no program can cause, which is the kernel's own end.
 */
export const signalOfException = {
  divideError: SIGFPE,
  debug: SIGTRAP,
  breakpoint: SIGTRAP,
  overflow: SIGSEGV,
  boundRange: SIGSEGV,
  invalidOpcode: SIGILL,
  // Linux without an FPU (math_emulate).
  deviceNotAvailable: SIGFPE,
  coprocessorOverrun: SIGFPE,
  invalidTss: SIGSEGV,
  segmentNotPresent: SIGBUS,
  stackFault: SIGBUS,
  generalProtection: SIGSEGV,
  x87FloatingPoint: SIGFPE,
  alignmentCheck: SIGBUS,
  simdFloatingPoint: SIGFPE,
  controlProtection: SIGSEGV,
} as const satisfies Partial<Record<VectorName, number>>;

/** Exceptions that end a program. */
export type FatalException = keyof typeof signalOfException;
