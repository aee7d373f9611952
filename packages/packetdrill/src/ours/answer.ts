import { errnoName } from '@synos/abi';
import type { TcpSyscallAnswer, TcpSyscallOutcome, TcpSyscallOutput } from '@synos/compliance';
import type { Process } from './process.js';

/** A system call. Its arguments are anything; it may throw a `Refusal`. */
export type Call = (process: Process, ...args: unknown[]) => TcpSyscallAnswer;

/** What a call's result says: 0 or more, or a negative errno. */
export function answer(result: number, output: TcpSyscallOutput = {}): TcpSyscallOutcome {
  if (result >= 0) return { kind: 'result', value: result, output };
  return { kind: 'errno', errno: errnoName(result) ?? `E${-result}` };
}
