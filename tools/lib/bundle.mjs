import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** Packages resolve to their sources under this condition; see `exports` in each package.json. */
export const sourceCondition = '@synos/source';

/** What a bundle needs of the other kind of module: libraries in CommonJS ask for Node's by `require`. */
const banners = {
  esm: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  cjs: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;",
};

/**
 * Bundles `main.ts`, and each `*.worker.ts` or `*.main.ts` beside it (for worker threads and child processes), into
 * `<folder>/<place>/*.mjs`. Answers the path of `main.mjs`.
 *
 * @param fromBuild - take the packages as their users get them, not from their sources; they must have been built
 * @param inFunction - as CommonJS, `*.cjs`: everything inside a function, as bundlers make it for browsers. V8 compares
 *   a function of a module with the one it knows at each call, and need not for one of an enclosing function.
 */
export async function bundleProgram(folder, { place = 'dist', fromBuild = false, inFunction = false } = {}) {
  const format = inFunction ? 'cjs' : 'esm';
  const extension = inFunction ? '.cjs' : '.mjs';
  const entries = readdirSync(folder).filter((file) => /^(main|.+\.(worker|main))\.ts$/.test(file));
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: folder,
    entryPoints: entries,
    outdir: place,
    outExtension: { '.js': extension },
    bundle: true,
    platform: 'node',
    format,
    define: inFunction ? { 'import.meta.url': 'bundleUrl' } : {},
    target: 'node20',
    conditions: fromBuild ? [] : [sourceCondition],
    external: ['koffi'],
    banner: { js: banners[format] },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  });
  writeWhole(outputFiles);
  return join(folder, place, `main${extension}`);
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
