import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', '.cache']);

/** All files below a folder of the repository, as paths from its root, without what is installed or built. */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!notOurs.has(entry.name)) walk(child);
      } else if (entry.isFile()) found.push(relative(root, child));
    }
  };
  const start = join(root, folder);
  if (existsSync(start)) walk(start);
  return found.sort();
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export const packages: readonly string[] = readdirSync(join(root, 'packages'))
  .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
  .sort();

/** Packages that may use Node; all others are core, `netstack/src/streams` is web. */
export const nodePackages: ReadonlySet<string> = new Set(['gateway', 'node']);

/** Source text with comments and the contents of strings blanked, line numbers kept. */
export function codeOf(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g,
    (match) => (match.startsWith('/') || !match.includes('${') ? blank(match) : match),
  );
}

/** `path:line: text` of every line that matches. */
export function linesMatching(path: string, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}
