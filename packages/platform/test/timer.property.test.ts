import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClock, createTimer, timerHz } from '../src/index.js';
import { FakeMachine } from './models/fake-machine.js';
import { ModelPit } from './models/model-pit.js';

const rates = fc.constantFrom(1_193_182, 100e6, 999_999_937, 2.4e9, 5.1e9);

/** A timer, and time that passes with the chip's interrupts in it. */
function setup(tscHz: number, tscPerPort = 0) {
  const machine = new FakeMachine({ tscHz });
  const pit = new ModelPit(machine);
  machine.tsc = 12_345;
  machine.tscPerPort = tscPerPort;
  const timer = createTimer(machine);
  /** When `interrupt` said that the time has come. */
  const expiries: number[] = [];
  const passTo = (tsc: number): void => {
    while (pit.risesAt <= tsc) {
      machine.tsc = Math.max(machine.tsc, Math.ceil(pit.risesAt));
      pit.risesAt = Infinity;
      const isExpired = timer.interrupt();
      expect(isExpired).toBe(timer.expired());
      if (isExpired) expiries.push(machine.tsc);
    }
    machine.tsc = Math.max(machine.tsc, tsc);
  };
  return { machine, pit, timer, expiries, passTo };
}

test('whatever is armed when, a time that is waited for is never early and at most two ticks late', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('arm' as const), seconds: fc.double({ min: -0.01, max: 0.3, noNaN: true }) }),
    fc.record({ kind: fc.constant('arm' as const), seconds: fc.double({ min: 0, max: 1e-5, noNaN: true }) }),
    fc.record({ kind: fc.constant('pass' as const), seconds: fc.double({ min: 0, max: 0.1, noNaN: true }) }),
    fc.record({ kind: fc.constant('disarm' as const), seconds: fc.constant(0) }),
  );
  fc.assert(
    fc.property(rates, fc.nat(300), fc.array(step, { maxLength: 25 }), (tscHz, tscPerPort, steps) => {
      const { machine, timer, expiries, passTo } = setup(tscHz, tscPerPort);
      const slack = (2 * tscHz) / timerHz + 4 * tscPerPort + 1;
      const check = (deadline: number, from: number): void => {
        const late = expiries.filter((at) => at >= from);
        if (machine.tsc < deadline) {
          expect(timer.expired()).toBe(false);
          expect(late).toEqual([]);
        } else {
          expect(timer.expired()).toBe(deadline !== Infinity);
        }
        if (machine.tsc >= Math.max(deadline, from) + slack) {
          expect(late.length).toBeGreaterThan(0);
          expect(late[0]).toBeGreaterThanOrEqual(deadline);
          expect(late[0]).toBeLessThanOrEqual(Math.max(deadline, from) + slack);
        }
      };
      let deadline = Infinity;
      let from = 0;
      for (const { kind, seconds } of steps) {
        if (kind === 'arm') {
          deadline = machine.tsc + Math.round(seconds * tscHz);
          from = machine.tsc;
          expiries.length = 0;
          timer.arm(deadline);
          expect(timer.deadline).toBe(deadline);
        } else if (kind === 'disarm') {
          deadline = Infinity;
          expiries.length = 0;
          timer.disarm();
          expect(timer.expired()).toBe(false);
        } else {
          passTo(machine.tsc + Math.round(seconds * tscHz));
        }
        check(deadline, from);
      }
    }),
  );
});

test('a long wait takes as many interrupts as it has counts of the chip, and one that is later costs nothing', () => {
  const { machine, pit, timer, expiries, passTo } = setup(1e9);
  timer.arm(machine.tsc + 1e9);
  const deadline = timer.deadline;
  expect(pit.programmed).toBe(1);
  for (let i = 1; i < 100; i++) timer.arm(deadline + i);
  expect(pit.programmed).toBe(1);
  timer.arm(deadline);
  passTo(deadline + 2000);
  expect(expiries.length).toBe(1);
  expect(pit.programmed).toBe(Math.ceil(timerHz / 65_536));
  timer.arm(Infinity);
  expect(timer.expired()).toBe(false);
});

test('a wait that one count can hold takes one interrupt, wherever between two ticks it begins', () => {
  fc.assert(
    fc.property(rates, fc.nat(10_000), fc.double({ min: 0, max: 0.054, noNaN: true }), (tscHz, startTsc, seconds) => {
      const { machine, pit, timer, expiries, passTo } = setup(tscHz);
      passTo(machine.tsc + startTsc);
      timer.arm(machine.tsc + Math.round(seconds * tscHz));
      passTo(timer.deadline + (3 * tscHz) / timerHz);
      expect([pit.programmed, expiries.length]).toEqual([1, 1]);
    }),
  );
});

test('an earlier time takes the place of a later one', () => {
  const { machine, pit, timer, expiries, passTo } = setup(1e9);
  timer.arm(machine.tsc + 40e6);
  const near = machine.tsc + 1e6;
  timer.arm(near);
  expect(pit.programmed).toBe(2);
  passTo(near + 2000);
  expect(expiries.length).toBe(1);
});

test('an interrupt that the chip lost is not waited for for ever', () => {
  const { machine, pit, timer, expiries, passTo } = setup(1e9);
  timer.arm(machine.tsc + 1e6);
  pit.risesAt = Infinity;
  machine.tsc += 10e6;
  timer.arm(machine.tsc + 1e6);
  passTo(machine.tsc + 2e6);
  expect(expiries.length).toBe(1);
});

test('a time that is armed right after another one has come is waited for', () => {
  const { machine, timer, expiries, passTo } = setup(1e9);
  for (const isArmed of [true, false]) {
    timer.arm(machine.tsc + 1e6);
    const deadline = timer.deadline;
    if (!isArmed) timer.disarm();
    passTo(deadline + 2000);
    expiries.length = 0;
    timer.arm(machine.tsc + 100_000);
    passTo(timer.deadline + 2000);
    expect(expiries.length).toBe(1);
  }
});

test('an interrupt of before it was armed does not stop the count', () => {
  const { machine, timer, expiries, passTo } = setup(1e9);
  timer.arm(machine.tsc + 30e6);
  expect(timer.interrupt()).toBe(false);
  passTo(timer.deadline + 2000);
  expect(expiries.length).toBe(1);
});

test('the clock never goes back, and a time has come exactly from its value of the counter on', () => {
  fc.assert(
    fc.property(rates, fc.double({ min: 0, max: 1e9, noNaN: true }), fc.array(fc.integer()), (tscHz, timeMs, jumps) => {
      const machine = new FakeMachine({ tscHz });
      const clock = createClock(machine);
      const tsc = clock.tscAt(timeMs);
      if (tsc > 0) {
        machine.tsc = tsc - 1;
        expect(clock.now()).toBeLessThan(timeMs);
      }
      machine.tsc = tsc;
      expect(clock.now()).toBeGreaterThanOrEqual(timeMs);
      let last = clock.now();
      for (const jump of jumps) {
        machine.tsc = Math.max(0, machine.tsc + jump);
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
      expect(clock.tscAt(Infinity)).toBe(Infinity);
    }),
  );
});

test('the time of any value of the counter leads back to that value', () => {
  fc.assert(
    fc.property(rates, fc.nat(2 ** 31 - 1), fc.nat(1000), (tscHz, low, high) => {
      const machine = new FakeMachine({ tscHz });
      machine.tsc = high * 2 ** 31 + low;
      const clock = createClock(machine);
      expect(clock.tscAt(clock.now())).toBe(machine.tsc);
    }),
    { numRuns: 2000 },
  );
});

test('a second is a thousand milliseconds', () => {
  const machine = new FakeMachine({ tscHz: 2.4e9 });
  const clock = createClock(machine);
  machine.tsc = 2.4e9;
  expect(clock.now()).toBe(1000);
  expect(clock.tscAt(1000)).toBe(2.4e9);
});
