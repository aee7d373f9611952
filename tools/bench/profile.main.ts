// Our side of one row alone, under Node's own profilers; the report says what took the time, by layer and function.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordAllocations, recordCpu } from './profile/record.js';
import { reportAllocations, reportCpu } from './profile/report.js';
import { SourceLines } from './profile/source-lines.js';
import { rowNamed } from './rows/index.js';
import { forSeconds } from './rows/profile-rounds.js';

const [name = '', secondsText = '5', folder = ''] = process.argv.slice(2);
const seconds = Number(secondsText);

async function main(): Promise<void> {
  const row = rowNamed(name);
  if (!row?.profile) {
    process.stderr.write(`bench: ${name} has nothing to profile\n`);
    process.exit(2);
  }
  const lines = new SourceLines();
  await row.profile(forSeconds(Math.min(seconds, 2)));
  const cpu = await recordCpu(() => row.profile!(forSeconds(seconds)));
  if (folder !== '') writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(cpu.profile));
  const allocations = await recordAllocations(() => row.profile!(forSeconds(Math.min(seconds, 2))));
  process.stdout.write(`${reportCpu(cpu, lines)}\n\n${reportAllocations(allocations, lines)}\n`);
}

void main();
