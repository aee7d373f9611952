import {
  type Address,
  type Arrival,
  addressEquals,
  assert,
  type BlockPool,
  checksumState,
  failure,
  isUnspecified,
  type NetworkError,
  type NetworkErrorKind,
  type NetworkProtocol,
  networkErrorKind,
  type Packet,
  type PacketPool,
  type Result,
  type Route,
  type SendOptions,
  type TransportHost,
  type TransportProtocol,
} from '@synos/interfaces';
import { addressSum, createStackMemory, fillChecksum, isMulticast } from '@synos/wire';
import { createSeededEntropy } from '../seeded.js';
import { toySegment, toySegmentCount } from './cut.js';
import {
  isToyPacket,
  readAddress,
  readToyDestination,
  readToyHopLimit,
  readToyProtocol,
  readToySource,
  readToyTrafficClass,
  toyControlProtocol,
  toyDontFragment,
  toyHeaderBytes,
} from './header.js';
import { type ToyFlight, ToyInbox } from './link.js';
import { controlHeaderBytes, errorBody, errorKindOf, withHeader } from './messages.js';
import type { ToyNetworkSettings, ToyWire } from './network.js';
import { createToyPortTable, type ToyPortTable } from './port-table.js';

const prefix0 = 0xfd53594e | 0;
const prefix1 = 0x4f530000;

/** Every other host of a toy network: a broadcast address (a group, yet not multicast). */
export const toyBroadcast: Address = { w0: prefix0, w1: prefix1, w2: -1, w3: -1 };
/** The loopback address of each host. */
export const toyLoopback: Address = { w0: 0, w1: 0, w2: 0, w3: 1 };

/** The address of a toy network's host; also of hosts that are not there. */
export function toyAddress(index: number): Address {
  return { w0: prefix0, w1: prefix1, w2: 0, w3: (index + 1) | 0 };
}

/** Room beyond the queue's bound that keeps acknowledgements and resets from being lost. */
const queueReserve = 64;
const inboxLimit = 16_384;
const errorsPerSecond = 1000;
const neighbourTimeoutMs = 1000;
const quotedBytes = 64;
const localMtuBytes = 65_535;

interface ToyRoute extends Route {
  mtuBytes: number;
  hasRoom: boolean;
}

/** Memory, claims and packets of a host that are out; all 0 after everything has been disposed of. */
export interface ToyLeaks {
  readonly packets: number;
  readonly blockBytes: number;
  readonly ports: number;
}

/** One host of a toy network: a {@link NetworkProtocol} without Ethernet, ARP and IP. */
export class ToyHost implements NetworkProtocol, TransportHost {
  readonly name: string;
  readonly index: number;
  readonly address: Address;
  readonly host: TransportHost;
  readonly entropy: TransportHost['entropy'];
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
  readonly ports: ToyPortTable;
  readonly counters: Record<string, number>;
  onWork: (() => void) | null;
  onUnclaimed: TransportHost['onUnclaimed'];
  now: number;
  isPolling: boolean;
  private readonly wire: ToyWire;
  private readonly transports: TransportProtocol[];
  private readonly inbox: ToyInbox;
  private readonly routes: ToyRoute[];
  private readonly arrival: Arrival;
  private readonly deviceMtuBytes: number;
  private readonly superSegmentBytes: number;
  private readonly bytesPerMs: number;
  private readonly queuePackets: number;
  private readonly departures: number[];
  private lastDepartureMs: number;
  private isLinkUp: boolean;
  private isFull: boolean;
  private errorSecond: number;
  private errorsInSecond: number;

  constructor(wire: ToyWire, index: number, settings: ToyNetworkSettings) {
    this.name = 'toy';
    this.index = index;
    this.address = toyAddress(index);
    this.host = this;
    this.entropy = createSeededEntropy((settings.seed ?? 1) * 1009 + index);
    const memory = createStackMemory({
      smallPackets: settings.smallPackets ?? 512,
      largePackets: settings.largePackets ?? 8,
      ringBytes: settings.ringBytes ?? 4_194_304,
      ringLimitBytes: settings.ringBytes ?? 4_194_304,
    });
    this.packets = memory.packets;
    this.blocks = memory.blocks;
    this.ports = createToyPortTable(this.entropy);
    this.counters = { sent: 0, received: 0 };
    this.onWork = null;
    this.onUnclaimed = null;
    this.now = wire.clock.now();
    this.isPolling = false;
    this.wire = wire;
    this.transports = [];
    this.inbox = new ToyInbox(inboxLimit);
    this.routes = [];
    this.arrival = {
      source: { w0: 0, w1: 0, w2: 0, w3: 0 },
      destination: { w0: 0, w1: 0, w2: 0, w3: 0 },
      isGroup: false,
      ttl: 0,
      tos: 0,
      device: 0,
    };
    this.deviceMtuBytes = settings.mtuBytes ?? 1500;
    this.superSegmentBytes = settings.superSegmentBytes ?? 0;
    this.bytesPerMs = settings.bytesPerMs ?? Infinity;
    this.queuePackets = settings.queuePackets ?? 256;
    this.departures = [];
    this.lastDepartureMs = -Infinity;
    this.isLinkUp = true;
    this.isFull = false;
    this.errorSecond = -1;
    this.errorsInSecond = 0;
  }

  attach(transport: TransportProtocol): void {
    assert(
      this.transports.every((other) => other.protocol !== transport.protocol),
      'the protocol number is taken',
    );
    this.transports.push(transport);
  }

  /** What has not been given back. */
  leaks(): ToyLeaks {
    return { packets: this.packets.used, blockBytes: this.blocks.usedBytes, ports: this.ports.held };
  }

  /** The cable is pulled (or put in again). */
  setLinkUp(isUp: boolean): void {
    this.isLinkUp = isUp;
  }

  owns(address: Address): boolean {
    return addressEquals(address, this.address);
  }

  enter(): void {
    this.now = Math.max(this.now, this.wire.clock.now());
  }

  wake(): void {
    this.onWork?.();
  }

  isLocalAddress(address: Address): boolean {
    return (
      this.owns(address) ||
      addressEquals(address, toyLoopback) ||
      addressEquals(address, toyBroadcast) ||
      isMulticast(address)
    );
  }

  route(source: Address, destination: Address): Route | Result {
    const isAnySource = isUnspecified(source);
    if (!isAnySource && !this.owns(source) && !addressEquals(source, toyLoopback)) return failure.addressNotAvailable;
    const isLocal = this.owns(destination) || addressEquals(destination, toyLoopback);
    const isGroup = addressEquals(destination, toyBroadcast) || isMulticast(destination);
    if (!isLocal) {
      const isOnLink = destination.w0 === prefix0 && destination.w1 === prefix1 && destination.w2 === 0;
      if (!isGroup && !isOnLink) return failure.networkUnreachable;
      if (!isAnySource && !this.owns(source)) return failure.networkUnreachable;
      if (!this.isLinkUp) return failure.networkDown;
    }
    const from = isAnySource ? (isLocal ? destination : this.address) : source;
    const known = this.routes.find(
      (route) => addressEquals(route.source, from) && addressEquals(route.destination, destination),
    );
    if (known !== undefined) return known;
    const made: ToyRoute = {
      source: { ...from },
      destination: { ...destination },
      device: isLocal ? 1 : 0,
      isLocal,
      isGroup,
      mtuBytes: isLocal ? localMtuBytes : this.deviceMtuBytes,
      deviceMtuBytes: isLocal ? localMtuBytes : this.deviceMtuBytes,
      headerBytes: toyHeaderBytes,
      addressSum: addressSum(from, destination),
      superSegmentBytes: isLocal ? localMtuBytes : this.superSegmentBytes,
      hasRoom: isLocal || !this.isFull,
    };
    this.routes.push(made);
    return made;
  }

  send(packet: Packet, route: Route, protocol: number, options: SendOptions): Result {
    const count = toySegmentCount(packet, protocol);
    const totalBytes = packet.end - packet.start + toyHeaderBytes;
    const takesWhole = count > 1 && totalBytes <= route.superSegmentBytes;
    let result: Result = 0;
    if (count === 1 || takesWhole) {
      if (packet.checksum === checksumState.partial) fillChecksum(packet);
      const body = packet.memory.bytes.slice(packet.start, packet.end);
      result = this.sendBytes(body, route, protocol, options, takesWhole);
    } else {
      for (let index = 0; index < count && result === 0; index++) {
        const body = toySegment(packet, index, count, route.source, route.destination);
        result = this.sendBytes(body, route, protocol, options, false);
      }
    }
    packet.pool.release(packet);
    return result;
  }

  portUnreachable(packet: Packet, arrival: Arrival): void {
    if (arrival.isGroup) return;
    const quoted = packet.memory.bytes.slice(packet.start, Math.min(packet.end, packet.start + quotedBytes));
    const protocol = this.transports.find((transport) => transport.kind === 'datagram')?.protocol ?? 17;
    this.sendError(networkErrorKind.portUnreachable, 0, arrival.source, arrival.destination, protocol, quoted);
  }

  confirmReachable(_route: Route): void {
    this.count('confirmations');
  }

  poll(nowMs: number, budgetPackets: number): boolean {
    this.now = Math.max(this.now, nowMs);
    this.isPolling = true;
    for (let left = budgetPackets; left > 0; left--) {
      const flight = this.inbox.take(this.now);
      if (flight === undefined) break;
      this.receive(flight);
    }
    for (const transport of this.transports) transport.advance(this.now);
    this.leave();
    let isBusy = this.inbox.nextDueMs() <= this.now;
    for (const transport of this.transports) {
      transport.deliverEvents();
      isBusy = isBusy || transport.hasEvents;
    }
    this.isPolling = false;
    return isBusy;
  }

  nextDeadline(): number {
    let next = this.inbox.nextDueMs();
    for (const transport of this.transports) {
      next = Math.min(next, transport.hasEvents ? this.now : transport.nextDeadline());
    }
    if (this.isFull) next = Math.min(next, this.departures[0] ?? this.now);
    return next;
  }

  dispose(): void {
    this.inbox.clear();
    this.transports.length = 0;
  }

  /** Disposes of the transports first. */
  disposeAll(): void {
    for (const transport of this.transports) transport.dispose();
    this.dispose();
  }

  /** A packet comes in by the wire. */
  arrive(flight: ToyFlight): void {
    if (!this.inbox.put(flight)) this.count('inboxFull');
    this.onWork?.();
  }

  /** For tests: bytes arrive as a transport packet of that protocol, whatever they are. */
  inject(bytes: Uint8Array, source: Address, destination: Address, protocol: number): void {
    const whole = withHeader(bytes, protocol, 64, 0, 0, source, destination);
    this.arrive({ dueMs: this.wire.clock.now(), bytes: whole, isLocal: false });
  }

  private sendBytes(
    body: Uint8Array<ArrayBuffer>,
    route: Route,
    protocol: number,
    options: SendOptions,
    isSuperSegment: boolean,
  ): Result {
    const totalBytes = body.length + toyHeaderBytes;
    if (body.length > 65_535) return failure.messageTooLong;
    if (options.dontFragment && !isSuperSegment && totalBytes > route.mtuBytes) return failure.messageTooLong;
    if (protocol === 6 && !isSuperSegment && totalBytes > route.mtuBytes) this.count('oversized');
    const flags = options.dontFragment ? toyDontFragment : 0;
    const { source, destination } = route;
    const bytes = withHeader(body, protocol, options.ttl, options.tos, flags, source, destination);
    this.count('sent');
    if (route.isLocal) {
      this.arrive({ dueMs: this.now, bytes, isLocal: true });
      return 0;
    }
    if (!this.isLinkUp) return failure.networkDown;
    this.leave();
    if (this.departures.length >= this.queuePackets + queueReserve) {
      this.count('queueFull');
      return failure.noBuffers;
    }
    const departureMs = Math.max(this.now, this.lastDepartureMs) + totalBytes / this.bytesPerMs;
    this.lastDepartureMs = departureMs;
    if (departureMs > this.now) this.departures.push(departureMs);
    if (this.departures.length >= this.queuePackets) this.setFull(true);
    this.putOnWire(bytes, route, body, protocol, options, isSuperSegment, departureMs);
    return 0;
  }

  private putOnWire(
    bytes: Uint8Array<ArrayBuffer>,
    route: Route,
    body: Uint8Array<ArrayBuffer>,
    protocol: number,
    options: SendOptions,
    isSuperSegment: boolean,
    departureMs: number,
  ): void {
    if (route.isGroup) {
      const others = this.wire.hosts.filter((host) => host !== this);
      this.wire.carry(bytes, this, others, departureMs);
      return;
    }
    const to = this.wire.hostAt(route.destination);
    if (to === undefined) {
      this.wire.carry(bytes, this, [], departureMs);
      this.complainTo(
        this,
        networkErrorKind.neighbourUnreachable,
        0,
        route,
        protocol,
        body,
        this.now + neighbourTimeoutMs,
      );
    } else if (bytes.length > this.wire.pathMtuBytes && options.dontFragment && !isSuperSegment) {
      const { pathMtuBytes } = this.wire;
      this.complainTo(this, networkErrorKind.packetTooBig, pathMtuBytes, route, protocol, body, departureMs);
    } else {
      this.wire.carry(bytes, this, [to], departureMs);
    }
  }

  /** Sees off what has left the queue, and says so when there is room again. */
  private leave(): void {
    while (this.departures.length > 0 && this.departures[0]! <= this.now) this.departures.shift();
    if (this.isFull && this.departures.length < this.queuePackets) {
      this.setFull(false);
      for (const transport of this.transports) transport.writable(0);
    }
  }

  private setFull(isFull: boolean): void {
    this.isFull = isFull;
    for (const route of this.routes) {
      if (!route.isLocal) route.hasRoom = !isFull;
    }
  }

  private receive(flight: ToyFlight): void {
    const { bytes } = flight;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!isToyPacket(view, bytes.length)) {
      this.count('malformed');
      return;
    }
    const { arrival } = this;
    readToySource(view, arrival.source);
    readToyDestination(view, arrival.destination);
    arrival.ttl = readToyHopLimit(view);
    arrival.tos = readToyTrafficClass(view);
    arrival.isGroup = addressEquals(arrival.destination, toyBroadcast) || isMulticast(arrival.destination);
    arrival.device = flight.isLocal ? 1 : 0;
    const protocol = readToyProtocol(view);
    if (protocol === toyControlProtocol) {
      this.receiveError(view);
      return;
    }
    const transport = this.transports.find((other) => other.protocol === protocol);
    const body = bytes.subarray(toyHeaderBytes);
    if (transport === undefined) {
      this.count('unknownProtocol');
      const quoted = body.slice(0, quotedBytes);
      this.sendError(networkErrorKind.protocolUnreachable, 0, arrival.source, arrival.destination, protocol, quoted);
      return;
    }
    const packet = this.packets.take(body.length, false);
    if (packet === null) {
      this.count('noPacket');
      return;
    }
    packet.memory.bytes.set(body, packet.start);
    packet.end = packet.start + body.length;
    if (flight.isLocal) packet.checksum = checksumState.verified;
    this.count('received');
    transport.receive(packet, arrival);
  }

  private receiveError(view: DataView<ArrayBuffer>): void {
    const at = toyHeaderBytes;
    const kind = errorKindOf(view.getUint8(at));
    const length = view.byteLength - at - controlHeaderBytes;
    if (kind === undefined || length < 8) {
      this.count('malformed');
      return;
    }
    const error: NetworkError = {
      kind,
      source: { w0: 0, w1: 0, w2: 0, w3: 0 },
      destination: { w0: 0, w1: 0, w2: 0, w3: 0 },
      view,
      offset: at + controlHeaderBytes,
      length,
      mtuBytes: view.getUint32(at + 4),
    };
    readAddress(view, at + 8, error.source);
    readAddress(view, at + 24, error.destination);
    const protocol = view.getUint8(at + 40);
    const transport = this.transports.find((other) => other.protocol === protocol);
    const isBelieved = transport?.networkError(error) ?? false;
    this.count(isBelieved ? 'errorsBelieved' : 'errorsIgnored');
    if (!isBelieved || kind !== networkErrorKind.packetTooBig) return;
    for (const route of this.routes) {
      if (addressEquals(route.destination, error.destination)) {
        route.mtuBytes = Math.min(route.mtuBytes, Math.max(error.mtuBytes, 576));
      }
    }
  }

  /** Tells the sender of a packet of `from` to `to` that it did not get through. */
  private sendError(
    kind: NetworkErrorKind,
    mtuBytes: number,
    from: Address,
    to: Address,
    protocol: number,
    quoted: Uint8Array<ArrayBuffer>,
  ): void {
    const second = Math.floor(this.now / 1000);
    if (second !== this.errorSecond) {
      this.errorSecond = second;
      this.errorsInSecond = 0;
    }
    const target = this.wire.hostAt(from) ?? (addressEquals(from, toyLoopback) ? this : undefined);
    if (target === undefined || this.errorsInSecond++ >= errorsPerSecond || isMulticast(to)) return;
    if (quoted.length < 8) return;
    const body = errorBody(kind, mtuBytes, from, to, protocol, quoted);
    const bytes = withHeader(body, toyControlProtocol, 64, 0, 0, to, from);
    target.arrive({ dueMs: this.now, bytes, isLocal: target === this });
  }

  private complainTo(
    target: ToyHost,
    kind: NetworkErrorKind,
    mtuBytes: number,
    route: Route,
    protocol: number,
    body: Uint8Array<ArrayBuffer>,
    dueMs: number,
  ): void {
    if (body.length < 8) return;
    const { source, destination } = route;
    const message = errorBody(kind, mtuBytes, source, destination, protocol, body.slice(0, quotedBytes));
    const bytes = withHeader(message, toyControlProtocol, 64, 0, 0, destination, source);
    target.arrive({ dueMs, bytes, isLocal: true });
  }

  private count(name: string): void {
    this.counters[name] = (this.counters[name] ?? 0) + 1;
  }
}
