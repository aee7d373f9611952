import { expect, test } from 'vitest';
import { createKernel, runKernel } from '../src/index.js';
import type { Program } from './support/fake-cpu.js';
import { DATA, FakeMachine } from './support/fake-machine.js';

test('boots, runs init, and is off with its status', () => {
  const lines: string[] = [];
  const trace: string[] = [];
  const init: Program = function* (cpu) {
    yield* cpu.text(DATA, 'hello');
    yield* cpu.call('write', 1, DATA, 5);
    yield* cpu.call('exit_group', 7);
  };
  const machine = new FakeMachine({ programs: { init } });
  const kernel = createKernel({ machine, init: 'init', log: (l) => lines.push(l), trace: (l) => trace.push(l) });
  console.log(lines.join('\n'));
  expect(runKernel(kernel, machine)).toBe(7 << 8);
  console.log(lines.join('\n'), trace.join('\n'), kernel.panicText, kernel.census());
  expect(machine.output).toBe('hello');
  expect(machine.isOff).toBe(true);
});
