import type { Arrival } from '@synos/interfaces';
import { tcpFlag } from '@synos/wire';
import type { TcpCore } from '../core.js';
import { endTimeWait, restartTimeWait } from '../lifecycle.js';
import type { ListenState } from '../listen-state.js';
import { sendRecordAck } from '../reply.js';
import type { Segment } from '../segment.js';
import type { TimeWait } from '../time-wait.js';
import { isAcceptable } from './acceptable.js';
import { arrivesListen } from './listen.js';

/** How far beyond the old connection's numbers one that takes its place begins, as on Linux. */
const isnGap = 65_537;

/**
 * A segment for a connection in TIME-WAIT: RFC 9293 §3.10.7.4.
 *
 * @param listening - who listens on its port
 */
export function arrivesTimeWait(
  core: TcpCore,
  record: TimeWait,
  segment: Segment,
  arrival: Arrival,
  listening: ListenState | null,
): void {
  const { flags } = segment;
  // RFC 1337 §3: a reset does not cut TIME-WAIT short.
  if ((flags & tcpFlag.rst) !== 0) {
    core.counters.dropTimeWaitReset++;
    return;
  }
  if ((flags & (tcpFlag.syn | tcpFlag.ack)) === tcpFlag.syn && listening !== null && mayReuse(record, segment)) {
    core.counters.timeWaitReused++;
    const leastIss = (record.sndNxt + isnGap) | 0;
    endTimeWait(core, record);
    arrivesListen(core, listening, segment, arrival, leastIss);
    return;
  }
  const { options } = segment;
  const old = record.timestamps && options.hasTimestamp && ((options.timestampValue - record.tsRecent) | 0) < 0;
  if (old) core.counters.dropPaws++;
  if (old || !isAcceptable(segment, record.rcvNxt, record.rcvWnd)) {
    if (!old) core.counters.dropOutsideWindow++;
    // The FIN again: our last acknowledgement was lost. It is answered, and the 2 MSL begin anew.
    const isFin = !old && (flags & tcpFlag.fin) !== 0 && ((segment.sequence + segment.length) | 0) === record.rcvNxt;
    if (isFin) restartTimeWait(core, record);
    sendRecordAck(core, record, !isFin);
    return;
  }
  // RFC 5961 §4.2.
  if ((flags & tcpFlag.syn) !== 0) {
    sendRecordAck(core, record, true);
    return;
  }
  if ((flags & tcpFlag.ack) === 0) {
    core.counters.dropNoAck++;
    return;
  }
  // RFC 5961 §5.2, with nothing outstanding.
  if (((segment.acknowledgment - record.sndNxt) | 0) > 0 || segment.length > 0) sendRecordAck(core, record, true);
}

/** RFC 6191 §2: whether a SYN is surely newer than the old connection. */
export function mayReuse(record: TimeWait, segment: Segment): boolean {
  const beyond = ((segment.sequence - record.rcvNxt) | 0) > 0;
  if (!record.timestamps || !segment.options.hasTimestamp) return beyond;
  const newer = (segment.options.timestampValue - record.tsRecent) | 0;
  return newer > 0 || (newer === 0 && beyond);
}
