import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { blocksOf } from './blocks.js';

// What a README shows must compile and run. Blocks are bundled as if they lay in examples/, which may import every
// package, and run by a Node of their own.

const root = fileURLToPath(new URL('../../', import.meta.url));
const place = join(root, 'examples', '.cache', 'readme');
const runtimeLimitMs = 30_000;
/** It looks at the sources of every package. */
const compilerLimitMs = 180_000;
const execute = promisify(execFile);

const pages = ['README.md', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)];
const blocks = pages
  .filter((path) => existsSync(join(root, path)))
  .flatMap((path) => blocksOf(path, readFileSync(join(root, path), 'utf8')));
const runnable = blocks
  .filter((block) => block.notRun === undefined)
  .map((block) => ({ ...block, file: `${block.name.replace(/[^A-Za-z0-9]+/g, '-')}.ts` }));

rmSync(place, { recursive: true, force: true });
mkdirSync(place, { recursive: true });
for (const { file, code } of runnable) writeFileSync(join(place, file), code);

/** Runs a program and answers what it printed; a failure shows all of it. */
async function output(args: string[], timeout = runtimeLimitMs): Promise<string> {
  try {
    const { stdout, stderr } = await execute(process.execPath, args, { cwd: place, timeout });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

describe('README code', () => {
  test.skipIf(runnable.length === 0)(
    'compiles',
    async () => {
      // Strict, but without the two flags that would make short examples long.
      const compilerOptions = {
        noUncheckedIndexedAccess: false,
        exactOptionalPropertyTypes: false,
        moduleDetection: 'force',
      };
      const config = { extends: '../../../tsconfig.test.json', compilerOptions, include: ['*.ts'] };
      writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
      const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'];
      expect(await output(compiler, compilerLimitMs)).toBe('');
    },
    compilerLimitMs,
  );

  test.each(runnable)('$name runs', async ({ file, code }) => {
    const outfile = join(place, file.replace(/\.ts$/, '.mjs'));
    await build({
      stdin: { contents: code, resolveDir: join(root, 'examples'), loader: 'ts', sourcefile: file },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      conditions: ['@synos/source'],
      // As in tools/lib/bundle.mjs: libraries in CommonJS ask for Node's modules by `require`.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'silent',
    });
    await output([outfile]);
  });

  for (const { name, notRun } of blocks) if (notRun !== undefined) test.skip(`${name} is not run: ${notRun}`, () => {});
});
