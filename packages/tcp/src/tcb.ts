import type { Block, CongestionControl, Route } from '@synos/interfaces';
import type { EndpointOptions } from './endpoint-options.js';
import type { EndpointState } from './endpoint-state.js';
import { flag } from './flag.js';
import { Flow, flowKind } from './flow.js';
import type { ListenState } from './listen-state.js';
import type { PortHold } from './port-hold.js';
import { nothingRare, type Rare } from './rare.js';
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
  /** Bits of {@link flag}. */
  flags: number;
  rare: Readonly<Rare>;
  /** A failure that the user has not been told. */
  error: number;

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
  /** Packets that it may still send in its turn at a busy device; -1 where nobody takes turns. */
  turnLeft: number;

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
  /** How large the rings were when they were last given back. */
  sendHintBytes: number;
  recvHintBytes: number;

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
  /** When the SYN went out, fractions kept; null once answered: a fraction is memory of its own. */
  synSentMs: number | null;

  dupAcks: number;
  /** RFC 6582: highest sequence number sent when recovery began. */
  recover: number;

  /** Acknowledgements not to be delayed: at the start, and after disorder. */
  quickAcks: number;
  /** The largest segment seen from the peer. */
  rcvMss: number;

  rtoDueMs: number;
  ackDueMs: number;
  /** Keepalive, or the end of FIN-WAIT-2. */
  keepDueMs: number;
  /** Something is to be tried again: no packet was free, or a short segment was held for more. */
  retryDueMs: number;
  lastSentMs: number;
  /** When text came last; 0: never. */
  lastReceivedMs: number;
  /** When anything acceptable came last. */
  heardMs: number;

  segmentsSent: number;
  segmentsReceived: number;

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
    this.flags = 0;
    this.rare = nothingRare;
    this.error = 0;
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
    this.turnLeft = -1;
    this.irs = 0;
    this.rcvNxt = 0;
    this.rcvAdv = 0;
    this.rcvScale = 0;
    this.lastAckSent = 0;
    this.recvBlock = null;
    this.recvHead = 0;
    this.recvBytes = 0;
    this.outOfOrder = null;
    this.sendHintBytes = 0;
    this.recvHintBytes = 0;
    this.tsOffset = 0;
    this.tsRecent = 0;
    this.tsRecentMs = 0;
    this.srttUs = -1;
    this.rttVarUs = 0;
    this.rtoMs = 0;
    this.backoff = 0;
    this.synSentMs = null;
    this.dupAcks = 0;
    this.recover = 0;
    this.quickAcks = 0;
    this.rcvMss = 0;
    this.rtoDueMs = 0;
    this.ackDueMs = 0;
    this.keepDueMs = 0;
    this.retryDueMs = 0;
    this.lastSentMs = 0;
    this.lastReceivedMs = 0;
    this.heardMs = 0;
    this.segmentsSent = 0;
    this.segmentsReceived = 0;
  }
}

/** Sequence numbers that are out and not acknowledged. */
export function outstanding(tcb: Tcb): number {
  return (tcb.sndNxt - tcb.sndUna) | 0;
}

/** Bytes in the send ring that were never sent. */
export function unsentBytes(tcb: Tcb): number {
  return (
    tcb.sendBytes -
    outstanding(tcb) +
    ((tcb.flags & flag.finSent) !== 0 ? 1 : 0) +
    ((tcb.flags & flag.synAcked) !== 0 ? 0 : 1)
  );
}

/** What is believed to be in the network: outstanding and not marked lost. */
export function inFlightBytes(tcb: Tcb): number {
  return outstanding(tcb) - (tcb.records === null ? 0 : tcb.records.lostBytes);
}

/** RCV.WND: from `rcv.nxt` to the right edge that the peer may know. */
export function receiveWindow(tcb: Tcb): number {
  return (tcb.rcvAdv - tcb.rcvNxt) | 0;
}
