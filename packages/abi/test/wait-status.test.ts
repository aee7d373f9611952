import { expect, test } from 'vitest';
import { readWaitStatus, type WaitStatus, writeWaitStatus } from '../src/index.js';
import { cMissing, runC } from './c-compiler.js';

/** What the kernel stores: 0x7f in the low byte for a stop, never 0xff but when a child goes on. */
const possible = Array.from({ length: 0x10000 }, (_, word) => word).filter(
  (word) => word === 0xffff || ((word & 0xff) !== 0xff && (word & 0xff) !== 0x80),
);

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
  for (const word of possible) {
    if (text(readWaitStatus(word)) !== inC.get(word))
      expect(`${word} ${text(readWaitStatus(word))}`).toBe(`${word} ${inC.get(word)}`);
  }
});

test('what is written is read', () => {
  for (const word of possible) {
    const again = writeWaitStatus(readWaitStatus(word));
    // A status of exit has no eighth bit.
    if ((again & 0xffff) !== word && (word & 0x7f) !== 0) expect(again).toBe(word);
    if ((word & 0xff) === 0) expect(again).toBe(word);
  }
  expect(writeWaitStatus({ how: 'exited', code: 0x1ff })).toBe(0xff00);
  expect(readWaitStatus(-1)).toEqual({ how: 'continued' });
});
