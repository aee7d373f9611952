import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** Packages resolve to their sources under this condition; see `exports` in each package.json. */
export const sourceCondition = '@synos/source';

/**
 * Bundles `main.ts`, and each `*.worker.ts` or `*.main.ts` beside it (for worker threads and child processes), into
 * `<folder>/<place>/*.mjs`. Answers the path of `main.mjs`.
 *
 * @param fromBuild - take the packages as their users get them, not from their sources; they must have been built
 */
export async function bundleProgram(folder, { place = 'dist', fromBuild = false } = {}) {
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
    conditions: fromBuild ? [] : [sourceCondition],
    external: ['koffi'],
    // Libraries in CommonJS ask for Node's modules by `require`.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  });
  writeWhole(outputFiles);
  return join(folder, place, 'main.mjs');
}

/**
 * Bundles one module of core packages into a script that any engine runs: what it exports is the global variable `name`.
 * Needs nothing of Node, browsers or modules.
 */
export async function bundleScript(entry, outfile, name) {
  const { outputFiles } = await build({
    write: false,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'neutral',
    format: 'iife',
    globalName: name,
    target: 'es2022',
    conditions: [sourceCondition],
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  });
  writeWhole(outputFiles);
  return outfile;
}

/** Whole or not at all: the same program may be starting beside this one. */
function writeWhole(files) {
  for (const { path, contents } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}
