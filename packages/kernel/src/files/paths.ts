import { ENAMETOOLONG, ENOENT, ENOTDIR } from '@synos/abi';
import type { BootModule } from '@synos/interfaces';
import type { DeviceName } from './device-file.js';

/** NAME_MAX of limits.h. */
const NAME_MAX = 255;

/** Where a path leads. */
export type Place =
  | { readonly kind: 'directory' }
  | { readonly kind: 'console' }
  | { readonly kind: 'device'; readonly device: DeviceName }
  | { readonly kind: 'module'; readonly module: BootModule }
  /** Nothing, in a directory that is there: what O_CREAT would make. */
  | { readonly kind: 'missing' };

type Directory = ReadonlyMap<string, Directory | Place>;

/** The tree of names: it never changes. */
export interface Paths {
  /**
   * path_resolution(7), from the root: there is no other working directory.
   *
   * @param path - its bytes, at least one
   * @returns the place, or -ENOENT (a directory on the way is missing), -ENOTDIR, -ENAMETOOLONG
   */
  resolve(path: Uint8Array): Place | number;
}

const directory: Place = { kind: 'directory' };
const missing: Place = { kind: 'missing' };

/**
 * The names that there are: `/dev/console`, `/dev/tty`, `/dev/null`, `/dev/zero`, `/dev/urandom`, and the modules of the
 * boot loader as `/boot/NAME`. Of two modules with one name the first counts.
 */
export function createPaths(modules: readonly BootModule[]): Paths {
  const boot = new Map<string, Directory | Place>();
  for (const module of modules) {
    const name = nameOf(module);
    if (name !== '' && !boot.has(name)) boot.set(name, { kind: 'module', module });
  }
  const dev: Directory = new Map<string, Directory | Place>([
    ['console', { kind: 'console' }],
    ['tty', { kind: 'console' }],
    ['null', { kind: 'device', device: 'null' }],
    ['zero', { kind: 'device', device: 'zero' }],
    ['urandom', { kind: 'device', device: 'urandom' }],
  ]);
  const root: Directory = new Map<string, Directory | Place>([
    ['dev', dev],
    ['boot', boot],
  ]);
  return { resolve: (path) => walk(root, String.fromCharCode(...path).split('/')) };
}

/** Boot loaders give a whole path, or only a name. */
function nameOf({ name }: BootModule): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function walk(root: Directory, names: readonly string[]): Place | number {
  const way: Directory[] = [];
  let here: Directory | Place = root;
  for (const name of names) {
    // Each slash asks for a directory, the last one too.
    if (!(here instanceof Map)) return here === missing ? -ENOENT : -ENOTDIR;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      here = way.pop() ?? root;
      continue;
    }
    if (name.length > NAME_MAX) return -ENAMETOOLONG;
    way.push(here as Directory);
    here = (here as Directory).get(name) ?? missing;
  }
  return here instanceof Map ? directory : (here as Place);
}
