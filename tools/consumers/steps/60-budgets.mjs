import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What an application pays at most for a whole entry, minified and gzipped, with everything it needs. */
const budgets = [
  { specifier: '@synos/wire', kilobytes: 8 },
  { specifier: '@synos/memory/heap', kilobytes: 4 },
  { specifier: '@synos/netstack', kilobytes: 45 },
];

/** What somebody who takes the stack alone must not get: all that a kernel is made of, besides. */
const kernelPackages = ['kernel', 'machine-sim', 'memory', 'platform', 'syscall', 'trap', 'userland'];

export function stepsOf({ path }) {
  return [
    ...budgetsOf(path),
    { name: '@synos/netstack brings no package of the kernel', run: () => bringsNoKernel(path) },
  ];
}

async function bringsNoKernel(path) {
  const { metafile } = await build({
    stdin: { contents: `export * from '@synos/netstack';`, resolveDir: path, loader: 'js' },
    absWorkingDir: path,
    bundle: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  const found = files.flatMap((file) => /@synos\/([^/]+)\//.exec(file)?.[1] ?? []);
  if (!found.includes('tcp')) throw new Error('the metafile names no packages as this step reads it');
  const wrong = kernelPackages.filter((name) => found.includes(name));
  if (wrong.length > 0) throw new Error(`bundled: ${wrong.join(', ')}`);
  return [...new Set(found)].join(', ');
}

function budgetsOf(path) {
  return budgets.map(({ specifier, kilobytes }) => ({
    name: `${specifier} is at most ${kilobytes} KB gzipped`,
    run: async () => {
      const { outputFiles } = await build({
        stdin: { contents: `export * from '${specifier}';`, resolveDir: path, loader: 'js' },
        absWorkingDir: path,
        bundle: true,
        minify: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        outfile: join(path, 'budget.js'),
        logLevel: 'silent',
      });
      const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
      if (bytes > kilobytes * 1024) throw new Error(`${bytes} bytes gzipped, budget ${kilobytes * 1024}`);
      return `${(bytes / 1024).toFixed(1)} KB`;
    },
  }));
}
