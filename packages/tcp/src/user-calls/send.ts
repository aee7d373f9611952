import { failure, type Result, transfer } from '@synos/interfaces';
import { smaller } from '@synos/wire';
import type { TcpCore } from '../core.js';
import type { FastPathOfCore } from '../fast-path/fast-path.js';
import { flag, putFlag } from '../flag.js';
import { output } from '../output.js';
import { enqueueText } from '../send-queue.js';
import { state } from '../state.js';
import type { Tcb } from '../tcb.js';
import { sendRoomBytes, waitToWrite } from '../turns.js';

/** SEND: RFC 9293 §3.10.2. */
export function sendText(
  core: TcpCore,
  tcb: Tcb,
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
): Result {
  const fastPath = core.settings.fastPath as FastPathOfCore | null;
  if (fastPath?.send(core, tcb, bytes, start, end, flags)) return end - start;
  if (tcb.error !== 0) {
    const { error } = tcb;
    tcb.error = 0;
    return error;
  }
  switch (tcb.state) {
    case state.synSent:
    case state.synReceived:
      if ((tcb.flags & flag.finQueued) !== 0) return failure.brokenPipe;
      tcb.flags |= flag.wantsRoom;
      return failure.wouldBlock;
    case state.established:
    case state.closeWait:
      break;
    default:
      return failure.brokenPipe;
  }
  if (start === end) return 0;
  const room = sendRoomBytes(core, tcb);
  const taken = room === 0 ? 0 : enqueueText(core, tcb, bytes, start, smaller(end - start, room));
  if (taken === 0) {
    waitToWrite(core, tcb);
    return room === 0 ? failure.wouldBlock : failure.noBuffers;
  }
  putFlag(tcb, flag.more, (flags & transfer.more) !== 0);
  output(core, tcb);
  if (taken < end - start) waitToWrite(core, tcb);
  return taken;
}
