import { linuxProfile, synosProfile } from '@synos/abi';
import { trapFrame } from '@synos/interfaces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import { DATA } from './support/fake-machine.js';
import { memoryNetwork } from './support/networks.js';

const RUNS = process.env.SYNOS_LONG ? 5000 : 60;

const low = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.constantFrom(DATA, DATA + 8, DATA + 0x3ff8, DATA + 0x10_0000, 4096, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const high = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(0xffff_ffff, 0x7fff, 0x8000, 0xffff_8000, 0x8000_0000, 0x7fff_ffff) },
);
const word = fc.tuple(low, high);

/** Those that end or start programs are not left out: the process just goes, or there are more. */
const number = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...synosProfile.calls.map((call) => call.number)) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) },
);
const fewNames = [
  'socket',
  'bind',
  'listen',
  'accept',
  'connect',
  'dup',
  'dup2',
  'close',
  'poll',
  'epoll_create1',
] as const;
const often = fc.constantFrom(
  ...[...fewNames, 'epoll_ctl', 'epoll_wait', 'mmap', 'munmap', 'brk', 'mprotect', 'writev', 'nanosleep', 'wait4'].map(
    (name) => synosProfile.numbers[name as 'mmap'],
  ),
);

const step = fc.record({
  number: fc.oneof(number, often),
  isLinux: fc.boolean(),
  words: fc.array(word, { minLength: 6, maxLength: 6 }),
  others: fc.array(word, { minLength: 3, maxLength: 3 }),
});
const noise = fc.uint8Array({ minLength: 64, maxLength: 64 });

test('any call with any registers and memory: an answer or an end, and nothing stays behind', () => {
  let answered = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), noise, (steps, bytes) => {
      const t = bootTest(
        {
          init: function* (cpu) {
            const round = function* () {
              const pid = yield* cpu.call('spawn', yield* cpu.text(DATA, 'fuzz'), 0, 0);
              yield* cpu.words(DATA, 0, 5_000_000);
              yield* cpu.call('nanosleep', DATA, 0);
              // It waits for ever in one of its calls, or has ended.
              yield* cpu.call('kill', pid, 9);
              // What it may have spawned is init's now.
              for (const each of t.kernel.processes) if (each.pid > 1) yield* cpu.call('kill', each.pid, 9);
              while ((yield* cpu.call('wait4', -1, 0, 0, 0)) > 0);
            };
            yield* round();
            const before = t.kernel.census();
            yield* round();
            expect(t.kernel.census()).toEqual(before);
          },
          fuzz: function* (cpu) {
            yield* cpu.store(DATA, Uint8Array.from(bytes));
            for (const { number, isLinux, words, others } of steps) {
              const { frame } = cpu;
              for (const [index, name] of (['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const).entries())
                frame.setHalves(trapFrame[name], ...(words[index] as [number, number]));
              for (const [index, name] of (['rbx', 'rbp', 'r15'] as const).entries())
                frame.setHalves(trapFrame[name], ...(others[index] as [number, number]));
              frame.setHalves(trapFrame.rax, number >>> 0, words[0]?.[1] ?? 0);
              const before = (['rbx', 'rbp', 'r15'] as const).map((name) => [
                frame.low(trapFrame[name]),
                frame.high(trapFrame[name]),
              ]);
              yield { kind: 'trap', vector: isLinux ? 256 : 0x80 };
              expect(before).toEqual(others.map(([a, b]) => [a, b]));
              const after = (['rbx', 'rbp', 'r15'] as const).map((name) => [
                frame.low(trapFrame[name]),
                frame.high(trapFrame[name]),
              ]);
              expect(after).toEqual(before);
              answered += 1;
            }
          },
        },
        { sockets: [memoryNetwork()], limits: { descriptors: 16, stackBytes: 16 << 10 } },
      );
      expect(runKernel(t.kernel, t.machine)).toBe(0);
      expect(t.kernel.panicText).toBe(null);
      expect(t.kernel.census()).toMatchObject({
        processes: 0,
        parkedCalls: 0,
        timers: 0,
        files: { openFiles: 0 },
        networks: [{ endpoints: 0 }],
      });
    }),
    { numRuns: RUNS },
  );
  expect(answered).toBeGreaterThan(RUNS);
  expect(linuxProfile.vector).toBe(256);
});
