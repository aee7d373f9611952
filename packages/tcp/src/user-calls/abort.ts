import { failure } from '@synos/interfaces';
import type { TcpCore } from '../core.js';
import { abortConnection, endConnection } from '../lifecycle.js';
import { releaseReceiveRing } from '../receive-queue.js';
import { state } from '../state.js';
import type { Tcb } from '../tcb.js';

/** ABORT: RFC 9293 §3.10.5. The user is gone: unread bytes are too. */
export function abortByUser(core: TcpCore, tcb: Tcb): void {
  tcb.owner = null;
  if (tcb.state === state.timeWait) {
    leaveTimeWait(core, tcb);
  } else if (tcb.state === state.closed) {
    releaseReceiveRing(core, tcb);
  } else if (tcb.state === state.synSent) {
    endConnection(core, tcb, 0);
  } else {
    abortConnection(core, tcb, 0);
  }
}

/** A connection that nobody accepted goes with its listener. */
export function abortWaiting(core: TcpCore, tcb: Tcb): void {
  tcb.waitsAt = null;
  if (tcb.state === state.closed || tcb.state === state.timeWait) abortByUser(core, tcb);
  else abortConnection(core, tcb, failure.connectionAborted);
}

/** The record of TIME-WAIT stays; what the user could have read goes. */
export function leaveTimeWait(core: TcpCore, tcb: Tcb): void {
  const record = core.demux.find(tcb.local, tcb.localPort, tcb.remote, tcb.remotePort);
  if (record !== null && 'tcb' in record && record.tcb === tcb) record.tcb = null;
  releaseReceiveRing(core, tcb);
}
