import type { Arrival } from '@synos/interfaces';
import { smaller, tcpFlag } from '@synos/wire';
import { armAt, type TcpCore } from '../core.js';
import { Embryo } from '../embryo.js';
import { initialSequence, timestampOffset } from '../isn.js';
import { endEmbryo } from '../lifecycle.js';
import type { ListenState } from '../listen-state.js';
import { maxWindowScale, scaleFor } from '../receive-window.js';
import { sendReset, sendSynAck } from '../reply.js';
import type { Segment } from '../segment.js';
import { defaultMssBytes } from '../tcb.js';

/**
 * A segment for a listener: RFC 9293 §3.10.7.2.
 *
 * @param leastIss - with a connection that RFC 6191 lets take the place of one in TIME-WAIT: the first sequence number
 *   allowed, else null
 */
export function arrivesListen(
  core: TcpCore,
  listening: ListenState,
  segment: Segment,
  arrival: Arrival,
  leastIss: number | null,
): void {
  const { flags } = segment;
  // First: an incoming RST is ignored, it could not be valid.
  if ((flags & tcpFlag.rst) !== 0) {
    core.counters.dropListenNotSyn++;
    return;
  }
  // Second: any acknowledgement is bad here.
  if ((flags & tcpFlag.ack) !== 0) {
    core.counters.dropListenNotSyn++;
    sendReset(core, segment, arrival);
    return;
  }
  // Fourth: anything but a SYN is dropped.
  if ((flags & tcpFlag.syn) === 0) {
    core.counters.dropListenNotSyn++;
    return;
  }
  // Linux's rule: who cannot be accepted is not even answered; the peer's SYN comes again.
  if (listening.full) {
    core.counters.dropAcceptQueueFull++;
    return;
  }
  const route = core.host.route(arrival.destination, arrival.source, listening.endpoint.options.device);
  if (typeof route === 'number') {
    core.counters.dropNoRoute++;
    return;
  }
  if (listening.halfOpen >= core.settings.synQueueLimit) {
    core.counters.dropHalfOpenReplaced++;
    endEmbryo(core, listening.oldest!);
  }
  const embryo = new Embryo(listening, route, segment.destinationPort, segment.sourcePort);
  const { settings } = core;
  const { options } = segment;
  const endpointOptions = listening.endpoint.options;
  const { local, localPort, remote, remotePort } = embryo;
  embryo.irs = segment.sequence;
  embryo.iss = initialSequence(core, local, localPort, remote, remotePort);
  if (leastIss !== null && ((embryo.iss - leastIss) | 0) < 0) embryo.iss = leastIss;
  embryo.peerMss = options.mssBytes === 0 ? defaultMssBytes : options.mssBytes;
  if (settings.windowScaling && options.windowScale >= 0) {
    embryo.sndScale = smaller(options.windowScale, maxWindowScale);
    embryo.rcvScale = settings.windowScale ?? scaleFor(endpointOptions.receiveBufferBytes);
  }
  embryo.timestamps = settings.timestamps && options.hasTimestamp;
  if (embryo.timestamps) {
    embryo.tsRecent = options.timestampValue;
    embryo.tsOffset = timestampOffset(core, local, localPort, remote, remotePort);
  }
  embryo.sackPermitted = settings.selectiveAcknowledgements && options.sackPermitted;
  embryo.sndWnd = segment.window;
  embryo.rcvWnd = smaller(endpointOptions.receiveBufferBytes, 65_535);
  embryo.sentMs = core.host.now;
  embryo.dueMs = core.nextMs + settings.initialRtoMs;
  core.demux.insert(embryo);
  listening.add(embryo);
  armAt(core, embryo, embryo.dueMs);
  core.counters.passiveOpens++;
  sendSynAck(core, embryo);
}
