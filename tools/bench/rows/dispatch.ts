import { median } from '../harness/statistics.js';
import { OurSystemCalls } from '../ours/system-calls.js';
import type { Row } from './row.js';

const callsPerRound = 1_000_000;

/** Calls per second in each of some rounds, warm. */
function measure(rounds: number): number[] {
  const calls = new OurSystemCalls();
  calls.run(callsPerRound);
  return Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    calls.run(callsPerRound);
    return (callsPerRound * 1000) / (performance.now() - startMs);
  });
}

/** A system call's way from its registers to its handler and back. */
export const dispatch: Row = {
  name: 'dispatch',
  title: 'system calls: registers set, dispatched to a handler, answer read; 0, 3 and 6 arguments in turn',
  unit: '/s',
  marks: null,
  isPlain: true,
  async run(effort) {
    const perSecond = median(measure(effort.isQuick ? 2 : 9));
    return {
      metric: { ours: perSecond, peer: null, ratio: null },
      comparison: null,
      more: {},
      notes: [`${(1e9 / perSecond).toFixed(1)} ns a call; the sum of all answers was right`],
    };
  },
  async profile(goOn) {
    const calls = new OurSystemCalls();
    let done = 0;
    for (; goOn(done); done += callsPerRound) calls.run(callsPerRound);
    return done;
  },
};
