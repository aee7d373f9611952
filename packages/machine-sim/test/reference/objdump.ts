import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A line of objdump, in the syntax of Intel. */
export interface Disassembled {
  readonly byteLength: number;
  /** With the prefixes that objdump writes before it. */
  readonly text: string;
  /** It was several lines: prefixes that stand where they do nothing. */
  readonly isPieced: boolean;
}

/** What stands alone on a line where prefixes have no effect, or are words before an instruction. */
const PREFIX = /^(?:rex(?:\.[WRXB]+)?|data16|addr32|repz|repnz|rep|lock|bnd|[cdefgs]s|xacquire|xrelease|notrack)$/;

/** Whether there is an objdump that knows this CPU. */
export const hasObjdump = (): boolean => spawnSync('objdump', ['--version']).status === 0;

/** Disassembles bytes one after the other: lines by their offset. Prefixes that stand alone belong to what follows. */
export function disassemble(bytes: Uint8Array): ReadonlyMap<number, Disassembled> {
  const folder = mkdtempSync(join(tmpdir(), 'synos-objdump-'));
  try {
    const file = join(folder, 'code');
    writeFileSync(file, bytes);
    const options = ['-D', '-z', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel,intel64', '--insn-width=16'];
    const run = spawnSync('objdump', [...options, file], { encoding: 'utf8', maxBuffer: 2 ** 30 });
    if (run.status !== 0) throw new Error(run.stderr);
    const lines = new Map<number, Disassembled>();
    let waiting: { at: number; byteLength: number; text: string } | null = null;
    for (const line of run.stdout.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)$/.exec(line);
      if (match === null) continue;
      const [, offset = '', code = '', tail = ''] = match;
      const text = tail.replace(/\s+/g, ' ').trim();
      const at: number = waiting?.at ?? Number.parseInt(offset, 16);
      const byteLength: number = (waiting?.byteLength ?? 0) + code.trim().split(' ').length;
      const whole: string = `${waiting?.text ?? ''}${text}`;
      if (text.split(' ').every((word) => PREFIX.test(word))) waiting = { at, byteLength, text: `${whole} ` };
      else {
        lines.set(at, { byteLength, text: whole, isPieced: waiting !== null });
        waiting = null;
      }
    }
    return lines;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The instruction's own name, without prefixes. */
export const mnemonicOf = (text: string): string => text.split(' ').find((word) => !PREFIX.test(word)) ?? text;
