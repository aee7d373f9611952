import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, program } from '../../lib/workspace.mjs';
import { engine, missing } from '../project.mjs';

export function stepsOf() {
  return [
    {
      name: 'the whole test suite under Node 24',
      skip: missing('node24'),
      run: async () => {
        const folder = mkdtempSync(join(tmpdir(), 'synos-node-24-'));
        try {
          const report = join(folder, 'report.json');
          const args = [program('vitest'), 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
          const options = { env: { NO_COLOR: '1' }, timeoutMs: 600_000 };
          const { code, output } = await capture(await engine('node24'), args, options);
          if (code !== 0) throw new Error([`vitest ended with ${code}`, ...failures(report), output].join('\n'));
          return /^ *Tests +(.+)$/m.exec(output)?.[1]?.trim();
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    },
  ];
}

/** A line per failed test, first of all that is printed: what follows may be cut by whoever keeps it. */
function failures(report) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    return testResults.flatMap(({ name, status, message, assertionResults }) => {
      if (status !== 'failed') return [];
      const failed = assertionResults.filter((test) => test.status === 'failed');
      if (failed.length === 0) return [`FAILED ${name}: ${message}`];
      return failed.map(
        (test) => `FAILED ${name} > ${test.fullName}: ${test.failureMessages.join(' ').split('\n')[0]}`,
      );
    });
  } catch (error) {
    return [`no report: ${error.message}`];
  }
}
