import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { defineConfig } from 'tsup';
import ts from 'typescript';
import { hiddenNames } from './tsup.hidden-names.js';
import { literals } from './tsup.literals.js';

interface Manifest {
  exports: Record<string, string | Record<string, unknown>>;
  publishConfig?: { bin?: Record<string, string> };
}

interface LibraryOptions {
  /** For a package with entries of more than one kind: replaces its `tsconfig.json`'s while declarations are made. */
  readonly lib?: string[];
  /** Shortens the names of hidden members. Not for classes that a program may extend: its members would meet them. */
  readonly shortens?: boolean;
  /** Sources whose types keep the names of their members: something reads them by name. */
  readonly shown?: readonly string[];
  /** An entry imports the main one by the package's name. Only for a package without siblings: its types are its sources. */
  readonly importsItself?: boolean;
  /** `false`: each entry has a copy of what entries share. By default that is a file of its own (of ESM builds). */
  readonly splitting?: false;
}

/** The build of a package: its entries are the sources that its manifest's `exports` name. */
export function library({
  lib,
  shortens = false,
  shown,
  importsItself = false,
  splitting,
}: LibraryOptions = {}): ReturnType<typeof defineConfig> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const entry: Record<string, string> = {};
  for (const target of Object.values(manifest.exports)) {
    const source = typeof target === 'string' ? undefined : target['@synos/source'];
    if (typeof source === 'string') entry[source.replace(/^\.\/src\//, '').replace(/\.ts$/, '')] = source;
  }
  // Programs, by what is published: `dist/command/main.js` is made from `src/command/main.ts`.
  for (const target of Object.values(manifest.publishConfig?.bin ?? {})) {
    const name = target.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
    entry[name] = `./src/${name}.ts`;
  }
  const program = programOf(process.cwd());
  const shortened = shortens ? hiddenNames(program, Object.values(entry), shown) : [];
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    ...(splitting === false && { splitting }),
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    // Left to the plugin below.
    noExternal: [/^@synos\//],
    sourcemap: true,
    clean: true,
    silent: true,
    esbuildPlugins: [siblings, literals(program)],
    esbuildOptions(options) {
      // Puts constants in as literals. Further down a bundler sees a variable for each, and an engine a load.
      options.minifySyntax = true;
      options.define = { ...options.define, 'Number.POSITIVE_INFINITY': 'Infinity' };
      if (shortened.length > 0) options.mangleProps = new RegExp(`^(?:${shortened.join('|')})$`);
    },
    // Types of sibling packages come from their builds, so that each package's declarations name them by package.
    dts: {
      compilerOptions: {
        ignoreDeprecations: '6.0',
        customConditions: importsItself ? ['@synos/source'] : [],
        ...(lib && { lib }),
      },
    },
  });
}

/** Packages of ours stay imports, and vanish where all that was imported has become a literal. */
const siblings: Plugin = {
  name: 'siblings',
  setup(build) {
    build.onResolve({ filter: /^@synos\// }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

/** The sources of a package, streams of netstack included, as the compiler sees them. */
function programOf(folder: string): ts.Program {
  const config = { extends: './tsconfig.json', include: ['src'] };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  return ts.createProgram(fileNames, options);
}
