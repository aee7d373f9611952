import type { TcpStateView, TcpTargetError } from '@synos/compliance';
import { failure } from '@synos/interfaces';
import type { Embryo } from '../embryo.js';
import { type Flow, flowKind } from '../flow.js';
import { stateName } from '../state.js';
import { receiveWindow, type Tcb } from '../tcb.js';
import type { TimeWait } from '../time-wait.js';

/** What stands behind a four-tuple, in the words of RFC 9293 §3.3.1. */
export function flowView(flow: Flow, rtoOf: (tcb: Tcb) => number): TcpStateView {
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
    rtoMs: rtoOf(tcb),
    sendMssBytes: tcb.mss,
  };
}

function embryoView(embryo: Embryo): TcpStateView {
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

function timeWaitView(record: TimeWait): TcpStateView {
  return {
    state: 'TIME_WAIT',
    sndUna: record.sndNxt >>> 0,
    sndNxt: record.sndNxt >>> 0,
    rcvNxt: record.rcvNxt >>> 0,
    rcvWndBytes: record.rcvWnd,
    tsRecent: record.tsRecent >>> 0,
  };
}

const errors = new Map<number, TcpTargetError>([
  [failure.wouldBlock, 'would-block'],
  [failure.notConnected, 'not-connected'],
  [failure.brokenPipe, 'closing'],
  [failure.closed, 'closed'],
  [failure.connectionRefused, 'refused'],
  [failure.connectionReset, 'reset'],
  [failure.connectionAborted, 'aborted'],
  [failure.timedOut, 'timed-out'],
  [failure.networkUnreachable, 'unreachable'],
  [failure.hostUnreachable, 'unreachable'],
  [failure.protocolUnreachable, 'unreachable'],
  [failure.addressInUse, 'in-use'],
  [failure.addressNotAvailable, 'in-use'],
  [failure.noBuffers, 'no-resources'],
]);

/** A failure in the words of the target. */
export function errorOf(result: number): TcpTargetError {
  return errors.get(result) ?? 'invalid';
}
