import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCallgrind } from './callgrind.js';
import { reportInstructions } from './instructions-report.js';
import { readJitDump } from './jit-dump.js';
import { SourceLines } from './source-lines.js';

/** What the program that was counted says of itself, in a file. */
export interface InstructionsAnswer {
  /** Units of work done while counting was on. */
  readonly amount: number;
  readonly jitDump: string;
}

/** Longest time that a row may take. */
const patienceMs = 900_000;

/** Of what is counted, and of the engine so that addresses stay what they are and each can be told what it is. */
const valgrindFlags = ['--tool=callgrind', '--instr-atstart=no', '--dump-instr=yes', '--smc-check=all-non-file'];
const nodeFlags = ['--single-threaded', '--perf-prof', '--no-compact-code-space', '--expose-gc'];

/**
 * Runs our side of a row under valgrind and prints what it counted.
 *
 * @returns the exit code
 */
export async function instructionsInProcess(
  program: string,
  name: string,
  say: (text: string) => void,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-instructions-'));
  try {
    const ended = await runUnderValgrind(folder, program, name);
    if (ended !== null) {
      say(`bench: ${ended}`);
      return 1;
    }
    say(`${name}: reading the counts`);
    const { amount, jitDump } = JSON.parse(readFileSync(join(folder, 'answer.json'), 'utf8')) as InstructionsAnswer;
    const report = reportInstructions(
      {
        objects: readCallgrind(readFileSync(join(folder, 'counts'), 'utf8')),
        jit: readJitDump(readFileSync(join(folder, jitDump))),
        amount,
      },
      new SourceLines(),
    );
    process.stdout.write(`${report}\n`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Answers why it failed, or null. */
function runUnderValgrind(folder: string, program: string, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    const log = join(folder, 'log');
    const vgdbPrefix = join(folder, 'vgdb');
    const child = spawn(
      'valgrind',
      [
        ...valgrindFlags,
        `--callgrind-out-file=${join(folder, 'counts')}`,
        `--log-file=${log}`,
        `--vgdb-prefix=${vgdbPrefix}`,
        process.execPath,
        ...nodeFlags,
        program,
        name,
        vgdbPrefix,
        join(folder, 'answer.json'),
      ],
      // The engine writes its dump where it is.
      { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    // Who interrupts us wants both to end, and the folder to be removed.
    const stop = (): void => void child.kill('SIGKILL');
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    const done = (failure: string | null): void => {
      clearTimeout(timer);
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve(failure);
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ENOENT' ? "--instructions needs valgrind (Debian's package valgrind)" : error.message),
    );
    child.once('exit', (code, signal) =>
      done(code === 0 ? null : `valgrind ended with ${signal ?? code}${lastLine(log)}`),
    );
  });
}

/** What valgrind itself said last, if anything. */
function lastLine(log: string): string {
  try {
    const said = readFileSync(log, 'utf8').replaceAll(/^==\d+== ?/gm, '');
    const last = said.trim().split('\n').at(-1) ?? '';
    return last === '' ? '' : `: ${last}`;
  } catch {
    return '';
  }
}
