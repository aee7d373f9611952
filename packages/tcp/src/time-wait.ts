import type { Route, SendOptions } from '@synos/interfaces';
import { Flow, flowKind } from './flow.js';
import type { PortHold } from './port-hold.js';
import type { Tcb } from './tcb.js';

/** A connection in TIME-WAIT: what is needed to acknowledge a late FIN and to judge a SYN (RFC 6191). */
export class TimeWait extends Flow {
  readonly route: Route;
  readonly options: SendOptions;
  readonly hold: PortHold;
  sndNxt: number;
  rcvNxt: number;
  /** The window as its field last said. */
  rcvWnd: number;
  rcvScale: number;
  timestamps: boolean;
  tsOffset: number;
  tsRecent: number;
  /** When the last timestamp was taken over. */
  tsRecentMs: number;
  dueMs: number;
  challenges: number;
  challengesSinceMs: number;
  /** The connection, while its user has not closed it: unread bytes are still there. */
  tcb: Tcb | null;

  constructor(tcb: Tcb, hold: PortHold) {
    super(flowKind.timeWait, tcb.local, tcb.localPort, tcb.remote, tcb.remotePort);
    this.route = tcb.route;
    this.options = tcb.options.send;
    this.hold = hold;
    this.sndNxt = tcb.sndNxt;
    this.rcvNxt = tcb.rcvNxt;
    this.rcvWnd = (tcb.rcvAdv - tcb.rcvNxt) | 0;
    this.rcvScale = tcb.rcvScale;
    this.timestamps = tcb.timestamps;
    this.tsOffset = tcb.tsOffset;
    this.tsRecent = tcb.tsRecent;
    this.tsRecentMs = tcb.tsRecentMs;
    this.dueMs = 0;
    this.challenges = 0;
    this.challengesSinceMs = 0;
    this.tcb = tcb.owner === null ? null : tcb;
  }
}
