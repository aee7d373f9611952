import type { EventLoop } from '@synos/interfaces';
import { describe, expect, test } from 'vitest';
import { type ClockFixture, clockSuite } from '../src/index.js';
import { firstFailure } from './reference/first-failure.js';

type ClockBug =
  | 'goes-back'
  | 'stands-still'
  | 'microseconds'
  | 'soon-at-once'
  | 'soon-twice'
  | 'soon-backwards'
  | 'at-early'
  | 'at-at-once'
  | 'never-taken-back'
  | 'late-first'
  | 'infinity-is-now';

/** A virtual loop of a few lines, with planted bugs on demand. */
const virtualClock = (bug?: ClockBug): ClockFixture => {
  let nowMs = 0;
  let reads = 0;
  let tasks: { timeMs: number; task: () => void }[] = [];
  const now = (): number => {
    const scaled = bug === 'microseconds' ? nowMs * 10_000 : nowMs;
    return bug === 'goes-back' && ++reads % 100 === 0 ? scaled - 1 : scaled;
  };
  const at = (timeMs: number, task: () => void): (() => void) => {
    if (bug === 'at-at-once' && timeMs <= nowMs) task();
    const isNow = bug === 'infinity-is-now' && timeMs === Infinity;
    const entry = { timeMs: isNow ? nowMs : bug === 'at-early' ? timeMs - 5 : timeMs, task };
    tasks.push(entry);
    return () => {
      if (bug !== 'never-taken-back') tasks = tasks.filter((each) => each !== entry);
    };
  };
  const loop: EventLoop = {
    now,
    at,
    soon: (task) => {
      if (bug === 'soon-at-once') task();
      else at(nowMs, task);
      if (bug === 'soon-twice') at(nowMs, task);
    },
  };
  const pass = (ms: number): void => {
    if (bug === 'stands-still') return;
    const end = nowMs + ms;
    for (;;) {
      const due = tasks.filter((each) => each.timeMs <= end);
      if (bug === 'soon-backwards' || bug === 'late-first') due.reverse();
      if (bug !== 'late-first') due.sort((a, b) => a.timeMs - b.timeMs);
      const next = due[0];
      if (next === undefined) break;
      tasks = tasks.filter((each) => each !== next);
      nowMs = Math.max(nowMs, next.timeMs);
      next.task();
    }
    nowMs = Math.max(nowMs, end);
  };
  return { clock: loop, loop, pass };
};

describe('the clock suite', () => {
  for (const c of clockSuite(() => virtualClock())) test(`${c.name} [${c.clause}]`, c.run);
});

const bugs: readonly ClockBug[] = [
  'goes-back',
  'stands-still',
  'microseconds',
  'soon-at-once',
  'soon-twice',
  'soon-backwards',
  'at-early',
  'at-at-once',
  'never-taken-back',
  'late-first',
  'infinity-is-now',
];

describe('the clock suite kills', () => {
  for (const bug of bugs) {
    test(bug, async () => {
      expect(await firstFailure(clockSuite(() => virtualClock(bug)))).toBeDefined();
    });
  }
});
