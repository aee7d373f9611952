import type { Side } from './side.js';
import { type Comparison, compare, type Sample } from './statistics.js';

/** How long things take. */
export interface PairOptions {
  readonly pairs: number;
  /** How long a round shall be. */
  readonly roundSeconds: number;
  /** CPU time that each side has before anything counts. */
  readonly warmUpSeconds: number;
  /** A first guess of an amount, and its bounds. */
  readonly startAmount: number;
  readonly leastAmount: number;
  readonly mostAmount: number;
  /** Says what goes on. */
  readonly say: (text: string) => void;
}

/** Runs A B A B, each side's amount chosen in warming up so that a round takes as long as asked. */
export async function runPairs(ours: Side, peer: Side, options: PairOptions): Promise<Comparison> {
  const ourAmount = await warmUp(ours, options);
  const peerAmount = await warmUp(peer, options);
  const ourSamples: Sample[] = [];
  const peerSamples: Sample[] = [];
  for (let pair = 0; pair < options.pairs; pair += 1) {
    ourSamples.push(await quietly(ours, ourAmount));
    peerSamples.push(await quietly(peer, peerAmount));
    options.say(`pair ${pair + 1}/${options.pairs}`);
  }
  return compare(ourSamples, peerSamples);
}

/** Runs until the optimiser has seen enough; answers the amount that fills a round. */
export async function warmUp(side: Side, options: PairOptions): Promise<number> {
  const { roundSeconds, warmUpSeconds, leastAmount, mostAmount } = options;
  const bound = (amount: number): number => Math.min(mostAmount, Math.max(leastAmount, Math.round(amount)));
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  // Warm is who has had the processor; on a busy machine that takes longer than it should.
  const isWarm = (): boolean => {
    const passedSeconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1e6 >= warmUpSeconds || passedSeconds >= 3 * warmUpSeconds;
  };
  let amount = bound(options.startAmount);
  do {
    const { seconds } = await quietly(side, amount);
    // At most eightfold: the first rounds are slow and say little.
    amount = bound(amount * Math.min(8, roundSeconds / Math.max(seconds, 1e-6)));
  } while (!isWarm());
  return amount;
}

/** A round that does not pay for its predecessor's young garbage. A full collection would cost both their warmth. */
async function quietly(side: Side, amount: number): Promise<Sample> {
  globalThis.gc?.({ type: 'minor' });
  await new Promise((resolve) => setImmediate(resolve));
  return side.round(amount);
}
