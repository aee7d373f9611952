import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

const lastWords: Program = function* (cpu) {
  yield* cpu.text(DATA, 'last words');
  yield* cpu.call('write', 1, DATA, 10);
  yield* cpu.call('exit', 3);
};

test('init has ended: the console sends what it has, and then the machine is off', () => {
  const t = bootTest({ init: lastWords });
  t.machine.ports.stuckUntil = 50_000;
  expect(runKernel(t.kernel, t.machine)).toBe(3 << 8);
  expect(t.machine.output).toBe('last words');
  expect(t.machine.ticks).toBeGreaterThanOrEqual(50_000);
  expect(t.machine.ticks).toBeLessThan(60_000);
  expect(t.machine.isOff).toBe(true);
});

test('a port that takes nothing is not waited for longer than two seconds', () => {
  const t = bootTest({ init: lastWords });
  t.machine.ports.stuckUntil = 3_000_000;
  expect(runKernel(t.kernel, t.machine)).toBe(3 << 8);
  expect(t.machine.output).toBe('');
  expect(t.machine.ticks).toBeGreaterThanOrEqual(2_000_000);
  expect(t.machine.ticks).toBeLessThan(2_100_000);
  expect(t.machine.isOff).toBe(true);
});

test('the census counts descriptors, and the files behind them', () => {
  const counted: unknown[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const count = (): void => {
        const { descriptors, processes, zombies, files } = t.kernel.census();
        counted.push([descriptors, processes, zombies, files.openFiles]);
      };
      count();
      yield* cpu.call('dup', 0);
      count();
      yield* cpu.call('epoll_create1', 0);
      count();
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
      count();
      yield* cpu.call('close', 3);
      yield* cpu.call('close', 4);
      yield* cpu.call('wait4', -1, 0, 0, 0);
      count();
    },
    child: function* (cpu) {
      yield* cpu.work(10);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(counted).toEqual([
    [3, 1, 0, 1],
    [4, 1, 0, 1],
    [5, 1, 0, 2],
    [10, 2, 0, 2],
    [3, 1, 0, 1],
  ]);
});
