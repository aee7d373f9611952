// Our side of one row alone, to be run under callgrind, which counts only while this program wants it to.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { InstructionsAnswer } from './profile/instructions-process.js';
import { rowNamed } from './rows/index.js';

const [name = '', vgdbPrefix = '', answerFile = ''] = process.argv.slice(2);

/**
 * Valgrind makes the program some 20 times slower, and the engine optimises what has run often enough. Each call of
 * `profile` opens connections of its own: only after a few of them is no code made for those of the first alone.
 */
const warmUps = 3;
const warmUpSeconds = 14;
/** A hundred times slower than without valgrind; counts do not depend on it. */
const countSeconds = 10;

/** Valgrind listens for commands in its folder; its own client brings them. */
function setCounting(state: 'on' | 'off'): void {
  const args = [`--pid=${process.pid}`, `--vgdb-prefix=${vgdbPrefix}`, 'instrumentation', state];
  execFileSync('vgdb', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function main(): Promise<void> {
  const row = rowNamed(name);
  if (!row?.profile) throw new TypeError(`${name} has nothing to profile`);
  process.stderr.write(`${name}: warming up under valgrind, ${warmUps * warmUpSeconds} s or more\n`);
  for (let index = 0; index < warmUps; index++) await row.profile(warmUpSeconds);
  process.stderr.write(`${name}: counting, ${countSeconds} s or more\n`);
  setCounting('on');
  const amount = await row.profile(countSeconds);
  setCounting('off');
  const answer: InstructionsAnswer = { amount, jitDump: `jit-${process.pid}.dump` };
  writeFileSync(answerFile, JSON.stringify(answer));
}

void main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
