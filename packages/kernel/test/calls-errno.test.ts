// What every call answers to every misuse, and that the Linux underneath says the same, through python3.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { errnoRows } from './calls-errno-rows.js';
import { linuxInput, linuxScript, type Outcome, runOurs } from './calls-script.js';
import { FilesRig, nothing } from './files-rig.js';

const result = (outcome: Outcome | undefined): unknown => (typeof outcome === 'object' ? outcome.result : outcome);

describe('misuse', () => {
  test.each(errnoRows)('%s', (_what, expected, steps) => {
    const rig = new FilesRig();
    expect(result(runOurs(steps, rig).at(-1))).toBe(expected);
    rig.settle();
    expect(rig.census()).toEqual(nothing);
  });
});

// There bind and listen wait, and what comes after them finds them waiting: only what is left behind is compared.
test.each(errnoRows)('over a network that completes later nothing is left: %s', (_what, _expected, steps) => {
  const rig = new FilesRig({ completesLater: true });
  runOurs(steps, rig);
  rig.settle();
  expect(rig.census()).toEqual(nothing);
});

const python = spawnSync('python3', ['-c', linuxScript], {
  input: linuxInput(errnoRows.map(([, , steps]) => steps)),
  encoding: 'utf8',
  timeout: 60_000,
});
const isMissing = (python.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
const reason = isMissing ? '(skipped: no python3)' : process.platform !== 'linux' ? '(skipped: no Linux)' : '';

describe.skipIf(reason !== '')(`the same calls on the Linux underneath ${reason}`, () => {
  test('python3 has made them', () => {
    expect(python.error).toBeUndefined();
    expect(python.stderr).toBe('');
  });
  const outcomes: Outcome[][] = python.status === 0 ? JSON.parse(python.stdout) : [];
  test.each(errnoRows.map(([what, , steps], index) => [what, index, steps] as const))('%s', (_what, index, steps) => {
    expect(runOurs(steps)).toEqual(outcomes[index]);
  });
});
