import type { Side } from '../harness/side.js';

/** Rounds of one side until the time is over; answers the amount done. */
export async function profileRounds(side: Side, amount: number, seconds: number): Promise<number> {
  const untilMs = performance.now() + seconds * 1000;
  let done = 0;
  while (performance.now() < untilMs) done += (await side.round(amount)).amount;
  return done;
}
