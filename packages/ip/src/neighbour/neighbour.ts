import type { Packet } from '@synos/interfaces';
import { ipv4FromWord } from '@synos/wire';
import type { NeighbourInfo } from '../ip.js';
import type { NetInterface } from '../net-interface.js';

/** What is known of a neighbour (the states of RFC 4861 §7.3.2, for ARP). */
export const neighbourState = {
  /** Asked by broadcast, no answer yet: packets wait. */
  incomplete: 0,
  /** Answered, or confirmed by a transport, not long ago; after its time it counts as stale. */
  reachable: 1,
  /** Used although stale: asked again, by unicast, if nobody confirms it meanwhile. */
  delay: 2,
  /** Being asked by unicast. */
  probe: 3,
  /** Set by hand. */
  permanent: 4,
  /** Forgotten: who still holds this object must look again. */
  dead: 5,
} as const;

/** One neighbour on one device. Held by routes, so that the common case is a few compares. */
export class Neighbour {
  readonly on: NetInterface;
  readonly word: number;
  state: number;
  macHigh: number;
  macLow: number;
  reachableUntilMs: number;
  lastUsedMs: number;
  /** When the next question is due, in states incomplete, delay and probe. */
  deadlineMs: number;
  asked: number;
  /** Packets that wait, oldest first, `start` at the IPv4 header. */
  readonly waiting: Packet[];

  constructor(on: NetInterface, word: number) {
    this.on = on;
    this.word = word;
    this.state = 0;
    this.macHigh = 0;
    this.macLow = 0;
    // Doubles from the start: a field that turns from small integer to double costs an allocation per store.
    this.reachableUntilMs = Number.POSITIVE_INFINITY;
    this.lastUsedMs = -Number.POSITIVE_INFINITY;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.asked = 0;
    this.waiting = [];
  }
}

const stateNames = ['incomplete', 'reachable', 'delay', 'probe', 'permanent'] as const;

/** An entry as people read it. */
export function describeNeighbour(entry: Neighbour, now: number): NeighbourInfo {
  const { macHigh, macLow, state } = entry;
  const isStale = state === neighbourState.reachable && now >= entry.reachableUntilMs;
  return {
    device: entry.on.index,
    address: ipv4FromWord(entry.word),
    mac:
      state === neighbourState.incomplete
        ? null
        : new Uint8Array([macHigh >>> 8, macHigh, macLow >>> 24, macLow >>> 16, macLow >>> 8, macLow]),
    state: isStale ? 'stale' : stateNames[state]!,
  };
}
