import type { SystemCall, SystemCallSignature } from '@synos/abi';
import type { TrapFrame, UserMemory } from '@synos/interfaces';
import type { ParkedCall } from './parked-call.js';

/**
 * What the numbers of system calls mean, and the trap that brings them. The profiles of `@synos/abi` are such tables;
 * so is anything else of this shape.
 */
export interface SystemCallTable {
  readonly name: string;
  /** The trap vector: 0x80 for INT 0x80, `SYSCALL_VECTOR` for the SYSCALL instruction. */
  readonly vector: number;
  /** The calls. No number twice; each is 0 to 2^31 - 1. */
  readonly calls: readonly SystemCall[];
}

/** What calls take and give, by name. Written with `as const`, handlers are checked against their arguments' count. */
export type Signatures = Readonly<Record<string, SystemCallSignature>>;

/** Who makes a call: a thread or a process of the kernel. A dispatcher needs no more of it than its memory. */
export interface Caller {
  readonly memory: UserMemory;
}

/**
 * Says that a call has no answer now and never will have: it ended its thread (exit), or filled the frame with
 * registers of its own, rax among them (rt_sigreturn). The dispatcher leaves the frame alone.
 */
export const unanswered = 'unanswered';

/**
 * What a handler answers: what goes to rax (0 or more, or a negative errno; any integer that a number holds exactly), a
 * call that waits, or {@link unanswered}.
 */
export type Answer = number | ParkedCall | typeof unanswered;

/** The arguments that a handler of a call gets: a number for each. */
export type ArgumentsOf<S extends SystemCallSignature> = Numbers<S['arguments']>;
type Numbers<A extends readonly unknown[]> = { readonly [Index in keyof A]: number };

/**
 * What answers a system call. It gets the caller, then each argument as its kind says; addresses are signed numbers and
 * are followed by `caller.memory` alone. Not decoded further, because the order of checks is the call's own: most of
 * Linux's calls look at the descriptor before they look at memory.
 */
export type Handler<C extends Caller, S extends SystemCallSignature = SystemCallSignature> = (
  caller: C,
  ...values: ArgumentsOf<S>
) => Answer;

/** Handlers by the names of calls. A call without one answers ENOSYS. */
export type Handlers<C extends Caller, S extends Signatures = Signatures> = {
  readonly [Name in keyof S]?: Handler<C, S[Name]> | undefined;
};

/** What is told about calls, as they come and go: a trace. */
export interface CallObserver<C extends Caller> {
  /**
   * A call has come in.
   *
   * @param caller - who makes it
   * @param frame - its registers, as it made it
   * @param name - undefined for a number that the table has not
   * @param signature - undefined where it is not known
   * @returns what is told of its end, null when nobody wants to know
   */
  called(
    caller: C,
    frame: TrapFrame,
    name: string | undefined,
    signature: SystemCallSignature | undefined,
  ): ObservedCall | null;
}

/** The rest of one call. */
export interface ObservedCall {
  /** It waits. Told once at most. */
  parked(): void;
  /**
   * It is over. Its memory is looked at now or never.
   *
   * @param answer - what rax holds; null where there is no answer
   */
  over(answer: number | null): void;
}
