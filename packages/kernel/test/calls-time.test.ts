import { expect, test } from 'vitest';
import { runKernel } from '../src/index.js';
import { bootTest } from './support/boot.js';
import { DATA } from './support/fake-machine.js';

/** Of the machine: 2023-11-14. */
const BOOT_SECONDS = 1_700_000_000;

test('each clock tells its own time, in seconds and nanoseconds', () => {
  const seconds: number[] = [];
  const parts: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.words(DATA, 2, 250_000_000);
      yield* cpu.call('nanosleep', DATA, 0);
      yield* cpu.work(1_000_000);
      // clock_gettime(2): real time, monotonic, process, thread, raw, both coarse ones, boot time, TAI.
      for (const id of [0, 1, 2, 3, 4, 5, 6, 7, 11]) {
        expect(yield* cpu.call('clock_gettime', id, DATA)).toBe(0);
        seconds.push(yield* cpu.loadWord(DATA));
        parts.push(Math.floor((yield* cpu.loadWord(DATA + 8)) / 1e7));
      }
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(seconds).toEqual([BOOT_SECONDS + 3, 3, 1, 1, 3, BOOT_SECONDS + 3, 3, 3, BOOT_SECONDS + 3]);
  expect(parts).toEqual([25, 25, 0, 0, 25, 25, 25, 25, 25]);
});

test('time, gettimeofday and clock_getres store all that they say', () => {
  const seen: number[] = [];
  const answers: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      yield* cpu.words(DATA, 1, 500_000_000);
      yield* cpu.call('nanosleep', DATA, 0);
      yield* cpu.words(DATA, -1, -1, -1, -1, -1, -1);
      answers.push(yield* cpu.call('time', DATA), yield* cpu.call('gettimeofday', DATA + 8, DATA + 24));
      answers.push(yield* cpu.call('clock_getres', 1, DATA + 32), yield* cpu.call('clock_getres', 1, 0));
      answers.push(yield* cpu.call('clock_getres', 99, 0), yield* cpu.call('time', 8));
      answers.push(yield* cpu.call('gettimeofday', 8, 0), yield* cpu.call('gettimeofday', 0, 8));
      for (let at = DATA; at < DATA + 48; at += 8) seen.push(yield* cpu.loadWord(at));
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(answers).toEqual([BOOT_SECONDS + 1, 0, 0, 0, -22, -14, -14, -14]);
  const microseconds = seen[2] as number;
  expect(microseconds).toBeGreaterThanOrEqual(500_000);
  expect(microseconds).toBeLessThan(501_000);
  expect(seen).toEqual([BOOT_SECONDS + 1, BOOT_SECONDS + 1, microseconds, 0, 0, 1]);
});

test('clock_nanosleep until a time of day, and until one that is over', () => {
  const ends: number[] = [];
  const t = bootTest({
    init: function* (cpu) {
      for (const seconds of [BOOT_SECONDS + 2, BOOT_SECONDS + 1]) {
        yield* cpu.words(DATA, seconds, 0);
        expect(yield* cpu.call('clock_nanosleep', 0, 1, DATA, 0)).toBe(0);
        ends.push(Math.round(t.machine.ticks / 1000));
      }
    },
  });
  expect(runKernel(t.kernel, t.machine)).toBe(0);
  expect(ends).toEqual([2000, 2000]);
});
