import { expect, test } from 'vitest';
import { exitCodeOf } from '../kernel/exit-code.js';
import { createWorld } from './world.js';

// The programs that test a kernel from inside, in ring 3: each line of theirs is a case.
test.each([
  ['abi-check', 20],
  ['faults', 15],
  ['mem-check', 15],
])(
  '%s: every line is ok',
  (program, leastLines) => {
    const world = createWorld({ program });
    const before = world.kernel.census();
    expect(world.run({ limitMs: 600_000 })).toBe('off');
    const lines = world.console().trim().split('\n');
    expect(lines.filter((line) => line.startsWith('not ok'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ok ')).length).toBeGreaterThanOrEqual(leastLines);
    expect(exitCodeOf(world.kernel.exitStatus)).toBe(0);
    expect(world.panics).toEqual([]);
    expect(before).toBeDefined();
  },
  120_000,
);

test('a program that is not there: 127, as from a shell', () => {
  const world = createWorld({ program: 'no-such-program' });
  expect(world.run({ limitMs: 10_000 })).toBe('off');
  expect(exitCodeOf(world.kernel.exitStatus)).toBe(127);
});

test('two systems in one process do not know of one another', () => {
  const worlds = [createWorld({ program: 'hello', seed: 1 }), createWorld({ program: 'hello', seed: 2 })];
  // Turn by turn, both at once.
  let isOver = false;
  while (!isOver) isOver = worlds.map((world) => world.run({ limitMs: 1 })).every((end) => end === 'off');
  expect(worlds[0]?.console()).toBe(worlds[1]?.console());
  expect(worlds.map((world) => exitCodeOf(world.kernel.exitStatus))).toEqual([0, 0]);
});
