import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { mustRun, program } from '../../lib/workspace.mjs';
import { runtimes } from '../project.mjs';

// The contract suites are data: any runner can run them. `files/suites.mjs` exports `cases`.

/** `label N` in a runner's summary. */
function countOf(output, pattern, runner) {
  const count = Number(pattern.exec(output)?.[1] ?? 0);
  if (count === 0) throw new Error(`${runner} reports no passed test\n${output}`);
  return count;
}

export function stepsOf({ path }) {
  const skip = existsSync(join(path, 'suites.mjs')) ? undefined : 'tools/consumers/files/suites.mjs is not written yet';
  const counts = new Map();
  /** All runners must have run the same number of cases. */
  const agree = (runner, count) => {
    counts.set(runner, count);
    if (new Set(counts.values()).size > 1) throw new Error(`runners disagree: ${JSON.stringify([...counts])}`);
    return `${count} cases`;
  };
  const env = { NO_COLOR: '1', FORCE_COLOR: '0' };
  return [
    {
      name: 'contract suites under node:test',
      skip,
      run: async () => {
        const lines = [
          "import { test } from 'node:test';",
          "import { cases } from './suites.mjs';",
          'for (const c of cases) test(c.name, c.run);',
        ];
        writeFileSync(join(path, 'suites.node-test.mjs'), `${lines.join('\n')}\n`);
        const output = await mustRun(process.execPath, ['--test-reporter=tap', '--test', 'suites.node-test.mjs'], {
          cwd: path,
          env,
        });
        return agree('node:test', countOf(output, /^# pass (\d+)/m, 'node:test'));
      },
    },
    {
      name: 'contract suites under vitest',
      skip,
      run: async () => {
        const lines = [
          "import { test } from 'vitest';",
          "import { cases } from './suites.mjs';",
          'for (const c of cases) test(c.name, c.run);',
        ];
        writeFileSync(join(path, 'suites.vitest.test.mjs'), `${lines.join('\n')}\n`);
        const output = await mustRun(process.execPath, [program('vitest'), 'run', 'suites.vitest', '--root', path], {
          cwd: path,
          env,
        });
        return agree('vitest', countOf(output, /^\s*Tests\s+(\d+) passed/m, 'vitest'));
      },
    },
    {
      name: 'contract suites under Jest (CommonJS)',
      skip,
      run: async () => {
        // Packages stay outside of the bundle, so that Jest requires their CommonJS form.
        const options = { bundle: true, packages: 'external', platform: 'node', format: 'cjs', logLevel: 'silent' };
        await build({
          ...options,
          absWorkingDir: path,
          entryPoints: ['suites.mjs'],
          outfile: join(path, 'suites.cjs'),
        });
        const lines = ["const { cases } = require('./suites.cjs');", 'for (const c of cases) test(c.name, c.run);'];
        writeFileSync(join(path, 'suites.jest.test.cjs'), `${lines.join('\n')}\n`);
        const config = {
          rootDir: path,
          testMatch: ['**/suites.jest.test.cjs'],
          testEnvironment: 'node',
          transform: {},
          moduleFileExtensions: ['js', 'cjs', 'mjs', 'json'],
          testTimeout: 60_000,
        };
        const jest = join(await runtimes(), 'jest', 'bin', 'jest.js');
        const output = await mustRun(process.execPath, [jest, '--ci', '--config', JSON.stringify(config)], {
          cwd: path,
          env,
        });
        return agree('jest', countOf(output, /^Tests:\s+(\d+) passed/m, 'Jest'));
      },
    },
  ];
}
