import type { Route, SendOptions } from '@synos/interfaces';
import { flag } from './flag.js';
import { Flow, flowKind } from './flow.js';
import type { PortHold } from './port-hold.js';
import { receiveWindow, type Tcb } from './tcb.js';

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

  constructor(
    route: Route,
    localPort: number,
    remotePort: number,
    device: number,
    options: SendOptions,
    hold: PortHold,
  ) {
    super(flowKind.timeWait, route.source, localPort, route.destination, remotePort, device);
    this.route = route;
    this.options = options;
    this.hold = hold;
    this.sndNxt = 0;
    this.rcvNxt = 0;
    this.rcvWnd = 0;
    this.rcvScale = 0;
    this.timestamps = false;
    this.tsOffset = 0;
    this.tsRecent = 0;
    this.tsRecentMs = 0;
    this.dueMs = 0;
    this.challenges = 0;
    this.challengesSinceMs = 0;
    this.tcb = null;
  }
}

/** The record that takes a connection's place. */
export function timeWaitOf(tcb: Tcb, hold: PortHold): TimeWait {
  const record = new TimeWait(tcb.route, tcb.localPort, tcb.remotePort, tcb.device, tcb.options.send, hold);
  record.sndNxt = tcb.sndNxt;
  record.rcvNxt = tcb.rcvNxt;
  record.rcvWnd = receiveWindow(tcb);
  record.rcvScale = tcb.rcvScale;
  record.timestamps = (tcb.flags & flag.timestamps) !== 0;
  record.tsOffset = tcb.tsOffset;
  record.tsRecent = tcb.tsRecent;
  record.tsRecentMs = tcb.tsRecentMs;
  record.tcb = tcb.owner === null && tcb.waitsAt === null ? null : tcb;
  return record;
}
