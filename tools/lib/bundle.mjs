import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** Packages resolve to their sources under this condition; see `exports` in each package.json. */
export const sourceCondition = '@synos/source';

/**
 * Bundles `main.ts`, and each `*.worker.ts` or `*.main.ts` beside it (for worker threads and child processes), into
 * `<folder>/<place>/*.mjs`. Answers the path of `main.mjs`.
 */
export async function bundleProgram(folder, place = 'dist') {
  const entries = readdirSync(folder).filter((file) => /^(main|.+\.(worker|main))\.ts$/.test(file));
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: folder,
    entryPoints: entries,
    outdir: place,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: [sourceCondition],
    external: ['koffi'],
    // Libraries in CommonJS ask for Node's modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  });
  // Whole or not at all: the same program may be starting beside this one.
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
  return join(folder, place, 'main.mjs');
}
