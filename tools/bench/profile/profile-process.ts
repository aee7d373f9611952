import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

/** Runs the profiler in a process of its own; its report goes to our output, the profile beside the program. */
export function profileInProcess(
  program: string,
  name: string,
  seconds: number,
  engineFlags: readonly string[],
): Promise<number> {
  return new Promise((resolve) => {
    const args = ['--expose-gc', ...engineFlags, program, name, String(seconds), dirname(program)];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
