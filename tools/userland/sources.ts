import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { synosProfile } from '@synos/abi';
import { cHeader } from '@synos/abi/c-header';

/** From the root of the repository, where `npm run` stands. */
export const cFolder = join('packages', 'userland', 'c');
export const modulesFolder = join('packages', 'userland', 'src', 'programs');

/** What every program is linked with: `check` is left out of those that do not use it. */
export const libraryFolders = ['libc', 'check'] as const;

export const compilerFlags: readonly string[] = [
  '-O2',
  '-std=c11',
  '-ffreestanding',
  '-fno-pic',
  '-mgeneral-regs-only',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fcf-protection=none',
  // No compiler's name in the file; what is not used is left out below.
  '-fno-ident',
  '-ffunction-sections',
  '-fdata-sections',
  // A loop in `memset` would become a call of `memset`.
  '-fno-tree-loop-distribute-patterns',
  '-nostdinc',
  '-Wall',
  '-Wextra',
  '-Werror',
];

export const linkerFlags: readonly string[] = [
  '-static',
  '-nostdlib',
  '-no-pie',
  '-s',
  '-Wl,-Ttext-segment=0x400000,--gc-sections,--build-id=none,-z,noexecstack,-z,norelro,-z,max-page-size=4096',
];

/** The header of system calls that programs include as `<synos.h>`. */
export const header = (): string => cHeader(synosProfile);

/** The programs, by name. */
export const programNames = (): string[] =>
  readdirSync(join(cFolder, 'programs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

/** All files below a folder of the C sources, as paths from there. */
export function sourcesIn(folder: string): string[] {
  return readdirSync(join(cFolder, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(cFolder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** SHA-256 of all that a program is made from: its sources, the library's, the header, and how they are compiled. */
export function sourceHash(program: string): string {
  const hash = createHash('sha256');
  hash.update([...compilerFlags, ...linkerFlags].join('\n'));
  hash.update(header());
  for (const folder of [...libraryFolders, `programs/${program}`]) {
    for (const path of sourcesIn(folder)) {
      const text = readFileSync(join(cFolder, path));
      hash.update(`\n${path} ${text.length}\n`).update(text);
    }
  }
  return hash.digest('hex');
}

/** What a program is for: the comment at the head of its first file, `main.c` before all others, up to a colon and a dot. */
export function purposeOf(program: string): string {
  const files = sourcesIn(`programs/${program}`);
  const main = files.find((path) => path.endsWith('/main.c')) ?? files.find((path) => path.endsWith('.c'));
  const text = main === undefined ? '' : readFileSync(join(cFolder, main), 'utf8');
  const comment = /^\/\* ([\s\S]*?)\*\//.exec(text)?.[1]?.replace(/\s+/g, ' ') ?? '';
  return /^.*?: .*?\.(?= |$)/.exec(comment)?.[0] ?? program;
}
