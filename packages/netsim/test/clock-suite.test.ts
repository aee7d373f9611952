import { clockSuite, selectCases } from '@synos/compliance';
import { describe, test } from 'vitest';
import { createSimulatedLoop, createVirtualClock } from '../src/index.js';

describe('virtual clock', () => {
  const cases = clockSuite(() => {
    const clock = createVirtualClock();
    return { clock, pass: (ms) => void clock.advanceTo(clock.now() + ms) };
  });
  for (const one of selectCases(cases, ['event-loop']).cases) test(`${one.name} (${one.clause})`, one.run);
});

describe('simulated loop', () => {
  const cases = clockSuite(() => {
    const loop = createSimulatedLoop();
    return { clock: loop, loop, pass: (ms) => loop.runUntil(loop.now() + ms) };
  });
  for (const one of cases) test(`${one.name} (${one.clause})`, one.run);
});
