import { failure, type Result, transfer } from '@synos/interfaces';
import type { TcpCore } from '../core.js';
import { flag } from '../flag.js';
import { output } from '../output.js';
import { readText } from '../receive-queue.js';
import { shouldAnnounceWindow } from '../receive-window.js';
import { mayReceiveText, state } from '../state.js';
import type { Tcb } from '../tcb.js';

/** RECEIVE: RFC 9293 §3.10.3. Bytes that came before a failure are read before the failure is told. */
export function receiveText(
  core: TcpCore,
  tcb: Tcb,
  into: Uint8Array,
  start: number,
  end: number,
  flags: number,
): Result {
  if (tcb.recvBytes > 0) {
    if (start === end) return 0;
    const taken = readText(core, tcb, into, start, end - start, (flags & transfer.peek) !== 0);
    if (mayReceiveText(tcb.state) && tcb.id >= 0 && shouldAnnounceWindow(tcb)) {
      tcb.flags |= flag.ackNow;
      output(core, tcb);
    }
    return taken;
  }
  if (tcb.error !== 0) {
    const { error } = tcb;
    tcb.error = 0;
    return error;
  }
  if (tcb.state === state.synSent || tcb.state === state.synReceived) return failure.wouldBlock;
  if ((tcb.flags & (flag.finReceived | flag.readShut)) !== 0 || tcb.state === state.closed || start === end) return 0;
  return failure.wouldBlock;
}
