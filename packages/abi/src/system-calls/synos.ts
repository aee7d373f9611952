import { type LinuxSystemCallName, linuxSystemCalls } from './linux-x86-64.js';

/**
 * The eight calls whose numbers the design of SynOS fixed. `send` and `recv` are calls of their own there, which Linux
 * on x86-64 has not; `recv` takes four arguments. `shutdown` is not where Linux has it: 48 stays empty (ENOSYS).
 */
export const synosSeedCalls = {
  socket: 41,
  connect: 42,
  accept: 43,
  send: 44,
  recv: 45,
  bind: 49,
  listen: 50,
  shutdown: 118,
} as const;

/** A Linux call whose number a call of {@link synosSeedCalls} took lives at this base plus its Linux number. */
export const SYNOS_DISPLACED_BASE = 0x1000;

/** Calls that are the system's own and that Linux does not have start here. */
export const SYNOS_OWN_BASE = 0x2000;

/**
 * The system's own calls.
 *
 * - `echo`: stores seven numbers of 64 bits at the address in rdi: the call's own number, and the six arguments as they
 *   came, that address the first. Answers 0. It shows that a trap brings each register where it belongs.
 * - `spawn`: starts a program in a new process (path, argv, envp) and answers its pid; fork and execve in one.
 */
export const synosOwnCalls = {
  echo: 0x2000,
  spawn: 0x2001,
} as const;

/** Name of a system call of the `synos` profile. */
export type SynosSystemCallName = LinuxSystemCallName | keyof typeof synosSeedCalls | keyof typeof synosOwnCalls;

function deriveFromLinux(): Readonly<Record<SynosSystemCallName, number>> {
  const taken = new Set<number>(Object.values(synosSeedCalls));
  const numbers: Record<string, number> = { ...synosSeedCalls, ...synosOwnCalls };
  for (const name of Object.keys(linuxSystemCalls) as LinuxSystemCallName[]) {
    if (Object.hasOwn(synosSeedCalls, name)) continue;
    const linuxNumber = linuxSystemCalls[name];
    numbers[name] = taken.has(linuxNumber) ? SYNOS_DISPLACED_BASE + linuxNumber : linuxNumber;
  }
  return numbers as Record<SynosSystemCallName, number>;
}

/**
 * The system calls of the `synos` profile by name: the eight of {@link synosSeedCalls}, those of
 * {@link synosOwnCalls}, and every other call of Linux at its Linux number, or at {@link SYNOS_DISPLACED_BASE} plus that
 * number where one of the eight sits (sendto 0x102c, recvfrom 0x102d, getresuid 0x1076). Derived by that rule, not
 * listed, so that the tables cannot drift apart.
 */
export const synosSystemCalls: Readonly<Record<SynosSystemCallName, number>> = /* @__PURE__ */ deriveFromLinux();
