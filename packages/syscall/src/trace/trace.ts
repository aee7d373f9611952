import { errnoMessage, errnoName, type SystemCallSignature } from '@synos/abi';
import { type TrapFrame, trapFrame } from '@synos/interfaces';
import { argumentWords, readArgument, readingOf } from '../decode.js';
import type { Caller, CallObserver, ObservedCall } from '../table.js';
import { argumentText, isTold, lengthAt, type SeenCall, shownCount } from './arguments.js';
import { reventsText } from './structures.js';
import { addressText, hex } from './text.js';

/** How a trace is written. */
export interface TraceOptions<C extends Caller> {
  /** What stands before each line, such as `[pid 12] `. Default nothing. */
  readonly prefix?: (caller: C) => string;
  /** Whether a caller is traced. Default everybody. Asked at every call. */
  readonly wants?: (caller: C) => boolean;
  /** The column of the equals sign, as far as the line is not longer. Default 40, as strace has it. */
  readonly resultColumn?: number;
}

/**
 * A trace of system calls in the style of strace(1), for the option `observer` of a dispatcher. Memory is read by
 * `caller.memory`; an argument that cannot be read is shown as its address. Data is cut at 32 bytes.
 *
 * @param sink - gets each line, without a line end
 * @returns the observer. A call that parks gives two lines: `<unfinished ...>`, and `<... resumed>` when it is over
 * @example
 * ```ts
 * import { linuxProfile, systemCallSignatures } from '@synos/abi';
 * import { createDispatcher, createTrace } from '@synos/syscall';
 *
 * const lines: string[] = [];
 * const dispatcher = createDispatcher({
 *   profile: linuxProfile,
 *   signatures: systemCallSignatures,
 *   handlers: { getpid: () => 1 },
 *   observer: createTrace((line) => lines.push(line), { resultColumn: 0 }), // getpid() = 1
 * });
 * ```
 */
export function createTrace<C extends Caller>(
  sink: (line: string) => void,
  options: TraceOptions<C> = {},
): CallObserver<C> {
  const { prefix, wants, resultColumn = 40 } = options;
  return {
    called(caller, frame, name, signature) {
      if (wants !== undefined && !wants(caller)) return null;
      const call = seen(caller, frame, name, signature);
      const before = prefix?.(caller) ?? '';
      return tracedCall(call, signature, before, resultColumn, sink);
    },
  };
}

/** What of a call is known when it comes in. It is copied: the frame may be another when the call is over (execve). */
function seen(
  caller: Caller,
  frame: TrapFrame,
  name: string | undefined,
  signature: SystemCallSignature | undefined,
): SeenCall {
  const { memory } = caller;
  const kinds = signature?.arguments ?? unknownArguments;
  const values = kinds.map(({ kind }, index) => readArgument(frame, index, readingOf(kind)));
  const half = (word: (at: number) => number): number[] => kinds.map((_, index) => word(argumentWords[index]!));
  const rooms = kinds.map(({ kind }, index) => {
    if (kind === 'socklen-inout') return lengthAt(memory, values[index]!);
    return kind === 'msghdr-inout' ? lengthAt(memory, values[index]! + 8) : -1;
  });
  const number = frame.low(trapFrame.rax);
  return {
    name: name ?? `syscall_${hex(number, 0)}`,
    memory,
    kinds,
    values,
    lows: half((at) => frame.low(at)),
    highs: half((at) => frame.high(at)),
    rooms,
  };
}

const unknownArguments = ['a', 'b', 'c', 'd', 'e', 'f'].map(
  (name) => ({ name, kind: 'pointer', type: 'long' }) as const,
);

function tracedCall(
  call: SeenCall,
  signature: SystemCallSignature | undefined,
  before: string,
  resultColumn: number,
  sink: (line: string) => void,
): ObservedCall {
  const count = shownCount(call);
  const isUnknown = signature === undefined;
  const text = (index: number, answer: number): string =>
    isUnknown ? hex(call.lows[index]!, call.highs[index]!) : argumentText(call, index, answer);
  // What the call will fill is shown when it has; all behind it too.
  let given = 0;
  while (given < count && !isTold(call.kinds[given]!)) given += 1;
  const parts = Array.from({ length: given }, (_, index) => text(index, 0));
  let line = `${before}${call.name}(${parts.join(', ')}${given > 0 && given < count ? ', ' : ''}`;
  let isParked = false;
  return {
    parked() {
      sink(`${line} <unfinished ...>`);
      line = `${before}<... ${call.name} resumed>`;
      isParked = true;
    },
    over(answer) {
      if (answer === null && isParked) line += ' <unfinished ...>';
      else {
        const rest = Array.from({ length: count - given }, (_, index) => text(given + index, answer ?? -1));
        line += rest.join(', ');
      }
      sink(`${`${line}) `.padEnd(resultColumn)}= ${resultText(call, signature, answer)}`);
    },
  };
}

function resultText(call: SeenCall, signature: SystemCallSignature | undefined, answer: number | null): string {
  if (answer === null) return '?';
  if (answer < 0 && answer >= -4095) {
    const name = errnoName(answer);
    return name === undefined ? `-1 (errno ${-answer})` : `-1 ${name} (${errnoMessage(answer)})`;
  }
  if (signature?.returns === 'address') return answer === 0 ? '0' : addressText(answer);
  if (call.name === 'fcntl' && call.values[1] === 3) return answer === 0 ? '0' : hex(answer, 0);
  const polled = call.kinds.findIndex(({ kind }) => kind === 'pollfds-inout');
  if (polled >= 0) {
    if (answer === 0) return '0 (Timeout)';
    const count = Math.max(0, call.values[call.kinds[polled]!.length ?? polled + 1] ?? 0);
    return `${answer} (${reventsText(call.memory, call.values[polled]!, count)})`;
  }
  return String(answer);
}
