import { fork } from 'node:child_process';
import type { RowOutcome } from './metric.js';

/** What a row's process is told. */
export interface RowTask {
  readonly name: string;
  readonly pairs: number;
  readonly isQuick: boolean;
}

/** What it answers. */
export interface RowReport {
  readonly outcome: RowOutcome | null;
  readonly error: string | null;
  /** It was an honesty check that failed. */
  readonly isDishonest: boolean;
}

/** Longest time that a row may take. */
const patienceMs = 180_000;

/** Runs a row in a process of its own. */
export function runInProcess(program: string, task: RowTask, nodeFlags: readonly string[]): Promise<RowReport> {
  return new Promise((resolve) => {
    const failed = (error: string): void => resolve({ outcome: null, error, isDishonest: false });
    const child = fork(program, { execArgv: ['--expose-gc', ...nodeFlags], serialization: 'advanced' });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`not done after ${patienceMs / 1000} s`);
    }, patienceMs);
    child.once('message', (report: RowReport) => {
      clearTimeout(timer);
      resolve(report);
    });
    child.once('error', (error) => failed(error.message));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      failed(`its process ended with ${signal ?? code}`);
    });
    child.send(task);
  });
}
