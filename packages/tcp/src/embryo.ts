import type { Route } from '@synos/interfaces';
import { Flow, flowKind } from './flow.js';
import type { ListenState } from './listen-state.js';

/**
 * A connection in SYN-RECEIVED that a listener has begun: what of a TCB is needed until the handshake's last segment,
 * so that a flood of SYNs costs little.
 */
export class Embryo extends Flow {
  readonly listening: ListenState;
  readonly route: Route;
  irs: number;
  iss: number;
  /** The peer's MSS option or its default. */
  peerMss: number;
  /** The peer's window scale, -1 when it sent none. */
  sndScale: number;
  rcvScale: number;
  timestamps: boolean;
  sackPermitted: boolean;
  tsRecent: number;
  tsOffset: number;
  sndWnd: number;
  /** The window that our SYN-ACK offered. */
  rcvWnd: number;
  /** SYN-ACKs sent after the first. */
  retries: number;
  dueMs: number;
  sentMs: number;
  challenges: number;
  challengesSinceMs: number;
  older: Embryo | null;
  newer: Embryo | null;

  constructor(listening: ListenState, route: Route, localPort: number, remotePort: number) {
    super(flowKind.embryo, route.source, localPort, route.destination, remotePort, listening.endpoint.options.device);
    this.listening = listening;
    this.route = route;
    this.irs = 0;
    this.iss = 0;
    this.peerMss = 0;
    this.sndScale = -1;
    this.rcvScale = 0;
    this.timestamps = false;
    this.sackPermitted = false;
    this.tsRecent = 0;
    this.tsOffset = 0;
    this.sndWnd = 0;
    this.rcvWnd = 0;
    this.retries = 0;
    this.dueMs = 0;
    this.sentMs = 0;
    this.challenges = 0;
    this.challengesSinceMs = 0;
    this.older = null;
    this.newer = null;
  }
}
