import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a Linux test cannot do without. */
export interface Needs {
  /** The rights of root: network namespaces, `/dev/net/tun`. */
  readonly root?: boolean;
  /** Programs that must be found in PATH (or in the folders of root's PATH). */
  readonly tools?: readonly string[];
  /** Files that must be there, with what makes them. */
  readonly files?: readonly string[];
}

/**
 * Why a Linux test cannot run here, or `undefined` if it can. The reason is printed; under `CI=true` it is an error
 * instead: there nothing may go untested unseen.
 *
 * @example
 * const lack = lacking({ root: true, tools: ['ip', 'tshark'] });
 * describe.skipIf(lack !== undefined)(`TAP${lack ? ` (${lack})` : ''}`, () => { … });
 */
export function lacking({ root = false, tools = [], files = [] }: Needs): string | undefined {
  const missing = [
    ...(process.platform === 'linux' ? [] : ['Linux']),
    ...(root && process.getuid?.() !== 0 ? ['root'] : []),
    ...tools.filter((name) => toolPath(name) === undefined),
    ...files.filter((path) => !isThere(path, constants.R_OK)),
  ];
  if (missing.length === 0) return undefined;
  const reason = `missing here: ${missing.join(', ')}; as root, tools/setup-debian.sh installs what Linux tests need`;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

/** Where a program is, or `undefined`. */
export function toolPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => isThere(path, constants.X_OK));
}

function isThere(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
