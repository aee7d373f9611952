import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mustRun } from '../../lib/workspace.mjs';

// The command of a package, from its tarball, by npx and without a registry.
export function stepsOf({ path }) {
  const npx = ['--no-install', 'synos-gateway'];
  return [
    {
      name: 'npx --no-install synos-gateway --help',
      run: async () => {
        const output = await mustRun('npx', [...npx, '--help'], { cwd: path, timeoutMs: 20_000 });
        if (!output.startsWith('Usage: synos-gateway --stream SOCKET')) throw new Error(output);
      },
    },
    {
      name: 'synos-gateway listens, and ends with 0 on SIGINT',
      run: async () => {
        const bin = join(path, 'node_modules', '.bin', 'synos-gateway');
        const child = spawn(bin, ['--stream', 'lan.socket', '--json'], {
          cwd: path,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
        let output = '';
        child.stderr.on('data', (chunk) => {
          output += chunk;
        });
        child.stdout.on('data', (chunk) => {
          output += chunk;
          if (output.includes('\n')) child.kill('SIGINT');
        });
        const code = await new Promise((resolve) => child.on('close', resolve));
        clearTimeout(timer);
        const [started, ended] = output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        if (code !== 0 || started.address !== '10.0.0.1/24' || ended.stats.lan.guests !== 0) throw new Error(output);
      },
    },
  ];
}
