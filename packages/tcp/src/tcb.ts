import type { Block, CongestionControl, Route } from '@synos/interfaces';
import type { EndpointOptions } from './endpoint-options.js';
import type { EndpointState } from './endpoint-state.js';
import { Flow, flowKind } from './flow.js';
import type { ListenState } from './listen-state.js';
import type { PortHold } from './port-hold.js';
import type { OutOfOrder } from './reassembly.js';
import type { SendRecords } from './send-records.js';
import { type State, state } from './state.js';

/** The MSS of a peer that sends no option (RFC 9293 §3.7.1), for IPv4. */
export const defaultMssBytes = 536;

/**
 * A transmission control block (RFC 9293 §3.3.1). Sequence numbers are int32; times are whole milliseconds since the
 * TCP was made, plus one, so that 0 can mean "not set". Rings, records and intervals come with the first byte that
 * needs them and go with the last.
 */
export class Tcb extends Flow {
  state: State;
  /** Whose connection this is; null once closed, and before `accept`. */
  owner: EndpointState | null;
  /** The listener in whose queue it waits for `accept`. */
  waitsAt: ListenState | null;
  hold: PortHold | null;
  route: Route;
  options: EndpointOptions;
  congestion: CongestionControl;
  /** A failure that the user has not been told. */
  error: number;
  /** What the network last said of the peer, told when the connection times out (RFC 9293 §3.9.2.2). */
  softError: number;

  iss: number;
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  maxSndWnd: number;
  /** The peer's window scale, -1 when scaling is not in use. */
  sndScale: number;
  /** The peer's MSS option. */
  peerMss: number;
  /** Payload bytes of a full segment, timestamps taken off; follows the path. */
  mss: number;
  /** Behind the last segment that was sent short of full: what Nagle's rule waits for. */
  sndSmall: number;
  sendBlock: Block | null;
  /** Where in the ring `snd.una` lies. */
  sendHead: number;
  /** Bytes in the ring: from `snd.una` on, sent or not. */
  sendBytes: number;
  records: SendRecords | null;
  /** The user has closed this direction: a FIN follows the last byte. */
  finQueued: boolean;
  /** Our SYN is acknowledged. Until then a retransmission begins with it. */
  synAcked: boolean;
  /** The FIN is in a record (at `snd.nxt - 1`). */
  finSent: boolean;
  /** The user said that more follows: hold a short segment. */
  more: boolean;
  /** Waits its turn at a device that has no room. */
  waitsForRoom: boolean;

  irs: number;
  rcvNxt: number;
  /** Right edge of the window that the peer may know: never goes back. */
  rcvAdv: number;
  rcvScale: number;
  /** Last.ACK.sent of RFC 7323 §4.3. */
  lastAckSent: number;
  recvBlock: Block | null;
  /** Where in the ring the first unread byte lies. */
  recvHead: number;
  /** Unread bytes in order. */
  recvBytes: number;
  outOfOrder: OutOfOrder | null;
  finReceived: boolean;
  /** The user has shut this direction down. */
  readShut: boolean;
  /** How large the rings were when they were last given back. */
  sendHintBytes: number;
  recvHintBytes: number;

  timestamps: boolean;
  sackPermitted: boolean;
  tsOffset: number;
  tsRecent: number;
  tsRecentMs: number;

  /** Microseconds; -1 before the first measurement. */
  srttUs: number;
  rttVarUs: number;
  /** Without back-off. */
  rtoMs: number;
  /** How often the timeout was doubled. */
  backoff: number;
  /** Timeouts since something was acknowledged. */
  retries: number;
  /** Time spent in timeouts since something was acknowledged; jumps of the clock do not count. */
  waitedMs: number;
  synRetransmitted: boolean;
  /** When the SYN went out, fractions kept. */
  synSentMs: number;

  dupAcks: number;
  /** RFC 6582: highest sequence number sent when recovery began. */
  recover: number;
  inRecovery: boolean;
  /** The first partial acknowledgement restarts the timer, later ones do not (RFC 6582 §4). */
  partialSeen: boolean;

  ackNow: boolean;
  /** It is among the core's `owedAcks`. */
  ackOwed: boolean;
  /** Acknowledgements not to be delayed: at the start, and after disorder. */
  quickAcks: number;
  /** The conversation goes back and forth: acknowledgements ride on answers. */
  pingPong: boolean;
  /** The largest segment seen from the peer. */
  rcvMss: number;

  rtoDueMs: number;
  ackDueMs: number;
  /** Keepalive, or the end of FIN-WAIT-2. */
  keepDueMs: number;
  /** Something is to be tried again: no packet was free, or a short segment was held for more. */
  retryDueMs: number;
  keepProbes: number;
  lastSentMs: number;
  /** When text came last; 0: never. */
  lastReceivedMs: number;
  /** When anything acceptable came last. */
  heardMs: number;
  /** The user was told that there is no room to send, and waits to hear of some. */
  wantsRoom: boolean;

  challenges: number;
  challengesSinceMs: number;

  /** Times that `snd.una` and `rcv.nxt` went round: bytes are counted by sequence numbers. */
  sndWraps: number;
  rcvWraps: number;
  segmentsSent: number;
  segmentsReceived: number;
  retransmits: number;
  retransmittedBytes: number;

  constructor(
    route: Route,
    localPort: number,
    remotePort: number,
    options: EndpointOptions,
    congestion: CongestionControl,
  ) {
    super(flowKind.connection, route.source, localPort, route.destination, remotePort, options.device);
    this.state = state.closed;
    this.owner = null;
    this.waitsAt = null;
    this.hold = null;
    this.route = route;
    this.options = options;
    this.congestion = congestion;
    this.error = 0;
    this.softError = 0;
    this.iss = 0;
    this.sndUna = 0;
    this.sndNxt = 0;
    this.sndWnd = 0;
    this.sndWl1 = 0;
    this.sndWl2 = 0;
    this.maxSndWnd = 0;
    this.sndScale = -1;
    this.peerMss = defaultMssBytes;
    this.mss = defaultMssBytes;
    this.sndSmall = 0;
    this.sendBlock = null;
    this.sendHead = 0;
    this.sendBytes = 0;
    this.records = null;
    this.finQueued = false;
    this.synAcked = false;
    this.finSent = false;
    this.more = false;
    this.waitsForRoom = false;
    this.irs = 0;
    this.rcvNxt = 0;
    this.rcvAdv = 0;
    this.rcvScale = 0;
    this.lastAckSent = 0;
    this.recvBlock = null;
    this.recvHead = 0;
    this.recvBytes = 0;
    this.outOfOrder = null;
    this.finReceived = false;
    this.readShut = false;
    this.sendHintBytes = 0;
    this.recvHintBytes = 0;
    this.timestamps = false;
    this.sackPermitted = false;
    this.tsOffset = 0;
    this.tsRecent = 0;
    this.tsRecentMs = 0;
    this.srttUs = -1;
    this.rttVarUs = 0;
    this.rtoMs = 0;
    this.backoff = 0;
    this.retries = 0;
    this.waitedMs = 0;
    this.synRetransmitted = false;
    this.synSentMs = 0;
    this.dupAcks = 0;
    this.recover = 0;
    this.inRecovery = false;
    this.partialSeen = false;
    this.ackNow = false;
    this.ackOwed = false;
    this.quickAcks = 0;
    this.pingPong = false;
    this.rcvMss = 0;
    this.rtoDueMs = 0;
    this.ackDueMs = 0;
    this.keepDueMs = 0;
    this.retryDueMs = 0;
    this.keepProbes = 0;
    this.lastSentMs = 0;
    this.lastReceivedMs = 0;
    this.heardMs = 0;
    this.wantsRoom = false;
    this.challenges = 0;
    this.challengesSinceMs = 0;
    this.sndWraps = 0;
    this.rcvWraps = 0;
    this.segmentsSent = 0;
    this.segmentsReceived = 0;
    this.retransmits = 0;
    this.retransmittedBytes = 0;
  }
}

/** Sequence numbers that are out and not acknowledged. */
export function outstanding(tcb: Tcb): number {
  return (tcb.sndNxt - tcb.sndUna) | 0;
}

/** Bytes in the send ring that were never sent. */
export function unsentBytes(tcb: Tcb): number {
  return tcb.sendBytes - outstanding(tcb) + (tcb.finSent ? 1 : 0) + (tcb.synAcked ? 0 : 1);
}

/** What is believed to be in the network: outstanding and not marked lost. */
export function inFlightBytes(tcb: Tcb): number {
  return outstanding(tcb) - (tcb.records === null ? 0 : tcb.records.lostBytes);
}

/** RCV.WND: from `rcv.nxt` to the right edge that the peer may know. */
export function receiveWindow(tcb: Tcb): number {
  return (tcb.rcvAdv - tcb.rcvNxt) | 0;
}
