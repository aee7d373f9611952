import type { RowHead, RowOutcome } from '../harness/metric.js';
import type { PairOptions } from '../harness/pairs.js';
import type { GoOn } from './profile-rounds.js';

/** How much a run takes upon itself. */
export interface Effort {
  readonly pairs: number;
  /** Less of everything: to see that it works, not to measure. */
  readonly isQuick: boolean;
  readonly say: (text: string) => void;
}

/** One line of the benchmark. */
export interface Row extends RowHead {
  /** Flags of Node for the process that it runs in, besides `--expose-gc`. */
  readonly nodeFlags?: readonly string[];
  /** V8 as it comes: a row that is not about what a packet passes, or is there to compare. */
  readonly isPlain?: boolean;
  /** Why it cannot run here; it is skipped then. */
  unable?(): string | undefined;
  run(effort: Effort): Promise<RowOutcome>;
  /**
   * Runs our side alone as long as it shall go on, to be looked at by a profiler; answers how many units it did.
   *
   * @param slowness - how many times shorter long rounds should be, because the program is that much slower; 1 if not given
   */
  profile?(goOn: GoOn, slowness?: number): Promise<number>;
}

/** The usual lengths of rounds. */
export function pairOptions(effort: Effort, amounts: { start: number; least: number; most: number }): PairOptions {
  return {
    pairs: effort.pairs,
    roundSeconds: effort.isQuick ? 0.1 : 0.5,
    warmUpSeconds: effort.isQuick ? 0.2 : 2,
    startAmount: amounts.start,
    leastAmount: amounts.least,
    mostAmount: amounts.most,
    say: effort.say,
  };
}
