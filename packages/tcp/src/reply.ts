import { type Arrival, failure, type Route } from '@synos/interfaces';
import { tcpFlag, writeTimestampOption } from '@synos/wire';
import type { TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import type { Segment } from './segment.js';
import { ownMssBytes, timestampOptionBytes } from './segment-size.js';
import type { TimeWait } from './time-wait.js';
import { launch, writeHandshakeOptions } from './transmit.js';

/**
 * Answers a segment that belongs to nothing with a reset (RFC 9293 §3.10.7.1): with its own acknowledgement number as
 * sequence number if it has one, else with an acknowledgement of all that it carried.
 */
export function sendReset(core: TcpCore, segment: Segment, arrival: Arrival): void {
  const { host, options } = core;
  const route = host.route(arrival.destination, arrival.source);
  if (typeof route === 'number') {
    core.counters.dropNoRoute++;
    return;
  }
  const hasAck = (segment.flags & tcpFlag.ack) !== 0;
  sendBare(
    core,
    route,
    segment.destinationPort,
    segment.sourcePort,
    options.send,
    hasAck ? segment.acknowledgment : 0,
    hasAck ? 0 : (segment.sequence + segment.length) | 0,
    hasAck ? tcpFlag.rst : tcpFlag.rst | tcpFlag.ack,
  );
  core.counters.resetsOut++;
}

/** A segment without text or options for which there is no TCB. */
function sendBare(
  core: TcpCore,
  route: Route,
  localPort: number,
  remotePort: number,
  options: TimeWait['options'],
  sequence: number,
  acknowledgment: number,
  flags: number,
): void {
  const packet = core.host.packets.take(0, true);
  if (packet === null) {
    core.counters.noPackets++;
    return;
  }
  launch(core, packet, 0, localPort, remotePort, route, options, sequence, acknowledgment, flags, 0, -1);
}

/** Sends (again) the SYN-ACK of a half-open connection. */
export function sendSynAck(core: TcpCore, embryo: Embryo): void {
  const packet = core.host.packets.take(0, true);
  if (packet === null) {
    core.counters.noPackets++;
    return;
  }
  const { options } = embryo.listening.endpoint;
  const optionBytes = writeHandshakeOptions(
    packet,
    ownMssBytes(embryo.route, options.maximumSegmentBytes),
    embryo.sackPermitted,
    embryo.timestamps,
    (core.nowMs + embryo.tsOffset) | 0,
    embryo.tsRecent,
    embryo.sndScale >= 0 ? embryo.rcvScale : -1,
  );
  const result = launch(
    core,
    packet,
    optionBytes,
    embryo.localPort,
    embryo.remotePort,
    embryo.route,
    options.send,
    embryo.iss,
    (embryo.irs + 1) | 0,
    tcpFlag.syn | tcpFlag.ack,
    embryo.rcvWnd,
    -1,
  );
  if (result === failure.noBuffers) core.counters.noPackets++;
}

/** An acknowledgement from a half-open connection or from TIME-WAIT, limited as challenge ACKs are (RFC 5961 §7). */
export function sendRecordAck(core: TcpCore, flow: Embryo | TimeWait, limited: boolean): void {
  if (core.nowMs - flow.challengesSinceMs >= 1000) {
    flow.challengesSinceMs = core.nowMs;
    flow.challenges = 0;
  }
  if (limited) {
    if (flow.challenges >= core.settings.challengeAcksPerSecond) {
      core.counters.challengeAcksSuppressed++;
      return;
    }
    flow.challenges++;
    core.counters.challengeAcks++;
  }
  const packet = core.host.packets.take(0, true);
  if (packet === null) {
    core.counters.noPackets++;
    return;
  }
  let optionBytes = 0;
  if (flow.timestamps) {
    optionBytes = timestampOptionBytes;
    packet.start -= optionBytes;
    writeTimestampOption(packet.memory.view, packet.start, (core.nowMs + flow.tsOffset) | 0, flow.tsRecent);
  }
  const isEmbryo = 'irs' in flow;
  launch(
    core,
    packet,
    optionBytes,
    flow.localPort,
    flow.remotePort,
    flow.route,
    isEmbryo ? flow.listening.endpoint.options.send : flow.options,
    isEmbryo ? (flow.iss + 1) | 0 : flow.sndNxt,
    isEmbryo ? (flow.irs + 1) | 0 : flow.rcvNxt,
    tcpFlag.ack,
    flow.rcvWnd >>> (isEmbryo && flow.sndScale < 0 ? 0 : flow.rcvScale),
    -1,
  );
}
