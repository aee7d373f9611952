import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Published packages: `{ folder, path, manifest }`, by folder name. */
export function publishedPackages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((folder) => {
      const path = join(root, 'packages', folder);
      return { folder, path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) };
    })
    .filter(({ manifest }) => !manifest.private);
}

/** The program of a package installed at the root, as arguments for `process.execPath`. */
export function program(packageName, name = packageName.split('/').at(-1)) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

/** Runs a program to its end: `{ code, output }`, with stdout and stderr in the order written. */
export function capture(command, args, { cwd = root, env = {}, timeoutMs = 300_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) chunks.push(Buffer.from(`\nstopped after ${timeoutMs / 1000} s\n`));
      else if (signal) chunks.push(Buffer.from(`\nended by ${signal}\n`));
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Packs every published package as a registry would get it; answers them with `tarball`. They must be built. */
export async function packAll(place) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const packed = [];
  for (const one of publishedPackages()) {
    const args = [program('pnpm'), 'pack', '--json', '--pack-destination', place];
    const { code, output } = await capture(process.execPath, args, { cwd: one.path });
    if (code !== 0) throw new Error(`pnpm pack of ${one.manifest.name} failed:\n${output}`);
    packed.push({ ...one, tarball: JSON.parse(output.slice(output.indexOf('{'))).filename });
  }
  return packed;
}

/** The files in a tarball, and its manifest. */
export async function contentsOf(tarball) {
  const tar = (args) =>
    new Promise((resolve, reject) =>
      execFile('tar', args, { maxBuffer: 1 << 26 }, (error, stdout) => (error ? reject(error) : resolve(stdout))),
    );
  const files = (await tar(['-tzf', tarball])).trim().split('\n');
  const manifest = JSON.parse(await tar(['-xzOf', tarball, 'package/package.json']));
  return { files: files.map((file) => file.replace(/^package\//, '')), manifest };
}

/** Lines of a failing program that a reader gets to see: the first, and the last, where runners say what failed. */
const firstLines = 20;
const lastLines = 60;

function shortened(lines) {
  const left = lines.length - firstLines - lastLines;
  if (left <= 0) return lines;
  return [...lines.slice(0, firstLines), `... (${left} lines)`, ...lines.slice(-lastLines)];
}

/** Prints one line per step and counts; a failing step prints its reason and the run goes on. */
export class Steps {
  passed = 0;
  failed = 0;
  skipped = 0;

  /** `step` answers nothing or a remark for the line; it throws to fail. */
  async run(name, step) {
    const start = process.hrtime.bigint();
    const seconds = () => `${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s`;
    try {
      const remark = await step();
      this.passed++;
      console.log(`  pass  ${name} (${[remark, seconds()].filter(Boolean).join(', ')})`);
    } catch (error) {
      this.failed++;
      const lines = String(error?.message ?? error)
        .trimEnd()
        .split('\n');
      console.log(
        `  FAIL  ${name} (${seconds()})\n${shortened(lines)
          .map((line) => `        ${line}`)
          .join('\n')}`,
      );
    }
  }

  skip(name, reason) {
    this.skipped++;
    console.log(`  skip  ${name}: ${reason}`);
  }

  /** The summary line and the exit code. */
  end() {
    const skipped = this.skipped ? `, ${this.skipped} skipped` : '';
    console.log(`${this.passed} passed, ${this.failed} failed${skipped}`);
    return this.failed === 0 ? 0 : 1;
  }
}

/** Runs a program and fails with what it printed. */
export async function mustRun(command, args, options) {
  const { code, output } = await capture(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}\n${output}`);
  return output;
}
