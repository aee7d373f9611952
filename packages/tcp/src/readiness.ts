import { readiness } from '@synos/interfaces';
import type { TcpCore } from './core.js';
import type { EndpointState } from './endpoint-state.js';
import { flag } from './flag.js';
import { state } from './state.js';
import { outstanding } from './tcb.js';
import { sendRoomBytes, waitToWrite } from './turns.js';

/** What holds for an endpoint now, as poll on Linux says it. */
export function readinessOf(core: TcpCore, endpoint: EndpointState): number {
  const { listening, tcb } = endpoint;
  if (listening !== null) return listening.accepting.length > 0 ? readiness.readable : 0;
  // Never connected: every call fails at once.
  if (tcb === null) return readiness.writable | readiness.hangup;
  if (tcb.state === state.synSent || tcb.state === state.synReceived) return 0;
  let bits = 0;
  if (tcb.error !== 0) bits |= readiness.error | readiness.readable | readiness.writable;
  if (tcb.state === state.closed) {
    bits |= readiness.readable | readiness.writable | readiness.readHangup | readiness.hangup;
    if (tcb.error === 0) bits |= readiness.drained;
    return bits;
  }
  if (tcb.recvBytes > 0) bits |= readiness.readable;
  if ((tcb.flags & (flag.finReceived | flag.readShut)) !== 0) bits |= readiness.readable | readiness.readHangup;
  if ((tcb.flags & flag.finQueued) !== 0) {
    bits |= readiness.writable;
    if ((tcb.flags & (flag.finReceived | flag.readShut)) !== 0) bits |= readiness.hangup;
  } else if (sendRoomBytes(core, tcb) > 0) {
    bits |= readiness.writable;
  } else {
    waitToWrite(core, tcb);
  }
  if (
    tcb.sendBytes === 0 &&
    outstanding(tcb) === 0 &&
    ((tcb.flags & flag.finQueued) === 0 || (tcb.flags & flag.finSent) !== 0 || tcb.state === state.timeWait)
  ) {
    bits |= readiness.drained;
  }
  return bits;
}
