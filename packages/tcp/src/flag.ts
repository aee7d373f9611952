import type { Tcb } from './tcb.js';

/** What is yes or no of a connection: bits of `tcb.flags`. */
export const flag = {
  /** The user has closed this direction: a FIN follows the last byte. */
  finQueued: 0x1,
  /** Our SYN is acknowledged. Until then a retransmission begins with it. */
  synAcked: 0x2,
  /** The FIN is in a record (at `snd.nxt - 1`). */
  finSent: 0x4,
  /** The user said that more follows: hold a short segment. */
  more: 0x8,
  /** Waits its turn at a device that has no room. */
  waitsForRoom: 0x10,
  finReceived: 0x20,
  /** The user has shut this direction down. */
  readShut: 0x40,
  timestamps: 0x80,
  sackPermitted: 0x100,
  synRetransmitted: 0x200,
  inRecovery: 0x400,
  /** The first partial acknowledgement restarts the timer, later ones do not (RFC 6582 §4). */
  partialSeen: 0x800,
  ackNow: 0x1000,
  /** It is among the core's `owedAcks`. */
  ackOwed: 0x2000,
  /** The conversation goes back and forth: acknowledgements ride on answers. */
  pingPong: 0x4000,
  /** The user was told that there is no room to send, and waits to hear of some. */
  wantsRoom: 0x8000,
} as const;

/** Sets or clears one. */
export function putFlag(tcb: Tcb, bit: number, on: boolean): void {
  tcb.flags = on ? tcb.flags | bit : tcb.flags & ~bit;
}
