import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cFolder, compilerFlags, header, libraryFolders, linkerFlags, sourcesIn } from './sources.js';

const execute = promisify(execFile);

/** Name and version of the compiler and the linker that are installed; undefined where one is missing. */
export function installedCompiler(): string | undefined {
  try {
    const firstLine = (program: string) => execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0];
    return `${firstLine('gcc')}; ${firstLine('ld')}`;
  } catch {
    return undefined;
  }
}

/** Compiles programs: the library once, then each with what it needs of it. Answers their ELF files by name. */
export async function compile(programs: readonly string[]): Promise<Map<string, Buffer>> {
  const place = mkdtempSync(join(tmpdir(), 'synos-userland-'));
  try {
    writeFileSync(join(place, 'synos.h'), header());
    const own = execFileSync('gcc', ['-print-file-name=include'], { encoding: 'utf8' }).trim();
    // The compiler's own headers (stddef.h, stdint.h, stdarg.h), ours, and none of the system's.
    const includes = ['-isystem', own, '-I', place, '-I', 'libc/include'];
    const objectOf = async (path: string): Promise<string> => {
      const object = join(place, `${path.replaceAll('/', '--')}.o`);
      await execute('gcc', [...compilerFlags, ...includes, '-c', path, '-o', object], { cwd: cFolder });
      return object;
    };
    const objectsOf = (folder: string) =>
      inParallel(
        sourcesIn(folder).filter((path) => path.endsWith('.c')),
        objectOf,
      );

    const library = join(place, 'library.a');
    const members = (await Promise.all(libraryFolders.map(objectsOf))).flat();
    await execute('ar', ['rcsD', library, ...members]);

    const files = new Map<string, Buffer>();
    mkdirSync(join(place, 'elf'));
    for (const program of programs) {
      const elf = join(place, 'elf', basename(program));
      const objects = await objectsOf(`programs/${program}`);
      await execute('gcc', [...linkerFlags, '-o', elf, ...objects, library]);
      files.set(program, readFileSync(elf));
    }
    return files;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Answers in the order of the inputs. */
async function inParallel<A, B>(inputs: readonly A[], work: (input: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < inputs.length; at = next++) results[at] = await work(inputs[at] as A);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}
