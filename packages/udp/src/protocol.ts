import {
  type Arrival,
  checksumState,
  failure,
  failureOfNetworkError,
  type NetworkError,
  type Packet,
  type Result,
  type Route,
  type SendOptions,
  type SocketAddress,
  secretHash,
  type TransportEndpoint,
  type TransportFactory,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import {
  checkUdp,
  copyBytes,
  fold32,
  isMulticast,
  protocolNumber,
  udpChecksumOffset,
  udpDestinationPort,
  udpFault,
  udpHeaderBytes,
  udpSourcePort,
  writeUdp,
} from '@synos/wire';
import { createUdpCounters, type UdpCounters } from './counters.js';
import { anyDevice, Demux } from './demux.js';
import { UdpEndpoint } from './endpoint.js';
import { defaultEndpoints, defaultGroupTtl, longestDatagramBytes } from './limits.js';

/** How a UDP is to be. */
export interface UdpOptions {
  /** Endpoints open at a time; above it `open` answers `noBuffers`. 65,536 by default. */
  readonly maxEndpoints?: number;
}

/**
 * UDP (RFC 768, RFC 1122 §4.1) over any network protocol.
 *
 * @example
 * ```ts
 * const udp = createUdp()(network.host);
 * network.attach(udp);
 * const endpoint = udp.open();
 * ```
 */
export function createUdp(options: UdpOptions = {}): TransportFactory {
  return (host) => new UdpProtocol(host, options);
}

/** @internal */
export class UdpProtocol implements TransportProtocol {
  readonly name: string;
  readonly protocol: number;
  readonly kind: 'datagram';
  readonly host: TransportHost;
  readonly counters: UdpCounters & Readonly<Record<string, number>>;
  readonly demux: Demux<UdpEndpoint>;
  private readonly maxEndpoints: number;
  private readonly endpoints: Set<UdpEndpoint>;
  /** Endpoints that have something to tell, and a second array of the same kind to swap with. */
  private events: UdpEndpoint[];
  private spareEvents: UdpEndpoint[];
  /** Endpoints that wait for room in a device. */
  private readonly blocked: Set<UdpEndpoint>;
  private readonly group: UdpEndpoint[];

  constructor(host: TransportHost, options: UdpOptions) {
    this.name = 'udp';
    this.protocol = protocolNumber.udp;
    this.kind = 'datagram';
    this.host = host;
    this.counters = createUdpCounters() as UdpCounters & Record<string, number>;
    this.demux = new Demux(secretHash(host.entropy, 1, 3));
    this.maxEndpoints = options.maxEndpoints ?? defaultEndpoints;
    this.endpoints = new Set();
    this.events = [];
    this.spareEvents = [];
    this.blocked = new Set();
    this.group = [];
  }

  open(): TransportEndpoint | Result {
    if (this.endpoints.size >= this.maxEndpoints) return failure.noBuffers;
    const endpoint = new UdpEndpoint(this);
    this.endpoints.add(endpoint);
    return endpoint;
  }

  receive(packet: Packet, arrival: Arrival): void {
    const { memory, start } = packet;
    const isVerified = packet.checksum !== checksumState.none;
    const fault = checkUdp(memory, start, packet.end, arrival.source, arrival.destination, isVerified);
    if (fault !== 0) this.countFault(fault);
    else if (arrival.isGroup) this.receiveGroup(packet, arrival);
    else this.receiveOne(packet, arrival);
    packet.pool.release(packet);
  }

  networkError(error: NetworkError): boolean {
    const { view, offset } = error;
    // RFC 792: at least eight bytes of our datagram come back, which is its header.
    const isQuoted = error.length >= udpHeaderBytes && offset + udpHeaderBytes <= view.byteLength;
    const endpoint = isQuoted
      ? this.demux.find(
          error.source,
          udpSourcePort(view, offset),
          error.destination,
          udpDestinationPort(view, offset),
          anyDevice,
        )
      : null;
    if (endpoint === null) {
      this.counters.errorsIgnored += 1;
      return false;
    }
    this.counters.errorsBelieved += 1;
    // RFC 1122 §4.1.3.3, as Linux has it: who sends to many peers is not told of one. A datagram too big for the path
    // concerns who has forbidden fragments.
    if (endpoint.remotePort === 0) return true;
    const failed = failureOfNetworkError(error.kind);
    if (failed !== failure.messageTooLong || endpoint.options.send.dontFragment) endpoint.fail(failed);
    return true;
  }

  writable(device: number): void {
    for (const endpoint of this.blocked) {
      if (endpoint.blockedDevice !== device) continue;
      this.blocked.delete(endpoint);
      endpoint.blockedDevice = -1;
      endpoint.changed();
    }
  }

  advance(_nowMs: number): void {}

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  get hasEvents(): boolean {
    return this.events.length > 0;
  }

  deliverEvents(): void {
    if (this.events.length === 0) return;
    // One round: what the listeners set off is told by the next call.
    const { events } = this;
    this.events = this.spareEvents;
    this.spareEvents = events;
    let told = 0;
    try {
      while (told < events.length) {
        const endpoint = events[told++] as UdpEndpoint;
        endpoint.isQueued = false;
        endpoint.tell();
      }
    } finally {
      // A listener that throws takes no other's news with it.
      for (; told < events.length; told += 1) this.events.push(events[told] as UdpEndpoint);
      events.length = 0;
    }
  }

  dispose(): void {
    for (const endpoint of this.endpoints) endpoint.close();
    this.events.length = 0;
  }

  /** Sends one datagram of an endpoint: all of it or a failure. */
  transmit(endpoint: UdpEndpoint, bytes: Uint8Array, start: number, end: number, to: SocketAddress | null): Result {
    const { host } = this;
    const length = end - start;
    if (length > longestDatagramBytes) return failure.messageTooLong;
    if (to === null && endpoint.remotePort === 0) return failure.destinationRequired;
    const port = to === null ? endpoint.remotePort : to.port;
    if (!(port >= 1 && port <= 65_535)) return failure.invalid;
    const route = this.routeOf(endpoint, to);
    if (typeof route === 'number') return route;
    if (!endpoint.mayReach(route)) return failure.accessDenied;
    const bound = endpoint.autobind(route.destination);
    if (bound < 0) return bound;
    const options = sendOptionsOf(endpoint, route);
    const datagramBytes = udpHeaderBytes + length;
    if (options.dontFragment && route.headerBytes + datagramBytes > route.mtuBytes) return failure.messageTooLong;
    if (!route.hasRoom) {
      endpoint.blockedDevice = route.device;
      this.blocked.add(endpoint);
      return failure.wouldBlock;
    }
    const packet = host.packets.take(length, false);
    if (packet === null) {
      this.counters.sendFailures += 1;
      return failure.noBuffers;
    }
    copyBytes(packet.memory.bytes, packet.end, bytes, start, length);
    packet.end += length;
    packet.start -= udpHeaderBytes;
    const pseudoSum = fold32(route.addressSum + this.protocol + datagramBytes);
    writeUdp(packet.memory.view, packet.start, endpoint.localPort, port, datagramBytes, pseudoSum);
    packet.checksum = checksumState.partial;
    packet.checksumStart = packet.start;
    packet.checksumOffset = udpChecksumOffset;
    const result = host.send(packet, route, this.protocol, options);
    if (result < 0) {
      this.counters.sendFailures += 1;
      // The way may be another by the next send.
      endpoint.route = null;
      return result;
    }
    this.counters.sent += 1;
    return length;
  }

  /** An endpoint has news; it is not in the queue yet. */
  queueEvent(endpoint: UdpEndpoint): void {
    endpoint.isQueued = true;
    this.events.push(endpoint);
    if (this.events.length === 1) this.host.wake();
  }

  /** An endpoint has closed. */
  forget(endpoint: UdpEndpoint): void {
    this.endpoints.delete(endpoint);
    this.blocked.delete(endpoint);
  }

  private countFault(fault: number): void {
    if (fault === udpFault.truncated) this.counters.droppedTruncated += 1;
    else if (fault === udpFault.length) this.counters.droppedLength += 1;
    else this.counters.droppedChecksum += 1;
  }

  private receiveOne(packet: Packet, arrival: Arrival): void {
    const { memory, start } = packet;
    const localPort = udpDestinationPort(memory.view, start);
    const remotePort = udpSourcePort(memory.view, start);
    const { destination, source, device } = arrival;
    let endpoint = this.demux.find(destination, localPort, source, remotePort, device);
    if (endpoint === null && this.host.onUnclaimed != null) {
      const claim = this.host.onUnclaimed(this, packet, arrival);
      if (claim === 'held') {
        this.counters.held += 1;
        return;
      }
      if (claim === true) endpoint = this.demux.find(destination, localPort, source, remotePort, device);
    }
    if (endpoint === null) {
      this.counters.droppedNoPort += 1;
      this.host.portUnreachable(packet, arrival);
      return;
    }
    endpoint.deliver(packet, arrival);
  }

  /** RFC 1122 §4.1.3.5, §3.3.7: a group datagram is for everybody who is bound to its port, and nobody answers it. */
  private receiveGroup(packet: Packet, arrival: Arrival): void {
    const { group } = this;
    const localPort = udpDestinationPort(packet.memory.view, packet.start);
    this.demux.findGroup(arrival.destination, localPort, arrival.device, group);
    if (group.length === 0) this.counters.droppedGroupNoPort += 1;
    for (const endpoint of group) endpoint.deliver(packet, arrival);
    group.length = 0;
  }

  private routeOf(endpoint: UdpEndpoint, to: SocketAddress | null): Route | Result {
    if (to !== null) return this.host.route(endpoint.boundAddress, to.address, endpoint.device);
    if (endpoint.route !== null) return endpoint.route;
    const route = this.host.route(endpoint.boundAddress, endpoint.peerAddress, endpoint.device);
    if (typeof route !== 'number') endpoint.route = route;
    return route;
  }
}

function sendOptionsOf(endpoint: UdpEndpoint, route: Route): SendOptions {
  const { send, isTtlSet } = endpoint.options;
  if (isTtlSet || !route.isGroup || !isMulticast(route.destination)) return send;
  return { ...send, ttl: defaultGroupTtl };
}
