import { trapFrame } from '@synos/interfaces';
import { expect, test } from 'vitest';
import { bootTest } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

const busy: Program = function* (cpu) {
  yield* cpu.call('getpid');
  yield* cpu.linux('getppid');
  yield* cpu.text(DATA, 'x');
  for (;;) yield* cpu.call('write', 77, DATA, 1);
};

test.each([
  ['a trap out of ring 0', 'a trap out of the kernel itself', 13],
  ['a double fault', 'a double fault', 8],
  ['a machine check', 'a machine check', 18],
  ['a reserved vector', 'nobody handles reserved vector 15', 15],
])('%s: last words with registers and calls', (name, words, vector) => {
  const t = bootTest({ init: busy });
  t.kernel.step(100);
  t.machine.sabotage = (frame) => {
    frame.set(trapFrame.vector, vector);
    frame.set(trapFrame.error, 0);
    if (name === 'a trap out of ring 0') frame.set(trapFrame.cs, 8);
    return vector;
  };
  expect(t.kernel.step(100)).toBe('off');
  expect(t.machine.panics).toEqual([t.kernel.panicText]);
  expect(t.kernel.panicText).toContain(`kernel panic: ${words}`);
  expect(t.kernel.panicText).toMatch(/rip {4}0000000000400001/);
  expect(t.kernel.panicText).toContain(`[pid 1] write(0x4d, 0x${DATA.toString(16)}, 0x1, …)`);
  expect(t.kernel.exitStatus).toBe(null);
  expect(t.kernel.step(100)).toBe('off');
  expect(t.kernel.nextDeadline()).toBe(Infinity);
  expect(t.machine.panics.length).toBe(1);
});

test('an error of our own while a program runs, or the machine shuts down', () => {
  const t = bootTest({ init: busy });
  t.kernel.step(100);
  t.machine.sabotage = () => {
    throw Object.assign(new Error('triple fault'), { code: 'ERR_MACHINE_SHUTDOWN' });
  };
  expect(t.kernel.step(100)).toBe('off');
  expect(t.kernel.panicText).toContain('kernel panic: the machine has shut down: triple fault\n');
  const own = bootTest({ init: busy });
  own.kernel.step(100);
  own.machine.sabotage = () => {
    throw new Error('a bug');
  };
  expect(own.kernel.step(100)).toBe('off');
  expect(own.kernel.panicText).toContain("kernel panic: an error of the kernel's own: Error: a bug\n");
  for (const { kernel } of [t, own]) {
    expect(kernel.panicText).toMatch(/rip {4}0000000000400001/);
    expect(kernel.panicText).toContain(`[pid 1] write(0x4d, 0x${DATA.toString(16)}, 0x1, …)`);
  }
});

test('a fault of ring 0 with the vector of the program’s last trap is not taken for the program’s', () => {
  const t = bootTest({ init: busy });
  t.kernel.step(100);
  // What the CPU pushes lies somewhere else: the frame is as it was.
  t.machine.sabotage = (frame) => frame.low(trapFrame.vector);
  expect(t.kernel.step(100)).toBe('off');
  expect(t.kernel.panicText).toContain('kernel panic: a trap out of the kernel itself: ');
});

test('page tables that are broken', () => {
  const t = bootTest({ init: busy });
  t.machine.sabotage = (frame) => {
    frame.set(trapFrame.vector, 14);
    frame.set(trapFrame.error, 0b1101);
    return 14;
  };
  expect(t.kernel.step(100)).toBe('off');
  expect(t.kernel.panicText).toContain('page tables are broken');
});

test('the last calls name those of either table', () => {
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('getpid');
      yield* cpu.linux('getppid');
      yield* cpu.call(48);
      yield* cpu.exception(8);
    },
  });
  t.kernel.step(1000);
  const [first, second, third] = (t.kernel.panicText ?? '').split('The last system calls:\n')[1]?.split('\n') ?? [];
  expect([first, second, third].map((line) => line?.split('(')[0])).toEqual([
    '[pid 1] getpid',
    '[pid 1] getppid',
    '[pid 1] syscall_48',
  ]);
});

test('an error of our own while an interrupt is served between two steps', () => {
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('read', 0, DATA, 1);
    },
  });
  expect(t.kernel.step(100)).toBe('idle');
  t.machine.readPort = () => {
    throw new Error('no such port');
  };
  t.kernel.interrupt(0x24);
  expect(t.kernel.panicText).toContain('no such port');
  expect(t.kernel.step(100)).toBe('off');
});

test('what a host lent to a network goes back to it', () => {
  let disposals = 0;
  const t = bootTest(
    {
      init: function* (cpu) {
        yield* cpu.exception(8);
      },
    },
    {
      sockets: [
        () => ({
          provider: { name: 'host', supports: () => false, open: () => -1, lacks: [] },
          pollable: { onWork: null, poll: () => false, nextDeadline: () => Number.POSITIVE_INFINITY },
          dispose: () => {
            disposals += 1;
          },
        }),
      ],
    },
  );
  expect(t.kernel.step(1000)).toBe('off');
  expect(t.kernel.panicText).toContain('a double fault');
  expect(disposals).toBe(1);
});
