import type { ArgumentKind } from '@synos/abi';
import { type TrapFrame, trapFrame } from '@synos/interfaces';

/** How a register is read. */
export type Reading = 'int32' | 'uint32' | 'int64' | 'uint64';

/** Where the arguments lie in a trap frame: rdi, rsi, rdx, r10, r8, r9 (the kernel's convention; r10 because SYSCALL takes rcx). */
export const argumentWords: readonly number[] = [
  trapFrame.rdi,
  trapFrame.rsi,
  trapFrame.rdx,
  trapFrame.r10,
  trapFrame.r8,
  trapFrame.r9,
];

/**
 * How the register of an argument of some kind is read. What C declares with 32 bits is the low half, whatever lies
 * above it: that is how Linux reads an `int` (SYSCALL_DEFINE casts a long). Addresses are signed, so that those of the
 * kernel half are negative.
 */
export function readingOf(kind: ArgumentKind): Reading {
  switch (kind) {
    case 'int':
    case 'fd':
    case 'pid':
    case 'signal':
      return 'int32';
    case 'unsigned':
    case 'mode':
    case 'flags':
      return 'uint32';
    case 'size':
    case 'ulong':
    case 'lflags':
      return 'uint64';
    default:
      return 'int64';
  }
}

/**
 * One argument of a call as a number.
 *
 * @param frame - the caller's registers
 * @param index - 0 to 5
 * @param reading - see {@link readingOf}
 * @returns an integer; 64-bit ones are exact within ±2^53 and never rounded into that range from outside
 */
export function readArgument(frame: TrapFrame, index: number, reading: Reading): number {
  const at = argumentWords[index]!;
  switch (reading) {
    case 'int32':
      return frame.low(at) | 0;
    case 'uint32':
      return frame.low(at);
    case 'int64':
      return frame.signed(at);
    case 'uint64':
      return frame.unsigned(at);
  }
}
