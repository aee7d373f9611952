import type { Clock, EventLoop } from '@synos/interfaces';
import type { Case } from '../case.js';
import { check, equal } from '../check.js';

/** A clock and a way to let its time pass. */
export interface ClockFixture {
  readonly clock: Clock;
  /** Lets at least `ms` pass on that clock (a virtual clock jumps, a real one waits), tasks run meanwhile. */
  pass(ms: number): void | Promise<void>;
  /** For ability `event-loop`: the clock as a loop. */
  readonly loop?: EventLoop;
  dispose?(): void;
}

/** Abilities that cases may need. */
export type ClockAbility = 'event-loop';

/**
 * What any `Clock` must do, and any `EventLoop` (cases that need `event-loop`).
 *
 * @example
 * ```ts
 * let nowMs = 0;
 * const cases = clockSuite(() => ({ clock: { now: () => nowMs }, pass: (ms) => void (nowMs += ms) }));
 * for (const c of selectCases(cases, ['event-loop']).cases) test(c.name, c.run);
 * ```
 */
export function clockSuite(setup: () => ClockFixture): Case[] {
  const cases: Case[] = [];
  const add = (
    clause: string,
    name: string,
    body: (fixture: ClockFixture) => void | Promise<void>,
    needs: readonly ClockAbility[] = [],
  ): void => {
    const run = async (): Promise<void> => {
      const fixture = setup();
      try {
        await body(fixture);
      } finally {
        fixture.dispose?.();
      }
    };
    cases.push({ name, clause, needs, run });
  };

  add('Clock.now', 'the time is a finite number', ({ clock }) => {
    check(Number.isFinite(clock.now()), 'now');
  });

  add('Clock.now', 'the time never goes back', async ({ clock, pass }) => {
    let before = clock.now();
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 2000; index++) {
        const now = clock.now();
        check(now >= before, `${now} after ${before}`);
        before = now;
      }
      await pass(1);
    }
  });

  add('Clock.now', 'the time is in milliseconds: it passes as told', async ({ clock, pass }) => {
    const before = clock.now();
    await pass(20);
    const passed = clock.now() - before;
    check(passed >= 20, `${passed} ms passed, 20 at least`);
    check(passed < 20_000, `${passed} ms passed, some 20`);
  });

  add('Clock', 'two clocks share nothing', async (fixture) => {
    const other = setup();
    const before = other.clock.now();
    await fixture.pass(5);
    check(other.clock.now() >= before, "the other's time");
    other.dispose?.();
  });

  add(
    'EventLoop.soon',
    'soon runs once, after the present turn',
    async (fixture) => {
      const loop = loopOf(fixture);
      let count = 0;
      loop.soon(() => count++);
      equal(count, 0, 'runs in the present turn');
      await fixture.pass(5);
      equal(count, 1, 'runs');
      await fixture.pass(5);
      equal(count, 1, 'runs later');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.soon',
    'tasks run in order',
    async (fixture) => {
      const loop = loopOf(fixture);
      const order: number[] = [];
      for (let index = 0; index < 5; index++) loop.soon(() => order.push(index));
      await fixture.pass(5);
      equal(order.join(' '), '0 1 2 3 4', 'order');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.at',
    'at runs once, never early',
    async (fixture) => {
      const loop = loopOf(fixture);
      const times: number[] = [];
      const due = loop.now() + 10;
      loop.at(due, () => times.push(loop.now()));
      equal(times.length, 0, 'runs at once');
      await fixture.pass(40);
      equal(times.length, 1, 'runs');
      check(times[0]! >= due, `ran at ${times[0]}, due at ${due}`);
    },
    ['event-loop'],
  );

  add(
    'EventLoop.at',
    'what is due already runs soon, not at once',
    async (fixture) => {
      const loop = loopOf(fixture);
      let count = 0;
      loop.at(loop.now() - 5, () => count++);
      equal(count, 0, 'runs in the present turn');
      await fixture.pass(20);
      equal(count, 1, 'runs');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.at',
    'the earlier deadline runs first',
    async (fixture) => {
      const loop = loopOf(fixture);
      const order: string[] = [];
      const now = loop.now();
      loop.at(now + 30, () => order.push('late'));
      loop.at(now + 5, () => order.push('early'));
      await fixture.pass(80);
      equal(order.join(' '), 'early late', 'order');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.at',
    'what is taken back does not run; taking back twice or late is harmless',
    async (fixture) => {
      const loop = loopOf(fixture);
      let count = 0;
      const takeBack = loop.at(loop.now() + 5, () => count++);
      takeBack();
      takeBack();
      const late = loop.at(loop.now() + 5, () => count++);
      await fixture.pass(40);
      late();
      equal(count, 1, 'runs');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.at',
    'an endless time never comes',
    async (fixture) => {
      const loop = loopOf(fixture);
      let count = 0;
      const takeBack = loop.at(Infinity, () => count++);
      await fixture.pass(20);
      takeBack();
      equal(count, 0, 'runs');
    },
    ['event-loop'],
  );

  add(
    'EventLoop.soon',
    'a task may ask for more',
    async (fixture) => {
      const loop = loopOf(fixture);
      let count = 0;
      const again = (): void => {
        if (++count < 10) loop.soon(again);
      };
      loop.soon(again);
      await fixture.pass(40);
      equal(count, 10, 'runs');
    },
    ['event-loop'],
  );

  return cases;
}

function loopOf(fixture: ClockFixture): EventLoop {
  check(fixture.loop !== undefined, "the fixture has no 'loop', yet does not lack 'event-loop'");
  return fixture.loop;
}
