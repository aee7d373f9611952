import { assert, type Random } from '@synos/interfaces';
import { applyFault, clearFate, corruptSomewhere, createFate, type Fate, type Fault } from './fault.js';
import type { ImpairmentOptions } from './impairment.js';

/** Decides what happens to each frame in turn. */
export interface FateMaker {
  /** The next frame's fate; the record is overwritten by the next call. */
  next(): Fate;
  /** Counts a frame that never set out, so that ordinals number every frame that was given to be sent. */
  skip(): void;
}

/** By the explicit list where a frame is on it, else by chance. */
export function createFateMaker(options: ImpairmentOptions): FateMaker {
  return new ListAndChance(options);
}

class ListAndChance implements FateMaker {
  readonly #fate: Fate;
  readonly #listed: Map<number, Fault[]>;
  readonly #random: Random | null;
  readonly #onFault: ((fault: Fault) => void) | null;
  readonly #lossRate: number;
  readonly #duplicateRate: number;
  readonly #reorderRate: number;
  readonly #corruptRate: number;
  readonly #reorderMs: number;
  readonly #jitterMs: number;
  #ordinal: number;

  constructor(options: ImpairmentOptions) {
    this.#fate = createFate();
    this.#listed = new Map();
    for (const fault of options.faults ?? []) {
      const others = this.#listed.get(fault.ordinal);
      if (others === undefined) this.#listed.set(fault.ordinal, [fault]);
      else others.push(fault);
    }
    this.#lossRate = probability(options.lossRate);
    this.#duplicateRate = probability(options.duplicateRate);
    this.#reorderRate = probability(options.reorderRate);
    this.#corruptRate = probability(options.corruptRate);
    this.#reorderMs = options.reorderMs ?? 20;
    this.#jitterMs = options.jitterMs ?? 0;
    assert(this.#reorderMs >= 0 && this.#jitterMs >= 0, 'times are not negative');
    const needsChance =
      this.#lossRate + this.#duplicateRate + this.#reorderRate + this.#corruptRate + this.#jitterMs > 0;
    assert(!needsChance || options.random !== undefined, 'rates and jitter need a random source');
    this.#random = needsChance ? (options.random ?? null) : null;
    this.#onFault = options.onFault ?? null;
    this.#ordinal = 0;
  }

  next(): Fate {
    const fate = this.#fate;
    clearFate(fate);
    const ordinal = this.#ordinal++;
    if (this.#random !== null) this.#draw(this.#random, fate);
    const listed = this.#listed.size === 0 ? undefined : this.#listed.get(ordinal);
    if (listed !== undefined) {
      clearFate(fate);
      for (const fault of listed) applyFault(fate, fault);
    } else if (this.#onFault !== null && this.#random !== null) {
      this.#report(this.#onFault, ordinal, fate);
    }
    return fate;
  }

  skip(): void {
    this.#ordinal++;
  }

  /** Always as many draws per frame, so that one decision does not shift all later ones. */
  #draw(random: Random, fate: Fate): void {
    const isReordered = hits(random, this.#reorderRate);
    const reorderMs = unit(random) * this.#reorderMs;
    const jitterMs = unit(random) * this.#jitterMs;
    fate.isLost = hits(random, this.#lossRate);
    fate.isDuplicated = hits(random, this.#duplicateRate);
    const isCorrupted = hits(random, this.#corruptRate);
    const place = random.nextUint32();
    if (isCorrupted) corruptSomewhere(fate, place);
    fate.extraMs = jitterMs + (isReordered ? reorderMs : 0);
  }

  #report(onFault: (fault: Fault) => void, ordinal: number, fate: Fate): void {
    if (fate.isLost) {
      onFault({ ordinal, action: 'drop' });
      return;
    }
    if (fate.isDuplicated) onFault({ ordinal, action: 'duplicate' });
    if (fate.extraMs > 0) onFault({ ordinal, action: { delayMs: fate.extraMs } });
    if (fate.atBit >= 0) onFault({ ordinal, action: { atBit: fate.atBit, pattern: fate.pattern } });
  }
}

function unit(random: Random): number {
  return random.nextUint32() / 0x1_0000_0000;
}

function hits(random: Random, rate: number): boolean {
  return unit(random) < rate;
}

function probability(rate = 0): number {
  assert(rate >= 0 && rate <= 1, 'a rate is a probability, 0 to 1');
  return rate;
}
