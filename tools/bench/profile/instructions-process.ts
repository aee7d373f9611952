import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCallgrind } from './callgrind.js';
import { instructionCache, reportInstructions } from './instructions-report.js';
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

/** Silent but for errors; counts by address, once it is told to, of code that changes while it runs. */
const valgrindFlags = [
  '-q',
  '--tool=callgrind',
  '--instr-atstart=no',
  '--dump-instr=yes',
  '--smc-check=all-non-file',
  '--cache-sim=yes',
  // Named, or it says what it takes of this machine's instead.
  '--LL=8388608,16,64',
  `--I1=${instructionCache.bytes},${instructionCache.ways},${instructionCache.lineBytes}`,
];
/** All in one thread; each piece of code told of in a file, and none of it moved. */
const nodeFlags = ['--single-threaded', '--perf-prof', '--no-compact-code-space', '--expose-gc'];

/**
 * Runs our side of a row under valgrind and prints what it counted.
 *
 * @returns the exit code
 */
export async function instructionsInProcess(
  program: string,
  name: string,
  engineFlags: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-instructions-'));
  try {
    const ended = await runUnderValgrind(folder, program, name, engineFlags);
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
function runUnderValgrind(
  folder: string,
  program: string,
  name: string,
  engineFlags: readonly string[],
): Promise<string | null> {
  return new Promise((resolve) => {
    const vgdbPrefix = join(folder, 'vgdb');
    const child = spawn(
      'valgrind',
      [
        ...valgrindFlags,
        `--callgrind-out-file=${join(folder, 'counts')}`,
        `--vgdb-prefix=${vgdbPrefix}`,
        process.execPath,
        ...nodeFlags,
        ...engineFlags,
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
    child.once('exit', (code, signal) => done(code === 0 ? null : `valgrind ended with ${signal ?? code}`));
  });
}
