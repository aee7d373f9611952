import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

interface Manifest {
  exports: Record<string, string | Record<string, unknown>>;
  publishConfig?: { bin?: Record<string, string> };
}

/**
 * The build of a package: its entries are the sources that its manifest's `exports` name. `lib` is for a package with
 * entries of more than one kind: it replaces the one of its `tsconfig.json` while declarations are made.
 */
export function library({ lib }: { lib?: string[] } = {}): ReturnType<typeof defineConfig> {
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
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    sourcemap: true,
    clean: true,
    silent: true,
    // Types of sibling packages come from their builds, so that each package's declarations name them by package.
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [], ...(lib && { lib }) } },
  });
}
