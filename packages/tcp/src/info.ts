import type { TransportInfo } from '@synos/interfaces';
import { larger } from '@synos/wire';
import type { TcpCore } from './core.js';
import type { EndpointState } from './endpoint-state.js';
import { flag } from './flag.js';
import { currentRto } from './rtt.js';
import { ownMssBytes } from './segment-size.js';
import { stateName } from './state.js';
import { outstanding, receiveWindow, type Tcb } from './tcb.js';

/** What a connection can tell of itself. */
export function connectionInfo(core: TcpCore, tcb: Tcb): TransportInfo {
  const acknowledged = tcb.rare.sndWraps * 0x1_0000_0000 + countFrom(tcb.iss, tcb.sndUna);
  return {
    state: stateName(tcb.state),
    rttMs: tcb.srttUs < 0 ? 0 : tcb.srttUs / 1000,
    rttVarianceMs: tcb.rttVarUs / 1000,
    rtoMs: currentRto(tcb, core.settings),
    sendMssBytes: tcb.mss,
    receiveMssBytes: ownMssBytes(tcb.route, tcb.options.maximumSegmentBytes),
    congestionWindowBytes: tcb.congestion.windowBytes,
    slowStartThresholdBytes: tcb.congestion.slowStartThresholdBytes,
    sendWindowBytes: tcb.sndWnd,
    receiveWindowBytes: larger(0, receiveWindow(tcb)),
    sendWindowScale: larger(0, tcb.sndScale),
    receiveWindowScale: tcb.rcvScale,
    timestamps: (tcb.flags & flag.timestamps) !== 0,
    sackPermitted: (tcb.flags & flag.sackPermitted) !== 0,
    unacknowledgedSegments: tcb.records === null ? 0 : tcb.records.count,
    retransmits: tcb.rare.retries,
    totalRetransmits: tcb.rare.retransmits,
    bytesSent: acknowledged + larger(0, outstanding(tcb)) + tcb.rare.retransmittedBytes,
    bytesAcknowledged: acknowledged,
    bytesReceived: tcb.rare.rcvWraps * 0x1_0000_0000 + countFrom(tcb.irs, tcb.rcvNxt),
    segmentsSent: tcb.segmentsSent,
    segmentsReceived: tcb.segmentsReceived,
    pathMtuBytes: tcb.route.mtuBytes,
    lastDataSentMs: tcb.lastSentMs === 0 ? 0 : core.nowMs - tcb.lastSentMs,
    lastDataReceivedMs: tcb.lastReceivedMs === 0 ? 0 : core.nowMs - tcb.lastReceivedMs,
  };
}

/** The same of an endpoint without a connection: its state, and nothing else to tell. */
export function listenerInfo(endpoint: EndpointState): TransportInfo {
  return {
    state: endpoint.listening === null ? 'CLOSED' : 'LISTEN',
    rttMs: 0,
    rttVarianceMs: 0,
    rtoMs: 0,
    sendMssBytes: 0,
    receiveMssBytes: 0,
    congestionWindowBytes: 0,
    slowStartThresholdBytes: 0,
    sendWindowBytes: 0,
    receiveWindowBytes: 0,
    sendWindowScale: 0,
    receiveWindowScale: 0,
    timestamps: false,
    sackPermitted: false,
    unacknowledgedSegments: 0,
    retransmits: 0,
    totalRetransmits: 0,
    bytesSent: 0,
    bytesAcknowledged: 0,
    bytesReceived: 0,
    segmentsSent: 0,
    segmentsReceived: 0,
    pathMtuBytes: 0,
    lastDataSentMs: 0,
    lastDataReceivedMs: 0,
  };
}

/** Sequence numbers since the SYN's. */
function countFrom(initial: number, now: number): number {
  const count = (now - initial) >>> 0;
  return count === 0 ? 0 : count - 1;
}
