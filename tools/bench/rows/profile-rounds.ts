import type { Side } from '../harness/side.js';

/** Asked before each round, with the amount done so far, whether there shall be one. */
export type GoOn = (done: number) => boolean;

/** Until the time is over. */
export function forSeconds(seconds: number): GoOn {
  const untilMs = performance.now() + seconds * 1000;
  return () => performance.now() < untilMs;
}

/** Rounds of one side as long as they are wanted; answers the amount done. */
export async function profileRounds(side: Side, amount: number, goOn: GoOn): Promise<number> {
  let done = 0;
  while (goOn(done)) done += (await side.round(amount)).amount;
  return done;
}
