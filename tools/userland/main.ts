import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type MadeModule, modulePath, readModule, renderAll, renderModule } from './byte-module.js';
import { compile, installedCompiler } from './compile.js';
import { cFolder, header, modulesFolder, programNames, sourceHash } from './sources.js';

const usage = `usage: npm run userland [-- OPTION]

Compiles the C programs of ${cFolder} and writes each into a module of ${modulesFolder}.

  --check              compiles nothing; says which modules do not fit their sources, and ends with 1 if any
  --verify             compiles again, writes nothing; ends with 1 if the bytes differ from the modules'
  --extract NAME FILE  writes the program NAME, as it is in its module, to FILE
  --header FILE        writes <synos.h>, which programs of one's own include, to FILE
  --list               lists the programs
  --help               prints this
`;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`userland: ${line}\n`);
};

/** Programs whose modules do not fit their sources, with why. */
function staleModules(programs: readonly string[]): string[] {
  const stale: string[] = [];
  for (const program of programs) {
    const made = readModule(program);
    if (made === undefined) stale.push(`${modulePath(program)} is missing`);
    else if (made.hash !== sourceHash(program)) stale.push(`${modulePath(program)} is older than its sources`);
  }
  for (const file of leftovers(programs)) stale.push(`${join(modulesFolder, file)} has no sources`);
  const all = join(modulesFolder, 'all.ts');
  if (!existsSync(all) || readFileSync(all, 'utf8') !== renderAll(programs)) stale.push(`${all} lists other programs`);
  return stale;
}

/** Modules of programs that are no more. */
const leftovers = (programs: readonly string[]): string[] =>
  existsSync(modulesFolder)
    ? readdirSync(modulesFolder).filter((file) => file !== 'all.ts' && !programs.includes(file.replace(/\.ts$/, '')))
    : [];

function check(programs: readonly string[]): number {
  const stale = staleModules(programs);
  for (const line of stale) complain(line);
  if (stale.length > 0) {
    complain('`npm run userland` makes them new; it needs gcc');
    return 1;
  }
  print(`${programs.length} programs fit their sources`);
  return 0;
}

function compilerOrComplain(): string | undefined {
  const compiler = installedCompiler();
  if (compiler === undefined || process.platform !== 'linux' || process.arch !== 'x64') {
    complain('this needs gcc and binutils on Linux on x86-64 (Debian: apt install gcc binutils).');
    complain('Without them everything else works: the programs are there as modules, already compiled.');
    return undefined;
  }
  return compiler;
}

const size = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

function changeOf(before: MadeModule | undefined, elf: Buffer, hash: string): string {
  if (before === undefined) return `new, ${size(elf.length)}`;
  if (!before.elf.equals(elf)) return `changed, ${size(before.elf.length)} to ${size(elf.length)}`;
  return before.hash === hash ? 'as it was' : 'the same bytes from other sources';
}

async function build(programs: readonly string[]): Promise<number> {
  const compiler = compilerOrComplain();
  if (compiler === undefined) return 1;
  const files = await compile(programs);
  mkdirSync(modulesFolder, { recursive: true });
  for (const [program, elf] of files) {
    const before = readModule(program);
    const hash = sourceHash(program);
    writeFileSync(modulePath(program), renderModule(program, hash, compiler, elf));
    print(`${program}: ${changeOf(before, elf, hash)}`);
  }
  for (const file of leftovers(programs)) {
    rmSync(join(modulesFolder, file));
    print(`${file}: removed`);
  }
  writeFileSync(join(modulesFolder, 'all.ts'), renderAll(programs));
  return 0;
}

async function verify(programs: readonly string[]): Promise<number> {
  const compiler = installedCompiler();
  const other = programs.map(readModule).find((made) => made?.compiler !== compiler);
  if (compiler === undefined || other !== undefined) {
    print(`skipped: made with ${other?.compiler ?? 'gcc'}, and here is ${compiler ?? 'no gcc'}`);
    return 0;
  }
  const differing = [...(await compile(programs))].filter(([program, elf]) => !readModule(program)?.elf.equals(elf));
  for (const [program] of differing) complain(`${program}: compiled again it is not what its module holds`);
  if (differing.length === 0) print(`${programs.length} programs compiled again are the same bytes`);
  return differing.length === 0 ? 0 : 1;
}

function extract(programs: readonly string[], names: readonly string[]): number {
  const [program, file] = names;
  const made = program === undefined ? undefined : readModule(program);
  if (program === undefined || file === undefined || names.length > 2 || made === undefined) {
    if (program !== undefined && made === undefined) complain(`there is no program ${program}: ${programs.join(', ')}`);
    process.stderr.write(usage);
    return 2;
  }
  writeFileSync(resolve(process.env.INIT_CWD ?? '.', file), made.elf, { mode: 0o755 });
  print(`${program}: ${made.elf.length} bytes to ${file}`);
  return 0;
}

function writeHeader(names: readonly string[]): number {
  const [file] = names;
  if (file === undefined || names.length > 1) {
    process.stderr.write(usage);
    return 2;
  }
  writeFileSync(resolve(process.env.INIT_CWD ?? '.', file), header());
  return 0;
}

const options = {
  check: { type: 'boolean' },
  verify: { type: 'boolean' },
  extract: { type: 'boolean' },
  header: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<number> {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    complain((error as Error).message);
    process.stderr.write(usage);
    return 2;
  }
  const { values, positionals } = parsed;
  const programs = programNames();
  if (values.help) process.stdout.write(usage);
  else if (values.list) for (const program of programs) print(program);
  else if (values.extract) return extract(programs, positionals);
  else if (values.header) return writeHeader(positionals);
  else if (values.check) return check(programs);
  else if (values.verify) return verify(programs);
  else if (positionals.length === 0) return build(programs);
  else {
    process.stderr.write(usage);
    return 2;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What gcc has to say is in its standard error.
  const { stderr } = error as { stderr?: unknown };
  complain(typeof stderr === 'string' && stderr !== '' ? stderr : String((error as Error).stack));
  process.exitCode = 1;
}
