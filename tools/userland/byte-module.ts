import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modulesFolder, purposeOf } from './sources.js';

const lineLength = 116;

/** `tcp-echo` as a name of TypeScript: `tcpEcho`. */
export const exportName = (program: string): string =>
  program.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

export const modulePath = (program: string): string => join(modulesFolder, `${program}.ts`);

/** The text of a module that holds a program. */
export function renderModule(program: string, hash: string, compiler: string, elf: Uint8Array): string {
  const base64 = Buffer.from(elf).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return [
    `// Made by \`npm run userland\` from packages/userland/c/programs/${program}: ${elf.length} bytes.`,
    `// Compiler: ${compiler}`,
    "import { type ProgramFile, programFile } from '../program-file.js';",
    '',
    ...comment(purposeOf(program)),
    `export const ${exportName(program)}: ProgramFile = /* @__PURE__ */ programFile(`,
    `  '${program}',`,
    `  '${hash}',`,
    '  `',
    ...lines,
    '`,',
    ');',
    '',
  ].join('\n');
}

/** A comment in lines that are not too long. */
function comment(text: string): string[] {
  const lines = text.match(/.{1,113}(?: |$)/g) ?? [];
  return lines.length === 1 ? [`/** ${text} */`] : ['/**', ...lines.map((line) => ` * ${line.trim()}`), ' */'];
}

/** The module of all programs by name, for those who choose one by name. */
export function renderAll(programs: readonly string[]): string {
  return [
    '// Made by `npm run userland`.',
    "import type { ProgramFile } from '../program-file.js';",
    ...programs.map((program) => `import { ${exportName(program)} } from './${program}.js';`),
    '',
    '/** Every program of this package, in the order of their names. */',
    ...array(programs.map(exportName)),
    '',
  ].join('\n');
}

/** As the formatter has it: on one line where it fits. */
function array(names: readonly string[]): string[] {
  const start = 'export const programs: readonly ProgramFile[] = [';
  const line = `${start}${names.join(', ')}];`;
  return line.length <= 120 ? [line] : [start, ...names.map((name) => `  ${name},`), '];'];
}

/** What a module that was made holds. */
export interface MadeModule {
  readonly hash: string;
  readonly compiler: string;
  readonly elf: Buffer;
}

/** Reads a module that was made; undefined where there is none, or it is none. */
export function readModule(program: string): MadeModule | undefined {
  const path = modulePath(program);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const compiler = /^\/\/ Compiler: (.+)$/m.exec(text)?.[1];
  const hash = /^ {2}'([0-9a-f]{64})',$/m.exec(text)?.[1];
  const base64 = /`\n([A-Za-z0-9+/=\n]+)`,\n\);/.exec(text)?.[1];
  if (compiler === undefined || hash === undefined || base64 === undefined) return undefined;
  return { hash, compiler, elf: Buffer.from(base64, 'base64') };
}
