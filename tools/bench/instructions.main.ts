// Our side of one row alone, to be run under callgrind, which counts only while this program wants it to.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { InstructionsAnswer } from './profile/instructions-process.js';
import { rowNamed } from './rows/index.js';

const [name = '', vgdbPrefix = '', answerFile = ''] = process.argv.slice(2);

/**
 * Each call of `profile` opens connections of its own, and what the engine assumed of those before does not hold for
 * them: it gives up much of its code at the second call, less at the third. So these are many.
 */
const warmUps = 6;
/** Under valgrind all is some 20 times slower: a round takes seconds. */
const warmUpSeconds = 7;
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
  for (let index = 0; index < warmUps; index++) {
    await row.profile(warmUpSeconds);
    // Else the collector may be at work all the time that is counted, when each write of a reference costs more.
    gc?.();
  }
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
