import {
  type Address,
  type Arrival,
  addressEquals,
  failure,
  isUnspecified,
  type MutableAddress,
  type Packet,
  type PortOwner,
  type PortTable,
  type Route,
  type SendOptions,
  type TransportEndpoint,
  type TransportHost,
} from '@synos/interfaces';
import { addressSum, createStackMemory, emitTcp, fillChecksum, ipv4, parseTcp, type TcpSegment } from '@synos/wire';
import { createTcp, type Tcp } from '../src/protocol.js';
import type { TcpSettings } from '../src/settings.js';
import { summingMemory } from './summing-memory.js';

/** A port table of the simplest kind, with the rules of the contract. */
export class FakePorts implements PortTable {
  readonly held: { local: Address; port: number; owner: PortOwner }[] = [];
  private next = 49_152;

  claim(_protocol: number, local: Address, port: number, owner: PortOwner): number {
    for (const other of this.held) {
      if (other.port !== port || other.owner === owner) continue;
      if (!isUnspecified(local) && !isUnspecified(other.local) && !addressEquals(local, other.local)) continue;
      if (owner.autobound && other.owner.autobound) continue;
      if (owner.reuseAddress && other.owner.reuseAddress && !other.owner.listening) continue;
      if (owner.reusePort === true && other.owner.reusePort === true) continue;
      return failure.addressInUse;
    }
    this.held.push({ local, port, owner });
    return 0;
  }

  ephemeral(protocol: number, local: Address, owner: PortOwner): number {
    for (let i = 0; i < 16_384; i++) {
      const port = this.next;
      this.next = this.next === 65_535 ? 49_152 : this.next + 1;
      if (owner.acceptsPort(port) && this.claim(protocol, local, port, owner) === 0) return port;
    }
    return failure.addressInUse;
  }

  mayListen(_protocol: number, local: Address, port: number, owner: PortOwner): number {
    const taken = this.held.some(
      (other) =>
        other.owner !== owner &&
        other.port === port &&
        other.owner.listening &&
        !(owner.reusePort === true && other.owner.reusePort === true) &&
        (isUnspecified(local) || isUnspecified(other.local) || addressEquals(local, other.local)),
    );
    return taken ? failure.addressInUse : 0;
  }

  release(_protocol: number, _local: Address, port: number, owner: PortOwner): void {
    const at = this.held.findIndex((other) => other.port === port && other.owner === owner);
    if (at < 0) throw new Error('released a port that was not held');
    this.held.splice(at, 1);
  }
}

export interface FakeRoute extends Route {
  mtuBytes: number;
  deviceMtuBytes: number;
  superSegmentBytes: number;
  hasRoom: boolean;
  isGroup: boolean;
}

/** What went out, as seen on the wire. */
export interface Sent {
  readonly atMs: number;
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly segment: TcpSegment;
  readonly segmentBytes: number;
}

/** A host in memory: everything that it sends is complete bytes in `sent`, and in `queue` until delivered. */
export class FakeHost implements TransportHost {
  now = 1000;
  isPolling = false;
  readonly memory = createStackMemory({
    smallPackets: 1024,
    largePackets: 16,
    ringBytes: 1 << 22,
    ringLimitBytes: 1 << 26,
    allocate: summingMemory,
  });
  readonly packets = this.memory.packets;
  readonly blocks = this.memory.blocks;
  readonly ports = new FakePorts();
  readonly routes: FakeRoute[] = [];
  readonly sent: Sent[] = [];
  queue: Sent[] = [];
  onUnclaimed: TransportHost['onUnclaimed'] = null;
  wakes = 0;
  confirmed = 0;
  unreachable = false;
  sendResult = 0;
  mtuBytes = 1500;
  superSegmentBytes = 0;
  clock: () => number;
  private seed: number;
  readonly entropy = {
    fill: (bytes: Uint8Array): void => {
      for (let i = 0; i < bytes.length; i++) {
        this.seed = (Math.imul(this.seed, 1_103_515_245) + 12_345) | 0;
        bytes[i] = this.seed >>> 16;
      }
    },
  };

  readonly address: Address;

  constructor(address: Address, clock: () => number, seed = 1) {
    this.address = address;
    this.clock = clock;
    this.seed = seed;
    this.now = clock();
  }

  enter(): void {
    this.now = this.clock();
  }

  wake(): void {
    this.wakes++;
  }

  route(source: Address, destination: Address): Route | number {
    if (this.unreachable) return failure.networkUnreachable;
    if (!isUnspecified(source) && !addressEquals(source, this.address)) return failure.addressNotAvailable;
    const known = this.routes.find((route) => addressEquals(route.destination, destination));
    if (known !== undefined) return known;
    const route: FakeRoute = {
      source: this.address,
      destination: { ...destination },
      device: 0,
      isLocal: addressEquals(destination, this.address),
      isGroup: false,
      mtuBytes: this.mtuBytes,
      deviceMtuBytes: this.mtuBytes,
      headerBytes: 20,
      addressSum: addressSum(this.address, destination),
      superSegmentBytes: this.superSegmentBytes,
      hasRoom: true,
    };
    this.routes.push(route);
    return route;
  }

  isLocalAddress(address: Address): boolean {
    return addressEquals(address, this.address);
  }

  send(packet: Packet, route: Route, _protocol: number, _options: SendOptions): number {
    if (this.sendResult < 0) {
      packet.pool.release(packet);
      return this.sendResult;
    }
    fillChecksum(packet);
    const bytes = packet.memory.bytes.slice(packet.start, packet.end);
    const segment = parseTcp(bytes, 0, bytes.length, packet.segmentBytes ? undefined : route.source, route.destination);
    if ('error' in segment) throw new Error(`sent a bad segment: ${segment.error}`);
    const { source, destination } = route;
    const sent = { atMs: this.now, from: source, to: destination, bytes, segment, segmentBytes: packet.segmentBytes };
    this.sent.push(sent);
    this.queue.push(sent);
    packet.pool.release(packet);
    return 0;
  }

  portUnreachable(): void {}

  confirmReachable(): void {
    this.confirmed++;
  }
}

/** One host and its TCP, driven by hand. */
export class Station {
  readonly host: FakeHost;
  readonly tcp: Tcp;
  readonly arrival: Arrival = {
    source: { w0: 0, w1: 0, w2: 0, w3: 0 } as MutableAddress,
    destination: { w0: 0, w1: 0, w2: 0, w3: 0 } as MutableAddress,
    isGroup: false,
    ttl: 64,
    tos: 0,
    device: 0,
  };

  constructor(address: Address, clock: () => number, settings: Partial<TcpSettings> = {}, seed = 1, host?: FakeHost) {
    this.host = host ?? new FakeHost(address, clock, seed);
    this.tcp = createTcp(settings)(this.host) as Tcp;
  }

  /** Hands over a segment's bytes as if they came from the network. */
  deliver(bytes: Uint8Array, from: Address, to: Address = this.host.address): void {
    this.host.enter();
    const packet = this.host.packets.take(bytes.length, true)!;
    packet.memory.bytes.set(bytes, packet.start);
    packet.end = packet.start + bytes.length;
    Object.assign(this.arrival.source, from);
    Object.assign(this.arrival.destination, to);
    this.tcp.receive(packet, this.arrival);
  }

  open(): TransportEndpoint {
    const endpoint = this.tcp.open();
    if (typeof endpoint === 'number') throw new Error(`open answered ${endpoint}`);
    return endpoint;
  }
}

export const addressA = ipv4(10, 0, 0, 1);
export const addressB = ipv4(10, 0, 0, 2);

export type Fault = 'deliver' | 'drop' | 'duplicate' | { delayMs: number };

/** Two stations and a wire between them with a delay and a list of faults by ordinal. */
export class Pair {
  nowMs = 1000;
  readonly a: Station;
  readonly b: Station;
  delayMs = 1;
  sentCount = 0;
  fault: (ordinal: number, sent: Sent) => Fault = () => 'deliver';
  private flying: { atMs: number; order: number; sent: Sent; to: Station }[] = [];
  private order = 0;

  constructor(settingsA: Partial<TcpSettings> = {}, settingsB: Partial<TcpSettings> = settingsA) {
    this.a = new Station(addressA, () => this.nowMs, settingsA, 1);
    this.b = new Station(addressB, () => this.nowMs, settingsB, 2);
  }

  /** Runs until nothing happens any more, or until a time. */
  run(untilMs = Infinity, stop: () => boolean = () => false, limit = 2_000_000): void {
    for (let i = 0; i < limit; i++) {
      this.collect();
      this.a.tcp.deliverEvents();
      this.b.tcp.deliverEvents();
      this.collect();
      if (stop()) return;
      const next = Math.min(
        this.flying.length > 0 ? Math.min(...this.flying.map((entry) => entry.atMs)) : Infinity,
        this.a.tcp.nextDeadline(),
        this.b.tcp.nextDeadline(),
      );
      if (next > untilMs || next === Infinity) {
        if (untilMs !== Infinity) this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.nowMs = Math.max(this.nowMs, next);
      for (const station of [this.a, this.b]) {
        station.host.enter();
        station.tcp.advance(this.nowMs);
      }
      const due = this.flying.filter((entry) => entry.atMs <= this.nowMs);
      this.flying = this.flying.filter((entry) => entry.atMs > this.nowMs);
      due.sort((x, y) => x.atMs - y.atMs || x.order - y.order);
      for (const entry of due) entry.to.deliver(entry.sent.bytes, entry.sent.from, entry.sent.to);
    }
    throw new Error('the run does not end');
  }

  private collect(): void {
    for (const station of [this.a, this.b]) {
      const queue = station.host.queue;
      station.host.queue = [];
      for (const sent of queue) {
        const fault = this.fault(this.sentCount++, sent);
        if (fault === 'drop') continue;
        const to = addressEquals(sent.to, this.a.host.address) ? this.a : this.b;
        const delay = this.delayMs + (typeof fault === 'object' ? fault.delayMs : 0);
        this.flying.push({ atMs: this.nowMs + delay, order: this.order++, sent, to });
        if (fault === 'duplicate') this.flying.push({ atMs: this.nowMs + delay, order: this.order++, sent, to });
      }
    }
  }

  /** A connected pair of endpoints: client on a, server on b. */
  connect(port = 80): { client: TransportEndpoint; server: TransportEndpoint; listener: TransportEndpoint } {
    const listener = this.b.open();
    listener.bind({ address: addressB, port });
    listener.listen(16);
    const client = this.a.open();
    client.connect({ address: addressB, port });
    let server: TransportEndpoint | null = null;
    this.run(this.nowMs + 10_000, () => {
      server ??= listener.accept();
      return server !== null && client.info()!.state === 'ESTABLISHED';
    });
    if (server === null) throw new Error('no connection');
    return { client, server, listener };
  }
}

export { emitTcp, type TcpSegment };
