import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf, filesBelow, linesMatching, nodePackages, packages, read, root } from './repository.js';

// Style as tests: what CONTRIBUTING.md asks for and neither the compiler nor the linter can see.

const longestFileLines = 500;
/** Libraries of others, by the package that depends on them; everything else depends on packages of ours alone. */
const libraries: Record<string, readonly string[]> = { gateway: ['dns-packet'] };

interface Manifest {
  name: string;
  version: string;
  license: string;
  sideEffects: boolean;
  engines: { node: string };
  exports: Record<string, unknown>;
  publishConfig: { exports: Record<string, unknown> };
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

describe.each(packages)('packages/%s', (name) => {
  const sources = filesBelow(`packages/${name}/src`).filter((path) => path.endsWith('.ts'));
  const tests = filesBelow(`packages/${name}/test`).filter((path) => path.endsWith('.ts'));
  const own = [...sources, ...tests];
  const manifest = JSON.parse(read(`packages/${name}/package.json`)) as Manifest;

  test('has a README', () => {
    expect(existsSync(join(root, 'packages', name, 'README.md'))).toBe(true);
  });

  test('has a manifest like all others', () => {
    expect(manifest).toMatchObject({
      name: `@synos/${name}`,
      license: 'MIT',
      sideEffects: false,
      type: 'module',
      files: ['dist'],
      engines: { node: '>=20.19' },
    });
    expect(JSON.stringify(manifest.publishConfig.exports)).not.toContain('@synos/source');
    expect(Object.keys(manifest.publishConfig.exports)).toEqual(Object.keys(manifest.exports));
    // One version for all until 1.0; a contract as a peer would turn each minor into a dependent's major.
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {})) {
      if (libraries[name]?.includes(dependency)) expect(range).toMatch(/^\^\d+\.\d+\.\d+$/);
      else expect(`${dependency} ${range}`).toMatch(/^@synos\/[a-z-]+ workspace:\^$/);
    }
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) expect(peer).not.toMatch(/^@synos\//);
  });

  test(`has sources of at most ${longestFileLines} lines`, () => {
    const long = sources
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > longestFileLines)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  test('has kebab-case file names', () => {
    const odd = own.filter((path) => {
      const parts = path.split('/').slice(3);
      return parts.some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(property|test|bench|d))*(\.ts)?$/.test(part));
    });
    expect(odd).toEqual([]);
  });

  test('has neither default exports nor a file called utils', () => {
    expect(sources.flatMap((path) => linesMatching(path, codeOf(read(path)), /\bexport\s+default\b/))).toEqual([]);
    expect(own.filter((path) => /(^|\/)(utils?|helpers?|misc)(\.|\/)/.test(path))).toEqual([]);
  });

  test('imports its own files with the ending .js', () => {
    const relative = /(?:from\s+|import\s*\(?\s*)['"](\.{1,2}(?:\/[^'"]*)?)['"]/;
    const wrong = own.flatMap((path) =>
      read(path)
        .split('\n')
        .map((line) => relative.exec(line)?.[1])
        .filter((target) => target !== undefined && !target.endsWith('.js') && !target.endsWith('.json'))
        .map((target) => `${path}: ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  if (!nodePackages.has(name))
    test('reads no clock, draws no random number, prints nothing', () => {
      const core = sources.filter((path) => !path.startsWith('packages/netstack/src/streams/'));
      const ambient =
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bconsole\.(?:debug|dir|error|info|log|table|trace|warn)\b/;
      expect(core.flatMap((path) => linesMatching(path, codeOf(read(path)), ambient))).toEqual([]);
    });

  test('has no module-level `let`', () => {
    expect(sources.flatMap((path) => linesMatching(path, codeOf(read(path)), /^(export\s+)?(let|var)\s/))).toEqual([]);
  });

  test('skips no test silently and runs no test alone', () => {
    const pattern = /\b(test|it|describe)\.(only|skip|todo)\b/;
    expect(tests.flatMap((path) => linesMatching(path, codeOf(read(path)), pattern))).toEqual([]);
  });
});

test('no file names a private place', () => {
  // Assembled, so that this file does not contain them.
  const places = [`(?<![\\w.~-])/${'work'}\\b(?!-)`, `registry\\.${'npmjs'}`, `\\.\\./${'shared'}/`].join('|');
  const own = filesBelow('.').filter((path) => path !== 'pnpm-lock.yaml' && !/\.(pcapng|png|tgz)$/.test(path));
  expect(own.flatMap((path) => linesMatching(path, read(path), new RegExp(places)))).toEqual([]);
});

test('every package is in the changesets group and has a place in the layering', () => {
  const layering = read('.dependency-cruiser.cjs');
  for (const name of packages) expect(layering).toMatch(new RegExp(`^ {2}'?${name}'?: \\[`, 'm'));
  expect(JSON.parse(read('.changeset/config.json'))).toMatchObject({ fixed: [['@synos/*']] });
});
