import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import type { Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

/** Runs a child to its end: what wait4 answers and stores, and the log. */
function endOf(child: Program): { status: number; log: string } {
  let status = -1;
  const t = bootTest({
    init: function* (cpu) {
      const pid = yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
      expect(yield* cpu.call('wait4', pid, DATA, 0, 0)).toBe(pid);
      status = yield* cpu.loadInt(DATA);
    },
    child,
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  return { status, log: t.log.join('\n') };
}

test.each([
  [0, 0],
  [1, 0x100],
  [255, 0xff00],
  [256, 0],
  [-1, 0xff00],
])('exit(%i) is %i', (code, status) => {
  const by = (name: 'exit' | 'exit_group'): Program =>
    function* (cpu) {
      yield* cpu.call(name, code);
    };
  expect(endOf(by('exit')).status).toBe(status);
  expect(endOf(by('exit_group')).status).toBe(status);
});

test.each([
  ['#DE', 0, 8],
  ['#DB', 1, 5],
  ['#BP', 3, 5],
  ['#OF', 4, 11],
  ['#BR', 5, 11],
  ['#UD', 6, 4],
  ['#NM', 7, 8],
  ['#NP', 11, 7],
  ['#SS', 12, 7],
  ['#GP', 13, 11],
  ['#MF', 16, 8],
  ['#AC', 17, 7],
  ['#XM', 19, 8],
])('%s ends with Linux’s signal', (mnemonic, vector, signal) => {
  const { status, log } = endOf(function* (cpu) {
    yield* cpu.exception(vector);
  });
  expect(status).toBe(signal);
  expect(log).toMatch(new RegExp(`child\\[2\\]: ${mnemonic} .*ended by signal ${signal}`));
});

test.each([
  ['null', 0, 'store'],
  ['the kernel half', -4096, 'store'],
  ['its own text', 0x40_0000, 'store'],
  ['below the stack', 0x7fff_ffff_f000 - (64 << 10) - 8, 'store'],
  ['the last page of user space', 0x7fff_ffff_f000, 'load'],
  ['where its stack is, as code', 0x7fff_ffff_e000, 'fetch'],
  ['where its data are, as code', DATA, 'fetch'],
] as const)('reaching for %s is SIGSEGV', (_name, address, how) => {
  const { status, log } = endOf(function* (cpu) {
    if (how === 'load') yield* cpu.load(address, 1);
    else if (how === 'store') yield* cpu.store(address, Uint8Array.of(1));
    else yield* cpu.fetch(address);
  });
  expect(status).toBe(11);
  expect(log).toContain('#PF');
});

test('the stack is there from top to guard, and zero', () => {
  const { status } = endOf(function* (cpu) {
    const [first = 1] = yield* cpu.load(0x7fff_ffff_f000 - (64 << 10), 1);
    yield* cpu.call('exit', first);
  });
  expect(status).toBe(0);
});

test('wait4: what comes first is what Linux answers', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const wait = function* (pid: number, status: number, options = 0, usage = 0) {
        seen.push(yield* cpu.call('wait4', pid, status, options, usage));
      };
      yield* wait(-1, 0); // ECHILD
      yield* wait(-1, 0, 0x100); // EINVAL
      yield* wait(-(2 ** 31), 0); // ESRCH
      const quick = yield* cpu.call('spawn', yield* cpu.text(DATA, 'quick'), 0, 0);
      yield* wait(quick + 1, 0); // ECHILD: not a child
      yield* wait(-2, 0); // ECHILD: no such group
      yield* wait(quick, 0, 1); // 0: it runs
      yield* wait(quick, 0, 0x8000_0001); // ECHILD: no clone
      yield* cpu.call('sched_yield');
      yield* cpu.call('sched_yield');
      yield* wait(quick, 4); // EFAULT, and the child is gone
      yield* wait(quick, 0); // ECHILD
      const again = yield* cpu.call('spawn', DATA, 0, 0);
      yield* wait(0, DATA + 64, 0, DATA + 128); // waits
      seen.push(again, yield* cpu.loadInt(DATA + 64), yield* cpu.loadWord(DATA + 128));
      seen.push((yield* cpu.loadWord(DATA + 136)) >= 2000 ? 1 : 0);
    },
    quick: function* (cpu) {
      yield* cpu.work(2000);
      yield* cpu.call('exit', 3);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(seen).toEqual([-10, -22, -3, -10, -10, 0, -10, -14, -10, 3, 3, 0x300, 0, 1]);
});

test('kill ends another, waiting or not, and never init', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.text(DATA, 'sleeper');
      const a = yield* cpu.call('spawn', DATA, 0, 0);
      const b = yield* cpu.call('spawn', DATA, 0, 0);
      yield* cpu.call('sched_yield');
      seen.push(t.kernel.census().parkedCalls, t.kernel.census().timers);
      seen.push(yield* cpu.call('kill', a, 0), yield* cpu.call('kill', 99, 9), yield* cpu.call('kill', a, 65));
      seen.push(yield* cpu.call('kill', 1, 9), yield* cpu.call('kill', a, 9), yield* cpu.call('kill', b, 15));
      seen.push(t.kernel.census().parkedCalls, t.kernel.census().timers);
      yield* cpu.call('wait4', a, DATA, 0, 0);
      seen.push(yield* cpu.loadInt(DATA));
      yield* cpu.call('wait4', b, DATA, 0, 0);
      seen.push(yield* cpu.loadInt(DATA));
    },
    sleeper: function* (cpu) {
      yield* cpu.words(DATA, 1000, 0);
      yield* cpu.call('nanosleep', DATA, 0);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(seen).toEqual([2, 2, 0, -3, -22, 0, 0, 0, 0, 0, 9, 15]);
});

test('init ended by an exception: its status is the kernel’s', () => {
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'other'), 0, 0);
      yield* cpu.exception(6);
    },
    other: function* (cpu) {
      for (;;) yield* cpu.work(1000);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(4);
  expect(t.kernel.census()).toMatchObject({ processes: 0, descriptors: 0, parkedCalls: 0 });
  expect(t.log.at(-1)).toContain('init was ended by signal 4');
});

test('init that waits is told of a zombie that becomes its own', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const parent = yield* cpu.call('spawn', yield* cpu.text(DATA, 'parent'), 0, 0);
      // Waits for the grandchild, which it will have to be given first: the next pid is its own.
      seen.push(yield* cpu.call('wait4', -1, DATA, 0, 0), yield* cpu.call('wait4', -1, DATA, 0, 0), parent);
    },
    parent: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
      yield* cpu.work(1000);
      yield* cpu.call('sched_yield');
      // Now its child is a zombie that it has not asked for.
      expect(t.kernel.census().zombies).toBe(1);
    },
    child: function* () {},
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  // The orphan first: it had ended before.
  expect(seen).toEqual([3, 2, 2]);
});

test('wait4 says how long a child ran, in seconds and microseconds', () => {
  const seen: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.call('spawn', yield* cpu.text(DATA, 'child'), 0, 0);
      yield* cpu.call('wait4', -1, 0, 0, DATA + 64);
      seen.push(yield* cpu.loadWord(DATA + 64), yield* cpu.loadWord(DATA + 72));
    },
    child: function* (cpu) {
      yield* cpu.work(2_500_000);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  const [seconds, microseconds = 0] = seen;
  expect(seconds).toBe(2);
  expect(microseconds).toBeGreaterThanOrEqual(500_000);
  expect(microseconds).toBeLessThan(510_000);
});
