// include/uapi/asm-generic/signal.h, from 1 on.
const names =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU ' +
  'XFSZ VTALRM PROF WINCH IO PWR SYS';

/** A signal by its name: `SIGTERM`, `SIGRT_2` from 32 on, and the number where there is none. */
export function signalText(number: number): string {
  const name = names.split(' ')[number - 1];
  if (name !== undefined) return `SIG${name}`;
  return number >= 32 && number <= 64 ? `SIGRT_${number - 32}` : String(number);
}
