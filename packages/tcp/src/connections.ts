import type { Address, TcpState, TransportProtocol } from '@synos/interfaces';
import type { TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import { type Flow, flowKind } from './flow.js';
import { Tcp } from './protocol.js';
import { currentRto } from './rtt.js';
import { stateName } from './state.js';
import { receiveWindow, type Tcb } from './tcb.js';
import type { TimeWait } from './time-wait.js';

/**
 * What stands behind a four-tuple, in the words of RFC 9293 §3.3.1. Sequence numbers are 0 to 2^32 - 1; what a half-open
 * connection or one in TIME-WAIT does not keep is left out.
 */
export interface FlowView {
  readonly state: TcpState;
  readonly sndUna?: number;
  readonly sndNxt?: number;
  /** Scaled. */
  readonly sndWndBytes?: number;
  readonly iss?: number;
  readonly rcvNxt?: number;
  /** Scaled. */
  readonly rcvWndBytes?: number;
  readonly irs?: number;
  /** TS.Recent of RFC 7323. */
  readonly tsRecent?: number;
  /** Back-off included. */
  readonly rtoMs?: number;
  readonly sendMssBytes?: number;
}

/** A {@link FlowView} and whose it is. */
export interface ConnectionView extends FlowView {
  readonly local: Address;
  readonly localPort: number;
  /** `null` for a listener. */
  readonly remote: Address | null;
  /** 0 for a listener. */
  readonly remotePort: number;
}

/**
 * Everything that a TCP has: listeners, then half-open and other connections and those in TIME-WAIT, with or without an
 * endpoint. For people and tests: it allocates a record for each.
 *
 * @param transport - made by `createTcp`
 * @throws TypeError when it is not
 * @example
 * ```ts
 * for (const { localPort, state } of connections(transport)) console.log(localPort, state);
 * ```
 */
export function connections(transport: TransportProtocol): ConnectionView[] {
  if (!(transport instanceof Tcp)) throw new TypeError('connections takes a transport of createTcp');
  const { core } = transport;
  const views: ConnectionView[] = [];
  for (const listeners of core.listeners.values()) {
    for (const { hold } of listeners) {
      views.push({ local: { ...hold.local }, localPort: hold.port, remote: null, remotePort: 0, state: 'LISTEN' });
    }
  }
  for (const flow of core.demux.flows) {
    if (flow === null) continue;
    const { local, localPort, remote, remotePort } = flow;
    views.push({ local: { ...local }, localPort, remote: { ...remote }, remotePort, ...flowView(core, flow) });
  }
  return views;
}

/** @internal One flow's. */
export function flowView(core: TcpCore, flow: Flow): FlowView {
  if (flow.kind === flowKind.embryo) return embryoView(flow as Embryo);
  if (flow.kind === flowKind.timeWait) return timeWaitView(flow as TimeWait);
  const tcb = flow as Tcb;
  return {
    state: stateName(tcb.state),
    sndUna: tcb.sndUna >>> 0,
    sndNxt: tcb.sndNxt >>> 0,
    sndWndBytes: tcb.sndWnd,
    iss: tcb.iss >>> 0,
    rcvNxt: tcb.rcvNxt >>> 0,
    rcvWndBytes: Math.max(0, receiveWindow(tcb)),
    irs: tcb.irs >>> 0,
    tsRecent: tcb.tsRecent >>> 0,
    rtoMs: currentRto(tcb, core.settings),
    sendMssBytes: tcb.mss,
  };
}

function embryoView(embryo: Embryo): FlowView {
  return {
    state: 'SYN_RECEIVED',
    sndUna: embryo.iss >>> 0,
    sndNxt: (embryo.iss + 1) >>> 0,
    sndWndBytes: embryo.sndWnd,
    iss: embryo.iss >>> 0,
    rcvNxt: (embryo.irs + 1) >>> 0,
    rcvWndBytes: embryo.rcvWnd,
    irs: embryo.irs >>> 0,
    tsRecent: embryo.tsRecent >>> 0,
  };
}

function timeWaitView(record: TimeWait): FlowView {
  return {
    state: 'TIME_WAIT',
    sndUna: record.sndNxt >>> 0,
    sndNxt: record.sndNxt >>> 0,
    rcvNxt: record.rcvNxt >>> 0,
    rcvWndBytes: record.rcvWnd,
    tsRecent: record.tsRecent >>> 0,
  };
}
