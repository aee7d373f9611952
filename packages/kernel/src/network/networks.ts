import type { Pollable } from '@synos/interfaces';
import type { Network } from '../contracts.js';

interface Polled {
  readonly pollable: Pollable;
  isWanted: boolean;
  deadlineMs: number;
}

/** All networks of a kernel as one thing to poll. */
export class Networks {
  readonly all: readonly Network[];
  private readonly polled: readonly Polled[];
  /** Whether one of them has work that could be done now. */
  isWanted: boolean;

  /** @param onWork - told when there is work that was not there before. It may only take note */
  constructor(all: readonly Network[], onWork: () => void) {
    this.all = all;
    this.isWanted = false;
    this.polled = all.flatMap(({ pollable }) =>
      pollable === undefined ? [] : [{ pollable, isWanted: true, deadlineMs: 0 }],
    );
    for (const each of this.polled) {
      each.pollable.onWork = () => {
        each.isWanted = true;
        this.isWanted = true;
        onWork();
      };
      this.isWanted = true;
    }
  }

  /** The earliest time at which one of them is to be polled. */
  get nextMs(): number {
    let earliest = Infinity;
    for (const { deadlineMs } of this.polled) if (deadlineMs < earliest) earliest = deadlineMs;
    return earliest;
  }

  /** Polls those that have work, or whose time has come; each with its own budget of packets. */
  poll(nowMs: number, budgetPackets: number): void {
    this.isWanted = false;
    for (const each of this.polled) {
      if (!each.isWanted && nowMs < each.deadlineMs) continue;
      // First, because it may well be called in the middle of the poll.
      each.isWanted = false;
      if (each.pollable.poll(nowMs, budgetPackets)) each.isWanted = true;
      each.deadlineMs = each.pollable.nextDeadline();
    }
    // A poll of a later one may have given an earlier one work.
    for (const { isWanted } of this.polled) if (isWanted) this.isWanted = true;
  }

  /** Ends all; the errors of those that could not. */
  dispose(): readonly unknown[] {
    const errors: unknown[] = [];
    for (const { pollable } of this.polled) pollable.onWork = null;
    for (const network of this.all) {
      try {
        network.dispose?.();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
