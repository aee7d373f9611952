import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { toolPath } from './needs.js';

/** What a program has printed; it ended with 0. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Rejects, with what it printed, when it fails or takes longer than a minute. */
export function run(command: string, args: readonly string[], timeoutMs = 60_000): Promise<Output> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 1 << 26, timeout: timeoutMs, killSignal: 'SIGKILL' as const };
    execFile(toolPath(command) ?? command, [...args], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${[command, ...args].join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
      else resolve({ stdout, stderr });
    });
  });
}

/** A network of Linux's own, apart from the machine's. */
export interface Namespace {
  readonly name: string;
  /** Runs a program inside, to its end. */
  run(command: string, args: readonly string[], timeoutMs?: number): Promise<Output>;
  /** Starts a program inside; it is killed when the namespace is removed. */
  start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** `ip` with these words, inside. */
  ip(words: string): Promise<Output>;
  /** Kills what was started and removes the namespace with all interfaces in it. */
  remove(): Promise<void>;
}

/** Makes a network namespace with its loopback up. */
export async function createNamespace(label: string): Promise<Namespace> {
  const name = `synos-${process.pid}-${label}`;
  const children = new Set<ChildProcess>();
  await run('ip', ['netns', 'add', name]);
  const inside = (command: string, args: readonly string[]): string[] => [
    'netns',
    'exec',
    name,
    toolPath(command) ?? command,
    ...args,
  ];
  const namespace: Namespace = {
    name,
    run: (command, args, timeoutMs) => run('ip', inside(command, args), timeoutMs),
    start(command, args, options) {
      const child = spawn(toolPath('ip') ?? 'ip', inside(command, args), options);
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    ip: (words) => run('ip', ['-netns', name, ...words.split(' ')]),
    async remove() {
      const ended = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ended);
      await run('ip', ['netns', 'delete', name]);
    },
  };
  await namespace.ip('link set lo up');
  return namespace;
}
