import { failure, failureOfNetworkError, type NetworkError, networkErrorKind } from '@synos/interfaces';
import { tcpDestinationPort, tcpSequence, tcpSourcePort } from '@synos/wire';
import { armAt, notify, setRetryDue, type TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import { flowKind } from './flow.js';
import { endConnection, endEmbryo } from './lifecycle.js';
import { rareForWriting } from './rare.js';
import { state } from './state.js';
import type { Tcb } from './tcb.js';

/**
 * The network reports an error about a segment of ours (RFC 9293 §3.9.2.2, RFC 5927). It is believed only if the
 * quoted sequence number is one that is out: nobody off the path knows those (RFC 5927 §4.1).
 */
export function takeNetworkError(core: TcpCore, error: NetworkError): boolean {
  const { counters } = core;
  counters.networkErrors++;
  if (error.length < 8) {
    counters.networkErrorsIgnored++;
    return false;
  }
  const localPort = tcpSourcePort(error.view, error.offset);
  const remotePort = tcpDestinationPort(error.view, error.offset);
  const sequence = tcpSequence(error.view, error.offset);
  const flow = core.demux.find(error.source, localPort, error.destination, remotePort);
  if (flow === null || !isOut(flow, sequence, error)) {
    counters.networkErrorsIgnored++;
    return false;
  }
  if (flow.kind === flowKind.embryo) {
    const embryo = flow as Embryo;
    // Nobody will answer this SYN-ACK; a wrong report costs a stranger's handshake one try.
    if (error.kind !== networkErrorKind.packetTooBig && error.kind !== networkErrorKind.timeExceeded)
      endEmbryo(core, embryo);
    return true;
  }
  takeConnectionError(core, flow as Tcb, error);
  return true;
}

function isOut(flow: Tcb | { readonly kind: number }, sequence: number, error: NetworkError): boolean {
  if (flow.kind === flowKind.embryo) return sequence === (flow as Embryo).iss;
  if (flow.kind !== flowKind.connection) return false;
  const tcb = flow as Tcb;
  const offset = (sequence - tcb.sndUna) | 0;
  if (offset >= 0 && ((sequence - tcb.sndNxt) | 0) < 0) return true;
  // Our own neighbour resolution cannot be forged, and may be about a bare acknowledgement.
  return error.kind === networkErrorKind.neighbourUnreachable;
}

function takeConnectionError(core: TcpCore, tcb: Tcb, error: NetworkError): void {
  if (error.kind === networkErrorKind.packetTooBig) {
    // RFC 1191 §6.5: what was too big goes again at once in smaller segments, and that is no sign of congestion. The
    // route learns of the new MTU after this returns, so it is done when the timers run next.
    core.counters.pathMtuChanges++;
    if (tcb.records !== null) tcb.records.markLostFrom(tcb.sndUna);
    setRetryDue(core, tcb, core.nowMs);
    armAt(core, tcb, core.nowMs);
    core.host.wake();
    return;
  }
  if (error.kind === networkErrorKind.timeExceeded || error.kind === networkErrorKind.parameterProblem) {
    rareForWriting(tcb).softError = failure.hostUnreachable;
    return;
  }
  const code = failureOfNetworkError(error.kind);
  // RFC 9293 §3.9.2.2 calls most of these soft. In SYN-SENT there is nothing to lose by telling the user at once, and
  // RFC 5461 §4.1 reports that stacks do.
  if (tcb.state === state.synSent) {
    core.counters.failedOpens++;
    endConnection(core, tcb, code);
    return;
  }
  rareForWriting(tcb).softError = code;
  notify(core, tcb.owner);
}
