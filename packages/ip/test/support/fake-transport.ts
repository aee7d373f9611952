import type {
  Address,
  Arrival,
  NetworkError,
  NetworkErrorKind,
  Packet,
  Result,
  TransportEndpoint,
  TransportHost,
  TransportProtocol,
} from '@synos/interfaces';
import { failure } from '@synos/interfaces';

/** What a fake transport received. */
export interface Got {
  readonly payload: Uint8Array;
  readonly source: Address;
  readonly destination: Address;
  readonly isGroup: boolean;
  readonly ttl: number;
  readonly tos: number;
  readonly device: number;
  readonly checksum: number;
}

/** An error that a fake transport was told. */
export interface Told {
  readonly kind: NetworkErrorKind;
  readonly source: Address;
  readonly destination: Address;
  readonly quoted: Uint8Array;
  readonly mtuBytes: number;
}

/** A transport that writes down what it is told, and can send bytes. */
export class FakeTransport implements TransportProtocol {
  readonly name = 'fake';
  readonly kind = 'datagram';
  readonly counters: Record<string, number> = {};
  readonly got: Got[] = [];
  readonly errors: Told[] = [];
  readonly writableDevices: number[] = [];
  /** What `networkError` answers. */
  believes = true;
  /** Answer everything with port unreachable. */
  refuses = false;
  hasEvents = false;
  deadline = Number.POSITIVE_INFINITY;
  advanced: number[] = [];
  onReceive: ((packet: Packet, arrival: Arrival) => void) | null = null;
  onEvents: (() => void) | null = null;

  readonly host: TransportHost;
  readonly protocol: number;

  constructor(host: TransportHost, protocol: number) {
    this.host = host;
    this.protocol = protocol;
  }

  /** Sends a payload; the route may be given or found. */
  send(
    source: Address,
    destination: Address,
    payload: Uint8Array,
    options: { ttl?: number; tos?: number; dontFragment?: boolean } = {},
  ): Result {
    this.host.enter();
    const route = this.host.route(source, destination);
    if (typeof route === 'number') return route;
    const packet = this.host.packets.take(payload.length, false);
    if (packet === null) return failure.noBuffers;
    packet.memory.bytes.set(payload, packet.start);
    packet.end = packet.start + payload.length;
    const result = this.host.send(packet, route, this.protocol, { ttl: 64, tos: 0, dontFragment: false, ...options });
    this.host.wake();
    return result;
  }

  open(): TransportEndpoint | Result {
    return failure.notSupported;
  }

  receive(packet: Packet, arrival: Arrival): void {
    this.onReceive?.(packet, arrival);
    this.got.push({
      payload: packet.memory.bytes.slice(packet.start, packet.end),
      source: { ...arrival.source },
      destination: { ...arrival.destination },
      isGroup: arrival.isGroup,
      ttl: arrival.ttl,
      tos: arrival.tos,
      device: arrival.device,
      checksum: packet.checksum,
    });
    if (this.refuses) this.host.portUnreachable(packet, arrival);
    packet.pool.release(packet);
  }

  networkError(error: NetworkError): boolean {
    const { kind, view, offset, length, mtuBytes } = error;
    const quoted = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
    this.errors.push({ kind, source: { ...error.source }, destination: { ...error.destination }, quoted, mtuBytes });
    return this.believes;
  }

  writable(device: number): void {
    this.writableDevices.push(device);
  }

  advance(nowMs: number): void {
    this.advanced.push(nowMs);
    if (nowMs >= this.deadline) this.deadline = Number.POSITIVE_INFINITY;
  }

  deliverEvents(): void {
    this.hasEvents = false;
    this.onEvents?.();
  }

  nextDeadline(): number {
    return this.deadline;
  }

  dispose(): void {}
}
