import {
  type Arrival,
  checksumState,
  failure,
  type NetworkError,
  type Packet,
  type Result,
  type TransportEndpoint,
  type TransportFactory,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import { checkTcp, protocolNumber, tcpFault, tcpFlag } from '@synos/wire';
import { TcpCore } from './core.js';
import type { Embryo } from './embryo.js';
import { TcpEndpoint } from './endpoint.js';
import type { FastPathOfCore } from './fast-path/fast-path.js';
import { flowKind } from './flow.js';
import { endConnection, endEmbryo, endTimeWait } from './lifecycle.js';
import type { ListenState } from './listen-state.js';
import { takeNetworkError } from './network-errors.js';
import { output } from './output.js';
import { readinessOf } from './readiness.js';
import { releaseReceiveRing } from './receive-queue.js';
import { arrivesClosed } from './segment-arrives/closed.js';
import { arrivesHalfOpen } from './segment-arrives/half-open.js';
import { arrivesListen } from './segment-arrives/listen.js';
import { arrivesSynSent } from './segment-arrives/syn-sent.js';
import { arrivesSynchronized } from './segment-arrives/synchronized.js';
import { sendOwedAcks } from './segment-arrives/text.js';
import { arrivesTimeWait, mayReuse } from './segment-arrives/time-wait.js';
import { defaultSettings, type TcpSettings } from './settings.js';
import { state } from './state.js';
import type { Tcb } from './tcb.js';
import type { TimeWait } from './time-wait.js';
import { timerFired } from './timeouts.js';
import { serveRoom } from './turns.js';
import { unlisten } from './user-calls/open.js';

/** How often `deliverEvents` goes round for events that listeners caused; what is left waits for the next call. */
const eventRounds = 8;

/**
 * TCP (RFC 9293): a transport for whoever composes a stack.
 *
 * @param settings - what is to differ from {@link defaultSettings}
 * @returns the factory to hand to a network; it asserts that the host has entropy
 * @example
 * ```ts
 * const transports = [createTcp({ receiveBufferBytes: 65_536 })];
 * ```
 */
export function createTcp(settings: Partial<TcpSettings> = {}): TransportFactory {
  const all: TcpSettings = { ...defaultSettings, ...settings };
  return (host) => new Tcp(host, all);
}

/** A {@link TransportProtocol}. Its `core` is for `snapshot` and `restore`. */
export class Tcp implements TransportProtocol {
  readonly name: string;
  readonly protocol: number;
  readonly kind: 'stream';
  readonly core: TcpCore;

  constructor(host: TransportHost, settings: TcpSettings) {
    this.name = 'tcp';
    this.protocol = protocolNumber.tcp;
    this.kind = 'stream';
    this.core = new TcpCore(host, settings);
  }

  get counters(): Readonly<Record<string, number>> {
    return this.core.counters;
  }

  get hasEvents(): boolean {
    const { core } = this;
    return core.eventCount > 0 || core.owedAckCount > 0 || core.turnsAreDue;
  }

  open(): TransportEndpoint | Result {
    if (this.core.endpoints.length >= this.core.settings.endpointLimit) return failure.noBuffers;
    return new TcpEndpoint(this.core);
  }

  receive(packet: Packet, arrival: Arrival): void {
    const { core } = this;
    core.setNow(core.host.now);
    core.counters.segmentsIn++;
    const fastPath = core.settings.fastPath as FastPathOfCore | null;
    if (!fastPath?.receive(core, packet, arrival) && this.check(packet, arrival)) this.dispatch(packet, arrival);
    packet.pool.release(packet);
  }

  networkError(error: NetworkError): boolean {
    this.core.setNow(this.core.host.now);
    return takeNetworkError(this.core, error);
  }

  writable(device: number): void {
    this.core.setNow(this.core.host.now);
    serveRoom(this.core, device, output);
  }

  advance(nowMs: number): void {
    const { core } = this;
    core.setNow(Math.max(nowMs, core.host.now));
    for (;;) {
      const id = core.wheel.expire(core.nowMs);
      if (id < 0) break;
      const flow = core.demux.flows[id];
      if (flow) timerFired(core, flow);
    }
    if (core.turnsAreDue) {
      core.turnsAreDue = false;
      for (let device = 0; device < core.roomQueues.length; device++) serveRoom(core, device, output);
    }
  }

  deliverEvents(): void {
    const { core } = this;
    try {
      this.tellListeners();
    } finally {
      if (core.owedAckCount > 0) sendOwedAcks(core);
    }
  }

  nextDeadline(): number {
    return this.core.epochMs + this.core.wheel.nextDue();
  }

  dispose(): void {
    const { core } = this;
    for (const endpoint of core.endpoints.splice(0)) {
      unlisten(core, endpoint);
      endpoint.listener = null;
      endpoint.index = -1;
      if (endpoint.tcb !== null) {
        endpoint.tcb.owner = null;
        releaseReceiveRing(core, endpoint.tcb);
      }
      endpoint.tcb = null;
      endpoint.hold?.drop(core.host.ports);
      endpoint.hold = null;
    }
    for (const flow of core.demux.flows.slice()) {
      if (flow === null) continue;
      if (flow.kind === flowKind.connection) {
        endConnection(core, flow as Tcb, 0);
        releaseReceiveRing(core, flow as Tcb);
      } else if (flow.kind === flowKind.embryo) endEmbryo(core, flow as Embryo);
      else endTimeWait(core, flow as TimeWait);
    }
    core.events = [];
    core.eventCount = 0;
    core.owedAcks = [];
    core.owedAckCount = 0;
  }

  private tellListeners(): void {
    const { core } = this;
    for (let round = 0; round < eventRounds && core.eventCount > 0; round++) {
      const { events, eventCount } = core;
      core.events = core.spareEvents;
      core.spareEvents = events;
      core.eventCount = 0;
      let told = 0;
      try {
        while (told < eventCount) {
          const endpoint = events[told++]!;
          endpoint.queued = false;
          if (endpoint.listener !== null) endpoint.listener.readinessChanged(endpoint, readinessOf(core, endpoint));
        }
      } finally {
        // A listener that throws takes no other's news with it.
        while (told < eventCount) core.events[core.eventCount++] = events[told++]!;
      }
    }
  }

  /** Whether a packet holds a segment that may be looked at. */
  private check(packet: Packet, arrival: Arrival): boolean {
    const { core } = this;
    const { counters } = core;
    // A packet that never left this memory carries the sum's beginning only; nothing can have happened to it.
    const verified = packet.checksum !== checksumState.none;
    const { source, destination } = arrival;
    const fault = checkTcp(packet.memory, packet.start, packet.end, source, destination, verified);
    if (fault !== 0) {
      if (fault === tcpFault.truncated) counters.dropTruncated++;
      else if (fault === tcpFault.headerLength) counters.dropHeaderLength++;
      else counters.dropChecksum++;
      return false;
    }
    // RFC 9293 §3.9.2.3: a stream has one peer, and no group is one.
    if (arrival.isGroup === true) {
      counters.dropGroupAddress++;
      return false;
    }
    // Malformed options: what came before them holds (RFC 9293 §3.1), the text is as good as any.
    if (!core.segment.read(packet)) counters.dropMalformedOptions++;
    return true;
  }

  private dispatch(packet: Packet, arrival: Arrival): void {
    const { core } = this;
    const { segment } = core;
    const { destinationPort, sourcePort } = segment;
    const flow = core.demux.find(arrival.destination, destinationPort, arrival.source, sourcePort);
    if (flow === null || (flow.device !== 0 && flow.device !== arrival.device)) {
      const listening =
        flow === null
          ? (findListener(core, arrival, destinationPort, sourcePort) ?? this.claim(packet, arrival))
          : null;
      if (listening === 'held') core.counters.held++;
      else if (listening === null) arrivesClosed(core, segment, arrival);
      else arrivesListen(core, listening, segment, arrival, null);
    } else if (flow.kind === flowKind.connection) {
      const tcb = flow as Tcb;
      tcb.segmentsReceived++;
      if (tcb.state === state.synSent) arrivesSynSent(core, tcb, segment, arrival);
      else arrivesSynchronized(core, tcb, segment, arrival);
    } else if (flow.kind === flowKind.embryo) {
      arrivesHalfOpen(core, flow as Embryo, segment, arrival);
    } else {
      const record = flow as TimeWait;
      let listening: ListenState | 'held' | null = findListener(core, arrival, destinationPort, sourcePort);
      if (listening === null && mayReuse(record, segment)) listening = this.claim(packet, arrival);
      if (listening === 'held') core.counters.held++;
      else arrivesTimeWait(core, record, segment, arrival, listening);
    }
  }

  /** Asks the host about a SYN that nobody waits for. It may open and use endpoints, but the segment must stay. */
  private claim(packet: Packet, arrival: Arrival): ListenState | 'held' | null {
    const { onUnclaimed } = this.core.host;
    const { flags, destinationPort, sourcePort } = this.core.segment;
    if (onUnclaimed === null || (flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst)) !== tcpFlag.syn) return null;
    const claim = onUnclaimed(this, packet, arrival);
    if (claim === 'held' || claim === false) return claim || null;
    return claim === true
      ? findListener(this.core, arrival, destinationPort, sourcePort)
      : (claim as TcpEndpoint).listening;
  }
}

/**
 * The listener for a segment: one on the exact address before one on all, one on the very device before one on all. If
 * it has SO_REUSEPORT, the hash of the flow chooses among its equals that have it too.
 */
export function findListener(
  core: TcpCore,
  { destination, source, device }: Pick<Arrival, 'destination' | 'source' | 'device'>,
  port: number,
  sourcePort: number,
): ListenState | null {
  const candidates = core.listeners.get(port);
  if (candidates === undefined) return null;
  let best: ListenState | null = null;
  let bestMatch = 0;
  for (let i = 0; i < candidates.length; i++) {
    const match = candidates[i]!.hold.matches(destination, device);
    if (match > bestMatch) {
      best = candidates[i]!;
      bestMatch = match;
    }
  }
  if (best === null || !best.hold.reusePort) return best;
  const equals = candidates.filter(({ hold }) => hold.reusePort && hold.matches(destination, device) === bestMatch);
  return equals[(core.demux.hash.ofFlow(destination, port, source, sourcePort, 0) >>> 0) % equals.length]!;
}
