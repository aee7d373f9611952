// Our side of one row alone, to be run under callgrind, which counts only while this program wants it to.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { InstructionsAnswer } from './profile/instructions-process.js';
import { rowNamed } from './rows/index.js';

const [name = '', vgdbPrefix = '', answerFile = ''] = process.argv.slice(2);

const say = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);

/** Valgrind listens for commands in its folder; its own client brings them. */
function setCounting(state: 'on' | 'off'): void {
  const args = [`--pid=${process.pid}`, `--vgdb-prefix=${vgdbPrefix}`, 'instrumentation', state];
  execFileSync('vgdb', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Under valgrind all is some 20 times slower, and the engine optimises what has run often. */
const warmUpSeconds = 40;
/** A round as long as without valgrind would not end. */
const slowness = 16;
/** While counting, a hundred times slower; a round is counted to its end. */
const countSeconds = 10;

/**
 * Lets rounds run, and counts the last of them. All are of one `profile`: another one opens connections of its own, for
 * which the engine would have to give up and make anew much of its code.
 */
class CountedRounds {
  private startMs = performance.now();
  private isCounting = false;
  private doneBefore = 0;
  /** How much of all that was done was counted. */
  share = 0;

  goOn(done: number): boolean {
    const seconds = (performance.now() - this.startMs) / 1000;
    if (seconds < (this.isCounting ? countSeconds : warmUpSeconds)) return true;
    if (!this.isCounting) {
      say(`counting, ${countSeconds} s or more`);
      this.isCounting = true;
      this.doneBefore = done;
      this.startMs = performance.now();
      setCounting('on');
      return true;
    }
    setCounting('off');
    this.share = (done - this.doneBefore) / done;
    return false;
  }
}

async function main(): Promise<void> {
  const row = rowNamed(name);
  if (!row?.profile) throw new TypeError(`${name} has nothing to profile`);
  say(`warming up under valgrind, ${warmUpSeconds} s or more`);
  const rounds = new CountedRounds();
  const units = await row.profile((done) => rounds.goOn(done), slowness);
  const answer: InstructionsAnswer = { amount: units * rounds.share, jitDump: `jit-${process.pid}.dump` };
  writeFileSync(answerFile, JSON.stringify(answer));
}

void main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
