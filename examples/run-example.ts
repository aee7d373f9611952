import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const execute = promisify(execFile);

/** Runs `<example>/main.ts` in a Node of its own and answers what it printed. */
export async function runExample(example: string, ...args: string[]): Promise<string> {
  const outfile = join(here, '.cache', example, 'main.mjs');
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [join(here, example, 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@synos/source'],

    logLevel: 'silent',
  });
  const { stdout } = await execute(process.execPath, [outfile, ...args], { timeout: 30_000 });
  return stdout;
}
