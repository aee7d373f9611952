import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A command of the repository, running. */
export interface Spawned {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly output: () => string;
  readonly errors: () => string;
  /** Waits until its output contains a text. Rejects when it ends before. */
  said(text: string): Promise<void>;
  /** Sends a signal, if any, and waits for the end. */
  ended(signal?: NodeJS.Signals): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

const running = new Set<ChildProcess>();

/** Ends what a failed test has left behind: for `afterEach`. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs `npm run COMMAND`, as a user would, in a process of its own; `folder` is where the user stands. */
export function spawnCommand(args: readonly string[], folder: string): Spawned {
  const child = spawn(process.execPath, ['tools/run.mjs', ...args], {
    cwd: root,
    env: { ...process.env, INIT_CWD: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const over = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  return {
    child,
    output: () => stdout,
    errors: () => stderr,
    async said(text) {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended: ${(await over).stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    ended(signal) {
      if (signal) child.kill(signal);
      return over;
    },
  };
}
