import { failure, type Result } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import { notify, setKeepDue, setRetryDue, type TcpCore } from '../core.js';
import { flag } from '../flag.js';
import { abortConnection, endConnection } from '../lifecycle.js';
import { output, sendRange } from '../output.js';
import { releaseReceiveRing } from '../receive-queue.js';
import { state } from '../state.js';
import type { Tcb } from '../tcb.js';
import { poolRetryMs } from '../transmit.js';
import { leaveTimeWait } from './abort.js';

/** Ends the sending direction: RFC 9293 §3.10.4 as far as the peer can see it. */
export function shutSending(core: TcpCore, tcb: Tcb): Result {
  switch (tcb.state) {
    case state.synReceived:
      // Nothing was sent before it, so the FIN need not wait for ESTABLISHED.
      tcb.flags |= flag.finQueued;
      tcb.state = state.finWait1;
      if (!sendRange(core, tcb, 0, tcpFlag.fin | tcpFlag.ack, tcb.mss))
        setRetryDue(core, tcb, core.nextMs + poolRetryMs);
      return 0;
    case state.established:
      tcb.flags |= flag.finQueued;
      tcb.state = state.finWait1;
      break;
    case state.closeWait:
      tcb.flags |= flag.finQueued;
      tcb.state = state.lastAck;
      break;
    case state.finWait1:
    case state.finWait2:
    case state.closing:
    case state.lastAck:
    case state.timeWait:
      return 0;
    default:
      return failure.notConnected;
  }
  tcb.flags &= ~flag.more;
  output(core, tcb);
  notify(core, tcb.owner);
  return 0;
}

/** Ends the receiving direction towards the user: the wire does not notice. */
export function shutReceiving(core: TcpCore, tcb: Tcb): Result {
  if (tcb.state === state.closed || tcb.state === state.synSent) return failure.notConnected;
  tcb.flags |= flag.readShut;
  notify(core, tcb.owner);
  return 0;
}

/** CLOSE: RFC 9293 §3.10.4. The endpoint is gone; the connection lives on until the peer knows. */
export function closeByUser(core: TcpCore, tcb: Tcb): void {
  tcb.owner = null;
  switch (tcb.state) {
    case state.closed:
      releaseReceiveRing(core, tcb);
      return;
    case state.timeWait:
      leaveTimeWait(core, tcb);
      return;
    case state.synSent:
      endConnection(core, tcb, 0);
      return;
    default:
  }
  // RFC 2525 §2.17, RFC 9293 §3.6.1: whoever closes without having read it all says so by a reset.
  if (tcb.recvBytes > 0) {
    abortConnection(core, tcb, 0);
    return;
  }
  if (tcb.state === state.finWait2) setKeepDue(core, tcb, core.nextMs + core.settings.finWait2Ms);
  shutSending(core, tcb);
}
