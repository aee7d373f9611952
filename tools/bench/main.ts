import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments, usage } from './harness/arguments.js';
import { engineFlagsFor } from './harness/engine.js';
import { metricsFile, type RowOutcome } from './harness/metric.js';
import { runInProcess } from './harness/row-process.js';
import { formatTable, type TableRow } from './harness/table.js';
import { instructionsInProcess } from './profile/instructions-process.js';
import { profileInProcess } from './profile/profile-process.js';
import { rowNamed, rows } from './rows/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The exit code. */
async function main(): Promise<number> {
  let options: BenchArguments;
  try {
    options = readArguments(
      process.argv.slice(2),
      rows.map((row) => row.name),
    );
  } catch (error) {
    say(`bench: ${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { instructions, profile, seconds, isPlain } = options;
  if (instructions !== null) return countInstructions(instructions, isPlain);
  if (profile === null) return bench(options);
  return profileInProcess(
    join(here, 'profile.main.cjs'),
    profile,
    seconds,
    engineFlagsFor(rowNamed(profile)!, isPlain),
  );
}

async function countInstructions(name: string, isPlain: boolean): Promise<number> {
  const row = rowNamed(name);
  // Told here: valgrind takes seconds to start.
  const reason = row?.profile ? row.unable?.() : 'it has nothing to profile';
  if (row === undefined || reason !== undefined) {
    say(`bench: ${name}: ${reason}`);
    return 2;
  }
  return instructionsInProcess(join(here, 'instructions.main.cjs'), name, engineFlagsFor(row, isPlain), say);
}

async function bench({ only, pairs, isQuick, isPlain, json }: BenchArguments): Promise<number> {
  const wanted = rows.filter((row) => only === null || only.includes(row.name));
  const table: TableRow[] = [];
  const outcomes = new Map<string, RowOutcome>();
  let code = 0;
  for (const row of wanted) {
    say(`${row.name}: ${row.title}`);
    const reason = row.unable?.();
    if (reason !== undefined) {
      say(`  ${row.name}: skipped, ${reason}`);
      table.push({ head: row, outcome: null, error: `skipped: ${reason}` });
      continue;
    }
    const task = { name: row.name, pairs, isQuick };
    const flags = [...engineFlagsFor(row, isPlain), ...(row.nodeFlags ?? [])];
    const report = await runInProcess(join(here, 'row.main.cjs'), task, flags);
    const { outcome, error } = report;
    if (outcome) outcomes.set(row.name, outcome);
    for (const note of outcome?.notes ?? []) say(`  ${row.name}: ${note}`);
    if (error !== null) {
      say(`  ${row.name}: ${error}`);
      // Without a result there is nothing that could be believed either.
      code = 1;
    }
    const why = report.isDishonest ? 'A CHECK FAILED' : 'failed';
    table.push({ head: row, outcome, error: error === null ? null : `${why}: ${error.split('\n', 1)[0]}` });
  }
  const { model } = cpus()[0] ?? { model: 'unknown' };
  const load = loadavg()[0] ?? 0;
  const engineFlags = new Set(wanted.flatMap((row) => engineFlagsFor(row, isPlain)));
  process.stdout.write(
    `\nNode ${[process.versions.node, ...engineFlags].join(' ')}, ${cpus().length} x ${model}, load ${load.toFixed(1)}; ` +
      `${pairs} pairs of rounds, medians; both ends of either side in one thread${isQuick ? '; QUICK: these are no measurements' : ''}\n\n` +
      `${formatTable(table)}\n`,
  );
  if (json !== null) {
    const path = resolve(process.env.INIT_CWD ?? process.cwd(), json);
    writeFileSync(path, `${JSON.stringify(metricsFile(outcomes), null, 2)}\n`);
    say(`written: ${path}`);
  }
  return code;
}

void main().then((code) => {
  process.exitCode = code;
});
