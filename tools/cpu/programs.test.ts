import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerNames } from './compare.js';
import { compileNative } from './native-runner.js';
import { lackingForCpu } from './needs.js';
import { runSimulated, WORDS_PER_STEP } from './simulated-program.js';

const lack = lackingForCpu();
/** Instructions of each program that are compared one by one. */
const STEPS = process.env.SYNOS_LONG ? 500_000 : 5000;
const levels = ['-O0', '-O1', '-O2', '-O3', '-Os'];
/** What each tells in part, so that two wrong answers do not agree. */
const programs = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n',
  integers: 'mixed 4433906fc8168b8e\n',
  structures: 'ackermann 21\n',
  refused: 'mkdir ffffffffffffffda\n',
};

describe.skipIf(lack !== undefined)(`programs on both CPUs${lack ? ` (${lack})` : ''}`, () => {
  let folder: string;
  let tracer: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'synos-programs-'));
    tracer = compileNative('tracer.c', folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(Object.entries(programs).flatMap(([name, told]) => levels.map((level) => [name, level, told] as const)))(
    '%s %s',
    (name, level, told) => {
      const path = compile(name, level, folder);
      const native = runNatively(tracer, path, folder);
      const differ: string[] = [];
      let watched = 0;
      const run = runSimulated(readFileSync(path), native.steps, (done, registers, rip) => {
        watched++;
        const expected = native.steps.subarray(done * WORDS_PER_STEP, (done + 1) * WORDS_PER_STEP);
        const wrong = [...registers.subarray(0, 16), rip].flatMap((value, i) =>
          value === expected[i]
            ? []
            : [
                `${registerNames[i] ?? 'rip'}: ${expected[i]!.toString(16)} on the CPU, ${value.toString(16)} simulated`,
              ],
        );
        if (wrong.length > 0 && differ.length < 8) differ.push(`after ${done} instructions ${wrong.join(', ')}`);
      });
      expect(differ).toEqual([]);
      expect(run.output).toBe(native.output);
      expect(run.code).toBe(native.code);
      expect(run.output).toContain(told);
      // Blocks are longer than an instruction, but not that long.
      expect(watched).toBeGreaterThan(native.steps.length / WORDS_PER_STEP / 100);
      expect(existsSync('/tmp/synos-must-not-exist')).toBe(false);
    },
  );
});

function compile(name: string, level: string, folder: string): string {
  const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
  const path = join(folder, `${name}${level}`);
  const flags = ['-static', '-nostdlib', '-ffreestanding', '-fno-pic', '-no-pie', '-fno-stack-protector'];
  execFileSync('gcc', [level, ...flags, '-mgeneral-regs-only', '-Wl,--build-id=none', '-o', path, source]);
  return path;
}

/** Natively INT 0x80 means the calls of 32-bit programs: SYSCALL takes its place. */
function runNatively(
  tracer: string,
  path: string,
  folder: string,
): { output: string; code: number; steps: BigUint64Array } {
  const bytes = readFileSync(path);
  const gate = bytes.indexOf(Buffer.from([0xcd, 0x80]));
  expect(gate).toBeGreaterThan(0);
  expect(bytes.indexOf(Buffer.from([0xcd, 0x80]), gate + 2), 'the only one').toBe(-1);
  bytes.set([0x0f, 0x05], gate);
  const patched = `${path}.native`;
  writeFileSync(patched, bytes, { mode: 0o700 });
  const log = join(folder, 'log');
  const { status, stdout, stderr } = spawnSync(tracer, [patched, `${STEPS}`, log], {
    timeout: 60_000,
    encoding: 'latin1',
  });
  if (status === null || status === 125) throw new Error(`the tracer ended with ${status}: ${stderr}`);
  const words = readFileSync(log);
  return { output: stdout, code: status, steps: new BigUint64Array(new Uint8Array(words).buffer) };
}
