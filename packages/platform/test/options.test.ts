import type { Machine } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { createConsole, createTimer } from '../src/index.js';

// What would make a driver that does nothing, for ever, is refused by name.

const machine = { tscHz: 1e9, rdtsc: () => 0, readPort: () => 0xff, writePort: () => {} } as unknown as Machine;

test.each<readonly [object, string]>([
  [{ baud: 0 }, 'baud'],
  [{ baud: 7 }, 'not 7'],
  [{ baud: Number.NaN }, 'baud'],
  [{ outputLimitBytes: -1 }, 'outputLimitBytes'],
  [{ outputLimitBytes: Number.NaN }, 'outputLimitBytes'],
  [{ inputLimitBytes: 1.5 }, 'inputLimitBytes'],
])('a console with %j', (options, words) => {
  expect(() => createConsole(machine, options)).toThrow(words);
});

test('a timer is armed for a time', () => {
  const timer = createTimer(machine);
  for (const tsc of [Number.NaN, undefined]) expect(() => timer.arm(tsc as number)).toThrow('no count');
  expect(timer.deadline).toBe(Infinity);
});
