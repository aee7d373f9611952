import { ENOSYS, type SystemCallSignature, type systemCallSignatures } from '@synos/abi';
import { assert, type TrapFrame, trapFrame } from '@synos/interfaces';
import { type Reading, readArgument, readingOf } from './decode.js';
import type { ParkedCall } from './parked-call.js';
import {
  type Answer,
  type Caller,
  type CallObserver,
  type Handlers,
  type ObservedCall,
  type Signatures,
  type SystemCallTable,
  unanswered,
} from './table.js';

/** What a dispatcher is made of. */
export interface DispatcherOptions<C extends Caller, S extends Signatures> {
  /** Whose numbers it knows: a profile of `@synos/abi`, or a table of one's own. */
  readonly profile: SystemCallTable;
  /** What each call takes. A call that has a handler must have a signature. */
  readonly signatures: S;
  readonly handlers: Handlers<C, S>;
  /**
   * A parked call has its answer in rax: the thread may run again. Told in the middle of whatever answered it, so it
   * puts the thread into a queue and does no more.
   */
  readonly onAnswered?: (caller: C) => void;
  /** Told of every call, such as a trace. */
  readonly observer?: CallObserver<C>;
  /** How many calls may be parked at a time; one more is cancelled and answers ENOMEM. Default 65,536. */
  readonly maxParkedCalls?: number;
}

/**
 * What became of a call: `answered`, rax holds it; {@link unanswered}, the frame was left alone; or the call is parked,
 * and the thread must not run until it is over.
 */
export type Outcome = 'answered' | typeof unanswered | ParkedCall;

/** Takes system calls of one profile from trap frames to their handlers. */
export interface Dispatcher<C extends Caller> {
  /**
   * Runs one system call. Of the frame it changes rax at most, now or when a parked call is answered; rcx and r11 are
   * the machine's to lose (SYSCALL).
   *
   * @param frame - the caller's registers, of the profile's vector (asserted: frames of another vector have numbers of
   *   another table). Kept until the answer
   * @param caller - who calls; handed to the handler
   */
  dispatch(frame: TrapFrame, caller: C): Outcome;
  /** How many calls are parked. */
  readonly parkedCalls: number;
}

/** A call with its handler. */
interface Entry<C> {
  readonly name: string;
  readonly signature: SystemCallSignature | undefined;
  readonly handler: ((caller: C, ...values: number[]) => Answer) | undefined;
  readonly readings: readonly Reading[];
}

/**
 * Makes a dispatcher.
 *
 * The number of a call is eax, the low half of rax: Linux reads no more of it (entry_SYSCALL_64 sign-extends eax since
 * 5.14, and INT 0x80 never had more). A number that the table has not, or that has no handler, answers ENOSYS. Arguments
 * come from rdi, rsi, rdx, r10, r8, r9, as many as the signature has; further registers are not looked at.
 *
 * With the signatures of `@synos/abi` the caller's type is all that need be written: `createDispatcher<Thread>({ … })`.
 *
 * @throws an assertion where a number is there twice or out of range, or a handler has no signature
 * @example
 * ```ts
 * import { linuxProfile } from '@synos/abi';
 * import { createDispatcher } from '@synos/syscall';
 *
 * const dispatcher = createDispatcher({
 *   profile: linuxProfile,
 *   signatures: { getpid: { arguments: [], returns: 'pid' } },
 *   handlers: { getpid: () => 1 },
 * });
 * ```
 */
export function createDispatcher<C extends Caller, const S extends Signatures = typeof systemCallSignatures>(
  options: DispatcherOptions<C, S>,
): Dispatcher<C> {
  const { profile, onAnswered, observer, maxParkedCalls = 65_536 } = options;
  const entries = entriesOf(profile, options.signatures, options.handlers as Handlers<C>);
  let parkedCalls = 0;

  /** Holds a call that waits; `null` once it is answered or gone. */
  const hold = (parked: ParkedCall, frame: TrapFrame, caller: C, observed: ObservedCall | null): Outcome => {
    if (!parked.isOver && parkedCalls >= maxParkedCalls) parked.cancel('full');
    if (parked.isOver) {
      // Ended before its handler returned it: the thread never stopped. Somebody else's call asserts here.
      parked.whenOver(() => {});
      return finish(parked.answer, frame, observed);
    }
    parkedCalls += 1;
    observed?.parked();
    parked.whenOver((answer) => {
      parkedCalls -= 1;
      finish(answer, frame, observed);
      if (answer !== null) onAnswered?.(caller);
    });
    return parked;
  };

  const finish = (answer: number | null, frame: TrapFrame, observed: ObservedCall | null): Outcome => {
    if (answer !== null) frame.set(trapFrame.rax, answer);
    observed?.over(answer);
    return answer === null ? unanswered : 'answered';
  };

  return {
    get parkedCalls() {
      return parkedCalls;
    },
    dispatch(frame, caller) {
      assert(frame.low(trapFrame.vector) === profile.vector, 'a frame of another vector: its numbers are not ours');
      const entry = entries.get(frame.low(trapFrame.rax) | 0);
      const observed = observer === undefined ? null : observer.called(caller, frame, entry?.name, entry?.signature);
      if (entry?.handler === undefined) return finish(-ENOSYS, frame, observed);
      const answer = call(entry.readings, entry.handler, frame, caller);
      if (typeof answer === 'number') {
        if (!Number.isSafeInteger(answer)) refuse(entry.name, answer);
        return finish(answer, frame, observed);
      }
      if (answer === unanswered) return finish(null, frame, observed);
      // What only a handler without types gives: nothing, a promise.
      if (typeof answer?.whenOver !== 'function') refuse(entry.name, answer);
      return hold(answer, frame, caller, observed);
    },
  };
}

function refuse(name: string, answer: unknown): never {
  assert(false, `${name}: a handler answers an integer, unanswered or a parked call, not ${String(answer)}`);
}

function entriesOf<C extends Caller>(
  profile: SystemCallTable,
  signatures: Signatures,
  handlers: Handlers<C>,
): ReadonlyMap<number, Entry<C>> {
  const entries = new Map<number, Entry<C>>();
  const names = new Set<string>();
  for (const { number, name } of profile.calls) {
    assert(Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff, `${name}: a number is 0 to 2^31 - 1`);
    assert(!entries.has(number), `${name}: number ${number} is taken`);
    const signature = Object.hasOwn(signatures, name) ? signatures[name] : undefined;
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    assert(handler === undefined || signature !== undefined, `${name}: a handler without a signature`);
    assert(signature === undefined || signature.arguments.length <= 6, `${name}: six arguments at most`);
    const readings = signature?.arguments.map(({ kind }) => readingOf(kind)) ?? [];
    entries.set(number, { name, signature, handler: handler as Entry<C>['handler'], readings });
    names.add(name);
  }
  for (const name of Object.keys(handlers)) assert(names.has(name), `${name}: ${profile.name} has no such call`);
  return entries;
}

// By count, because an array of arguments and a spread cost more than everything else here.
function call<C>(
  readings: readonly Reading[],
  handler: (caller: C, ...values: number[]) => Answer,
  frame: TrapFrame,
  caller: C,
): Answer {
  const count = readings.length;
  if (count === 0) return handler(caller);
  const v0 = readArgument(frame, 0, readings[0]!);
  if (count === 1) return handler(caller, v0);
  const v1 = readArgument(frame, 1, readings[1]!);
  if (count === 2) return handler(caller, v0, v1);
  const v2 = readArgument(frame, 2, readings[2]!);
  if (count === 3) return handler(caller, v0, v1, v2);
  const v3 = readArgument(frame, 3, readings[3]!);
  if (count === 4) return handler(caller, v0, v1, v2, v3);
  const v4 = readArgument(frame, 4, readings[4]!);
  if (count === 5) return handler(caller, v0, v1, v2, v3, v4);
  return handler(caller, v0, v1, v2, v3, v4, readArgument(frame, 5, readings[5]!));
}
