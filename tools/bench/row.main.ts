// One row in a process of its own: what another row left on the heap or in the optimiser is not its business.
import { HonestyError } from './harness/honesty.js';
import type { RowReport, RowTask } from './harness/row-process.js';
import { rowNamed } from './rows/index.js';

async function run(task: RowTask): Promise<RowReport> {
  try {
    const row = rowNamed(task.name);
    if (!row) throw new TypeError(`no row ${task.name}`);
    const say = (text: string): void => void process.stderr.write(`  ${task.name}: ${text}\n`);
    const outcome = await row.run({ pairs: task.pairs, isQuick: task.isQuick, say });
    return { outcome, error: null, isDishonest: false };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { outcome: null, error: text, isDishonest: error instanceof HonestyError };
  }
}

// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit(1));
process.once('message', (task: RowTask) => {
  void run(task).then((report) => {
    process.send?.(report, () => process.exit(0));
  });
});
