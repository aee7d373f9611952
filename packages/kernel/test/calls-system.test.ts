import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import type { FakeCpu, Program } from './support/fake-cpu.js';
import { DATA } from './support/fake-machine.js';

const ANONYMOUS = 0x22;

test('getrandom: no piece is like another, a mebibyte is the most, and of two kinds one', () => {
  const answers: number[] = [];
  let pieces: string[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const room = yield* cpu.call('mmap', 0, 2 << 20, 3, ANONYMOUS, -1, 0);
      answers.push(yield* cpu.call('getrandom', room, 2 << 20, 0));
      answers.push(yield* cpu.call('getrandom', DATA, 3 * 4096, 0));
      const bytes = yield* cpu.load(DATA, 3 * 4096);
      pieces = [0, 1, 2].map((piece) => bytes.slice(4096 * piece, 4096 * piece + 32).join());
      answers.push(yield* cpu.call('getrandom', DATA, 8, 2), yield* cpu.call('getrandom', DATA, 8, 4));
      answers.push(yield* cpu.call('getrandom', DATA, 8, 6));
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(answers).toEqual([1 << 20, 3 * 4096, 8, 8, -22]);
  expect(new Set(pieces).size).toBe(3);
});

test.each<[string, Program]>([
  [
    'munmap takes a page away',
    function* (cpu) {
      const page = yield* mapped(cpu);
      expect(yield* cpu.call('munmap', page, 4096)).toBe(0);
      yield* cpu.load(page, 1);
    },
  ],
  [
    'mprotect takes a right away',
    function* (cpu) {
      const page = yield* mapped(cpu);
      expect(yield* cpu.call('mprotect', page, 4096, 1)).toBe(0);
      yield* cpu.load(page, 1);
      yield* cpu.store(page, Uint8Array.of(2));
    },
  ],
  [
    'brk takes a page away',
    function* (cpu) {
      const heap = yield* cpu.call('brk', 0);
      yield* cpu.call('brk', heap + 8192);
      yield* cpu.store(heap + 4096, Uint8Array.of(1));
      expect(yield* cpu.call('brk', heap)).toBe(heap);
      yield* cpu.load(heap + 4096, 1);
    },
  ],
])('%s: who uses it after that ends by SIGSEGV', (_name, program) => {
  const t = bootTest({ init: program });
  expect(runKernel(t.kernel, t.machine) & 0x7f).toBe(11);
});

test('the last page below 2^47 is nobody’s, whoever asks', () => {
  const LAST = 2 ** 47 - 4096;
  const answers: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      answers.push(yield* cpu.call('mmap', LAST, 4096, 3, ANONYMOUS | 0x10, -1, 0));
      answers.push(yield* cpu.call('mmap', LAST - 4096, 8192, 3, ANONYMOUS | 0x10, -1, 0));
      answers.push(yield* cpu.call('arch_prctl', 0x1002, LAST), yield* cpu.call('arch_prctl', 0x1002, LAST - 1));
      yield* cpu.load(LAST, 1);
    },
  });
  expect(runKernel(t.kernel, t.machine) & 0x7f).toBe(11);
  expect(answers).toEqual([-12, -12, -1, 0]);
});

/** A page that was written to. */
function* mapped(cpu: FakeCpu): ReturnType<FakeCpu['call']> {
  const page = yield* cpu.call('mmap', 0, 4096, 3, ANONYMOUS, -1, 0);
  yield* cpu.store(page, Uint8Array.of(1));
  return page;
}

test('spawn: arguments and environment together have a quarter of the stack', () => {
  const answers: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      const text = DATA + 0x400;
      yield* cpu.store(text, new Uint8Array(9000).fill(0x61));
      const path = yield* cpu.text(DATA, 'child');
      const strings = yield* cpu.words(DATA + 0x100, text, 0);
      answers.push(yield* cpu.call('spawn', path, strings, 0), yield* cpu.call('spawn', path, 0, strings));
      answers.push(yield* cpu.call('spawn', path, strings, strings));
      answers.push(t.kernel.census().processes);
    },
    child: function* (cpu) {
      yield* cpu.work(10);
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(answers).toEqual([2, 3, -7, 3]);
});

test('open: no descriptor is left before no file is found, as on Linux', () => {
  const answers: number[] = [];
  const t = bootTest(
    {
      init: function* (cpu) {
        const path = yield* cpu.text(DATA, '/nothing');
        answers.push(yield* cpu.call('open', path, 0, 0), yield* cpu.call('dup', 0), yield* cpu.call('dup', 0));
        answers.push(yield* cpu.call('open', path, 0, 0), yield* cpu.call('epoll_create1', 0));
      },
    },
    { limits: { descriptors: 4, stackBytes: 64 << 10 } },
  );
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(answers).toEqual([-2, 3, -24, -24, -24]);
});
