import type { Tcb } from './tcb.js';

/** What most connections never have: apart, so that an idle one is small. */
export interface Rare {
  /** What the network last said of the peer, told when the connection times out (RFC 9293 §3.9.2.2). */
  softError: number;
  /** Timeouts since something was acknowledged. */
  retries: number;
  /** Time spent in timeouts since something was acknowledged; jumps of the clock do not count. */
  waitedMs: number;
  keepProbes: number;
  challenges: number;
  challengesSinceMs: number;
  /** Times that `snd.una` and `rcv.nxt` went round: bytes are counted by sequence numbers. */
  sndWraps: number;
  rcvWraps: number;
  retransmits: number;
  retransmittedBytes: number;
}

/** All connections share this until they have something to write. */
export const nothingRare: Readonly<Rare> = {
  softError: 0,
  retries: 0,
  waitedMs: 0,
  keepProbes: 0,
  challenges: 0,
  challengesSinceMs: 0,
  sndWraps: 0,
  rcvWraps: 0,
  retransmits: 0,
  retransmittedBytes: 0,
};

/** The connection's own record, made if need be. */
export function rareForWriting(tcb: Tcb): Rare {
  if (tcb.rare === nothingRare) tcb.rare = { ...nothingRare };
  return tcb.rare;
}

/** The peer has answered: timeouts count from none again, and what the network said of it is past. */
export function forgetTimeouts(tcb: Tcb): void {
  if (tcb.rare === nothingRare) return;
  const rare = rareForWriting(tcb);
  rare.retries = 0;
  rare.waitedMs = 0;
  rare.softError = 0;
}
