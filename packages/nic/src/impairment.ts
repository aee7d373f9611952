import type { Clock, Random } from '@synos/interfaces';
import type { Fault } from './fault.js';

/** Options of `createImpairedLink`. Rates are probabilities, 0 (default) to 1. */
export interface ImpairmentOptions {
  /** Chance for rates and jitter; needed when any of them is above 0. */
  readonly random?: Random;
  /** What happens to which frame, by the order of sending. Where a frame is listed, chance has no say. */
  readonly faults?: readonly Fault[];
  readonly lossRate?: number;
  readonly duplicateRate?: number;
  /** How many frames are held back by a random time of up to {@link ImpairmentOptions.reorderMs}. */
  readonly reorderRate?: number;
  /** Longest time by which a reordered frame is held back, default 20. */
  readonly reorderMs?: number;
  /** How many frames have a burst of 1 to 15 bits flipped inside their IPv4 packet. */
  readonly corruptRate?: number;
  /** Time on the way, default 0. */
  readonly delayMs?: number;
  /** Random addition to the time on the way, up to this, default 0. Frames may overtake one another. */
  readonly jitterMs?: number;
  /** Speed; 0 (default) is without limit. */
  readonly rateBytesPerMs?: number;
  /**
   * Frames that may wait for the link to be free (with a rate), or for the device below or the receiver to take them.
   * Further ones are dropped: `queueFull`. Default 256.
   */
  readonly queueLength?: number;
  /** Frames that may be on the way at once, default 16,384. Further ones are dropped: `flightFull`. */
  readonly flightLength?: number;
  /** A smaller MTU than the device's. */
  readonly mtuBytes?: number;
  /** Which way is impaired, default `transmit`. For both, decorate twice. */
  readonly direction?: 'transmit' | 'receive';
  /** Where the time comes from; default: the last `advance`. */
  readonly clock?: Clock;
  /** Is told each fault that chance brought, as an entry for {@link ImpairmentOptions.faults}. */
  readonly onFault?: (fault: Fault) => void;
}

/** Counts of an impaired link. */
export type ImpairedLinkCounters = {
  txPackets: number;
  txBytes: number;
  rxPackets: number;
  rxBytes: number;
  /** Dropped by a fault or by chance. */
  lost: number;
  duplicated: number;
  corrupted: number;
  /** Held back by a fault, by reordering or by jitter. */
  delayed: number;
  queueFull: number;
  flightFull: number;
  /** No packet for a duplicate. */
  noPacket: number;
  txLinkDown: number;
  txTooLong: number;
  txTooShort: number;
  /** Dropped: the checksum was left to a link that fills none. */
  txPartialChecksum: number;
  /** Released by `close`. */
  closed: number;
};

/** All zero. */
export function createImpairedLinkCounters(): ImpairedLinkCounters {
  return {
    txPackets: 0,
    txBytes: 0,
    rxPackets: 0,
    rxBytes: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0,
    delayed: 0,
    queueFull: 0,
    flightFull: 0,
    noPacket: 0,
    txLinkDown: 0,
    txTooLong: 0,
    txTooShort: 0,
    txPartialChecksum: 0,
    closed: 0,
  };
}
