import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolPath } from '../linux/needs.js';
import { caseText } from './case-text.js';
import { differences } from './compare.js';
import type { CpuCase, CpuResult } from './cpu-case.js';
import type { MadeCase } from './generate/make-case.js';

/** A case in which the two differ. */
export interface Mismatch {
  readonly made: MadeCase;
  readonly native: CpuResult;
  readonly simulated: CpuResult;
  /** A line each. */
  readonly differences: readonly string[];
}

/** Those of the cases in which a simulated CPU does not do what the real one did. */
export function mismatches(
  cases: readonly MadeCase[],
  native: readonly CpuResult[],
  simulate: (it: CpuCase) => CpuResult,
): Mismatch[] {
  const found: Mismatch[] = [];
  cases.forEach((made, i) => {
    const simulated = simulate(made);
    const differ = differences(made, native[i]!, simulated);
    if (differ.length > 0) found.push({ made, native: native[i]!, simulated, differences: differ });
  });
  return found;
}

/** For people: what differs, and how to keep it. Empty where nothing does. */
export function report(found: readonly Mismatch[]): string {
  if (found.length === 0) return '';
  // One of each kind.
  const kinds = new Map<string, Mismatch>();
  for (const it of found) {
    const key = `${it.made.mnemonic} ${it.differences.map((text) => text.split(':')[0]).join()}`;
    if (!kinds.has(key)) kinds.set(key, it);
  }
  const shown = [...kinds.values()].slice(0, 12).map(describe);
  return [`${found.length} mismatches of ${kinds.size} kinds`, ...shown].join('\n\n');
}

function describe({ made, differences: differ }: Mismatch): string {
  const line = JSON.stringify({ text: caseText(made), undefinedFlags: made.undefinedFlags });
  return [
    `${made.mnemonic}: ${disassemble(made)}`,
    ...differ.map((it) => `    ${it}`),
    `  regressions.ts: ${line}`,
  ].join('\n');
}

/** What objdump says to the bytes; the bytes, where there is no objdump. */
function disassemble({ code, ip }: CpuCase): string {
  const bytes = Buffer.from(code).toString('hex');
  if (toolPath('objdump') === undefined) return bytes;
  const folder = mkdtempSync(join(tmpdir(), 'synos-objdump-'));
  const file = join(folder, 'code');
  writeFileSync(file, code);
  const options = [
    '-D',
    '-b',
    'binary',
    '-m',
    'i386:x86-64',
    '-M',
    'intel',
    '--no-show-raw-insn',
    `--adjust-vma=0x${ip.toString(16)}`,
  ];
  const { stdout } = spawnSync('objdump', [...options, file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const lines = stdout.split('\n').filter((text) => /^\s+[0-9a-f]+:/.test(text));
  return `${bytes}  ${lines
    .map((text) =>
      text
        .replace(/^\s+[0-9a-f]+:\s*/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .join('; ')}`;
}
