import { trapFrame } from '@synos/interfaces';
import { createMemoryNetwork } from '@synos/socket/memory';
import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

test('a program that could run and is killed does not run again', () => {
  let rounds = 0;
  const counts: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const pid = yield* cpu.call('spawn', yield* cpu.text(DATA, 'hog'), 0, 0);
      yield* cpu.words(DATA, 0, 30_000_000);
      yield* cpu.call('nanosleep', DATA, 0);
      // It was interrupted for this turn, and stands in the queue.
      yield* cpu.call('kill', pid, 9);
      counts.push(rounds);
      yield* cpu.call('nanosleep', DATA, 0);
      counts.push(rounds);
      counts.push(yield* cpu.call('wait4', pid, 0, 0, 0));
      yield* cpu.call('nanosleep', DATA, 0);
      counts.push(rounds);
    },
    hog: function* (cpu) {
      for (;;) {
        yield* cpu.work(100);
        rounds += 1;
      }
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  const [before = 0] = counts;
  expect(before).toBeGreaterThan(0);
  expect(counts).toEqual([before, before, 2, before]);
});

test('page tables that are given back are not on any more', () => {
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
      yield* cpu.words(DATA, 0, 50_000_000);
      yield* cpu.call('nanosleep', DATA, 0);
    },
    child: function* (cpu) {
      yield* cpu.work(10);
    },
  });
  const kernelRoot = t.machine.readControl('cr3');
  expect(t.kernel.step(1000)).toBe('idle');
  expect(t.kernel.processes.map(({ state }) => state)).toEqual(['waiting', 'zombie']);
  expect(t.machine.readControl('cr3')).toBe(kernelRoot);
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(t.machine.readControl('cr3')).toBe(kernelRoot);
});

test('a sleeper beside one program that never waits wakes in its time, not when the step ends', () => {
  let wokenAt = 0;
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'hog'), 0, 0);
      yield* cpu.words(DATA, 0, 15_000_000);
      const before = t.machine.ticks;
      yield* cpu.call('nanosleep', DATA, 0);
      wokenAt = t.machine.ticks - before;
    },
    hog: function* (cpu) {
      yield* cpu.work(1_000_000);
    },
  });
  t.kernel.step(500_000);
  expect(wokenAt).toBeGreaterThanOrEqual(15_000);
  // The rest of the slice that the other is in; what the timer was armed for before is over by then.
  expect(wokenAt).toBeLessThan(15_000 + 11_000);
});

test('what a network completes between two steps wakes the machine', () => {
  const tasks: (() => void)[] = [];
  const provider = createMemoryNetwork({ completesLater: true, soon: (task) => void tasks.push(task) });
  const waiting: Program = function* (cpu) {
    yield* cpu.store(DATA, Uint8Array.of(2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    const listener = yield* cpu.call('socket', 2, 1, 0);
    yield* cpu.call('exit', (yield* cpu.call('bind', listener, DATA, 16)) === 0 ? 5 : 6);
  };
  const t = bootTest(
    { init: waiting },
    {
      sockets: [
        () => ({
          provider,
          pollable: { onWork: null, poll: () => false, nextDeadline: () => Number.POSITIVE_INFINITY },
          dispose: () => provider.dispose(),
        }),
      ],
    },
  );
  expect(t.kernel.step(1000)).toBe('idle');
  expect(t.kernel.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  expect(tasks.length).toBeGreaterThan(0);
  const { kicks } = t.machine;
  for (const task of tasks.splice(0)) task();
  expect(t.machine.kicks).toBeGreaterThan(kicks);
  expect(t.kernel.nextDeadline()).toBe(t.machine.ticks);
  expect(runKernel(t.kernel, t.machine)).toBe(5 << 8);
});

test('while a program could run there is something to do now', () => {
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.work(5000);
      yield* cpu.call('read', 0, DATA, 1);
    },
  });
  expect(t.kernel.step(1000)).toBe('runnable');
  expect(t.kernel.step(1000)).toBe('runnable');
  expect(t.kernel.nextDeadline()).toBe(t.machine.ticks);
  expect(t.kernel.step(10_000)).toBe('idle');
  expect(t.kernel.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  t.machine.ports.type([1]);
  const { kicks } = t.machine;
  t.kernel.interrupt(t.machine.idle(Number.POSITIVE_INFINITY));
  expect(t.kernel.nextDeadline()).toBe(t.machine.ticks);
  expect(t.machine.kicks).toBeGreaterThan(kicks);
  expect(runKernel(t.kernel, t.machine)).toBe(0);
});

test('a poll ends with its time, beside a program that never waits and without one', () => {
  const took: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const timed = function* () {
        const before = t.machine.ticks;
        expect(yield* cpu.call('poll', 0, 0, 20)).toBe(0);
        took.push(t.machine.ticks - before);
      };
      yield* timed();
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'hog'), 0, 0);
      yield* timed();
    },
    hog: function* (cpu) {
      yield* cpu.work(1_000_000);
    },
  });
  expect(runKernel(t.kernel, t.machine, { budgetMs: 500 })).toBe(0);
  const [alone = 0, beside = 0] = took;
  expect(alone).toBeGreaterThanOrEqual(20_000);
  expect(alone).toBeLessThan(20_100);
  expect(beside).toBeGreaterThanOrEqual(20_000);
  expect(beside).toBeLessThan(20_000 + 11_000);
});

test('a non-maskable interrupt has a stack to itself: the program goes on with its registers of that moment', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.work(100);
      yield* cpu.call('getpid');
      seen.push(cpu.frame.low(trapFrame.rbx), cpu.frame.high(trapFrame.r15), cpu.frame.low(trapFrame.rflags));
    },
  });
  t.kernel.step(20);
  t.machine.sabotage = (frame) => {
    t.machine.sabotage = null;
    const own = t.machine.ownStackFrame(2);
    for (const word of Object.values(trapFrame)) own.setHalves(word, frame.low(word), frame.high(word));
    own.set(trapFrame.vector, 2);
    own.setHalves(trapFrame.rbx, 0x1234, 0);
    own.setHalves(trapFrame.r15, 0, 0x5678);
    own.setHalves(trapFrame.rflags, frame.low(trapFrame.rflags) | 1, 0);
    return 2;
  };
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(t.log.some((line) => line.includes('non-maskable'))).toBe(true);
  expect(seen).toEqual([0x1234, 0x5678, 0x203]);
});

test('page tables are loaded when it is another program’s turn, not at each trap', () => {
  const t = bootTest({
    init: function* (cpu) {
      for (let round = 0; round < 50; round++) yield* cpu.call('getpid');
    },
  });
  const { switches } = t.machine;
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  // Init's, and the kernel's own when it has ended.
  expect(t.machine.switches - switches).toBe(2);
});
