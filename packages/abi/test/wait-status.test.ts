import { expect, test } from 'vitest';
import { readWaitStatus, type WaitStatus, writeWaitStatus } from '../src/index.js';
import { cMissing, runC } from './c-compiler.js';

/** What the kernel stores: nothing of a signal in a code of exit, nothing of a code beside a signal. */
const possible = Array.from({ length: 0x10000 }, (_, word) => word).filter((word) => {
  const low = word & 0xff;
  return low === 0 || low === 0x7f || word === 0xffff || (word < 0x100 && low !== 0x80 && low !== 0xff);
});

function text(status: WaitStatus): string {
  if (status.how === 'exited') return `exited ${status.code}`;
  if (status.how === 'stopped') return `stopped ${status.signal}`;
  return status.how === 'continued' ? 'continued' : `killed ${status.signal} ${status.dumpedCore ? 1 : 0}`;
}

test('each status that a kernel stores says what the macros of C say', (context) => {
  if (cMissing !== undefined) context.skip(cMissing);
  const lines = runC(`
    for (int s = 0; s < 0x10000; s++) {
      if (WIFCONTINUED(s)) printf("%d continued\\n", s);
      else if (WIFEXITED(s)) printf("%d exited %d\\n", s, WEXITSTATUS(s));
      else if (WIFSTOPPED(s)) printf("%d stopped %d\\n", s, WSTOPSIG(s));
      else if (WIFSIGNALED(s)) printf("%d killed %d %d\\n", s, WTERMSIG(s), !!WCOREDUMP(s));
    }`);
  const inC = new Map(
    lines
      .trim()
      .split('\n')
      .map((line) => [Number(line.split(' ')[0]), line.replace(/^\d+ /, '')]),
  );
  expect(inC.size).toBeGreaterThan(possible.length);
  expect(possible.map((word) => text(readWaitStatus(word)))).toEqual(possible.map((word) => inC.get(word)));
});

test('what is written is read', () => {
  expect(possible.map((word) => writeWaitStatus(readWaitStatus(word)))).toEqual(possible);
  expect(writeWaitStatus({ how: 'exited', code: 0x1ff })).toBe(0xff00);
  expect(readWaitStatus(-1)).toEqual({ how: 'continued' });
});
