import { type TrapFrame, type TrapFrameWord, trapFrame } from '@synos/interfaces';
import { describeErrorCode } from '../error-code.js';
import { vectorInfo } from '../vectors.js';
import { wordText } from '../word.js';

/** As people look for them: the trap itself is in the first line, then three registers to a line. */
const lines: readonly (readonly TrapFrameWord[])[] = [
  ['rip', 'cs', 'rflags'],
  ['rsp', 'ss', 'rbp'],
  ['rax', 'rbx', 'rcx'],
  ['rdx', 'rsi', 'rdi'],
  ['r8', 'r9', 'r10'],
  ['r11', 'r12', 'r13'],
  ['r14', 'r15'],
];

/**
 * A trap frame for a person: what happened, and the registers as hexadecimal digits. Any bytes will do. A
 * frame that no trap has filled yet has vector 0, which reads as a divide error.
 *
 * @example
 * ```ts
 * import { trapFrameTail } from '@synos/interfaces';
 * import { createTrapFrame, describeTrapFrame } from '@synos/trap';
 *
 * console.log(describeTrapFrame(createTrapFrame(new Uint8Array(trapFrameTail.end))));
 * ```
 */
export function describeTrapFrame(frame: TrapFrame): string {
  const vector = frame.unsigned(trapFrame.vector);
  const { mnemonic, title, hasErrorCode } = vectorInfo(vector);
  const code = hasErrorCode ? ` (${describeErrorCode(vector, frame.low(trapFrame.error))})` : '';
  const registers = lines.map((names) => names.map((name) => register(frame, name)).join('  '));
  return [`${mnemonic === null ? '' : `${mnemonic} `}${title}${code}`, ...registers].join('\n');
}

function register(frame: TrapFrame, name: TrapFrameWord): string {
  const at = trapFrame[name];
  return `${name.padEnd(6)} ${wordText({ low: frame.low(at), high: frame.high(at) })}`;
}
