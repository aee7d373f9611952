import { flag } from '../flag.js';
import { state } from '../state.js';
import type { Tcb } from '../tcb.js';

/** Header and timestamps: two NOPs and the option, as RFC 7323 appendix A recommends it. */
export const predictedHeaderBytes = 32;
/** The header's length, and ACK. The word that it is in has the control bits and the window besides. */
export const predictedControl = 0x8010_0000 | 0;

/** Whether text comes and goes with timestamps, nothing is missing, and no word is held for more. */
export function isPredictable(tcb: Tcb): boolean {
  return (
    tcb.state === state.established &&
    (tcb.flags & (flag.timestamps | flag.more)) === flag.timestamps &&
    tcb.outOfOrder === null
  );
}
