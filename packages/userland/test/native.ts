import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Parts of the C sources, compiled with our headers and linked with the host's libc: their logic, without their kernel. */

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
const cFolder = fileURLToPath(new URL('../c/', import.meta.url));
const hostFolder = fileURLToPath(new URL('./native/', import.meta.url));

/** Runs `npm run userland` with these arguments. Throws when it ends with anything but 0. */
export const userland = (...args: string[]): string =>
  execFileSync(process.execPath, ['tools/run.mjs', 'userland', ...args], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const works = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why nothing can be compiled here; undefined where it can. */
export function compilerMissing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the programs are for x86-64, compiled on Linux';
  const missing = ['gcc', 'ld', 'objcopy', 'objdump'].filter((program) => !works(program));
  return missing.length === 0 ? undefined : `no ${missing.join(', ')}`;
}

/** A place for programs that are compiled; it goes when `dispose` is called. */
export interface Workshop {
  /**
   * @param parts - C sources below `c/`; all their names get `synos_` in front
   * @param hosts - C sources below `test/native/`
   * @returns the path of the program
   */
  build(name: string, parts: readonly string[], hosts: readonly string[]): string;
  dispose(): void;
}

/** Functions of libc that make no system call. */
export const pureLibc: readonly string[] = [
  'errno-name',
  'format',
  'inet',
  'malloc',
  'printf',
  'snprintf',
  'string',
  'strtol',
].map((name) => `libc/${name}.c`);

export function createWorkshop(): Workshop {
  const place = mkdtempSync(join(tmpdir(), 'synos-native-'));
  userland('--header', join(place, 'synos.h'));
  const gcc = (args: readonly string[], cwd: string) => execFileSync('gcc', args, { cwd, stdio: 'pipe' });
  const own = execFileSync('gcc', ['-print-file-name=include'], { encoding: 'utf8' }).trim();
  // As the programs are compiled, but for the host's debugger, and for addresses that its linker may choose.
  const flags = [
    '-O2',
    '-std=c11',
    '-ffreestanding',
    '-fPIC',
    '-mgeneral-regs-only',
    '-fno-tree-loop-distribute-patterns',
  ];
  const includes = ['-nostdinc', '-isystem', own, '-I', place, '-I', 'libc/include'];
  return {
    build(name, parts, hosts) {
      const objects = parts.map((path) => {
        const object = join(place, `${name}-${path.replaceAll('/', '-')}.o`);
        gcc([...flags, ...includes, '-c', path, '-o', object], cFolder);
        return object;
      });
      const whole = join(place, `${name}.parts.o`);
      execFileSync('ld', ['-r', '-o', whole, ...objects]);
      execFileSync('objcopy', ['--prefix-symbols=synos_', whole]);
      if (/\bint +\$0x80/.test(execFileSync('objdump', ['-d', whole], { encoding: 'utf8', maxBuffer: 1 << 26 })))
        throw new Error(`${name} would enter the host's kernel by INT 0x80`);
      const program = join(place, name);
      gcc(['-O1', '-std=gnu11', '-w', '-o', program, ...hosts, 'host.c', whole], hostFolder);
      return program;
    },
    dispose: () => rmSync(place, { recursive: true, force: true }),
  };
}
