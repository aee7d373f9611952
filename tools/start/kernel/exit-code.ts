/**
 * The exit code of a process for the wait status that `init` ended with, as a shell has it: its own code, or 128 and the
 * number of the signal. A kernel that panicked is 70 (EX_SOFTWARE of sysexits.h).
 */
export function exitCodeOf(waitStatus: number | null): number {
  if (waitStatus === null) return 70;
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}
