import {
  type Address,
  type Arrival,
  addressEquals,
  checksumState,
  copyAddress,
  type Direction,
  failure,
  isUnspecified,
  type MutableSocketAddress,
  type NetworkError,
  networkErrorKind,
  type Packet,
  type PortOwner,
  type ReadinessListener,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
  type TransportHost,
  type TransportOption,
  type TransportProtocol,
  transfer,
} from '@synos/interfaces';
import { foldSum, invertSum, isMulticast, pseudoHeaderSum, sumBytes } from '@synos/wire';

/** Planted bugs, by name: each must be found by the suite. */
export type DatagramBug =
  | 'merges-datagrams'
  | 'no-sender'
  | 'no-truncation-mark'
  | 'whole-length-always'
  | 'drops-empty'
  | 'peek-takes'
  | 'no-filter'
  | 'no-error'
  | 'sticky-error'
  | 'tells-unconnected'
  | 'no-permission'
  | 'unbounded'
  | 'no-checksum'
  | 'calls-at-once'
  | 'leaks-port'
  | 'leaks-packet'
  | 'throws-on-short'
  | 'ignores-closed'
  | 'wildcard-first'
  | 'silent-too-long'
  | 'calls-twice'
  | 'any-option'
  | 'foreign-bind'
  | 'lifo'
  | 'believes-anything';

const protocol = 17;
const headerBytes = 8;
const limitBytes = 200_000;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

/** A datagram transport written for clearness, with planted bugs on demand. */
export function createReferenceDatagram(host: TransportHost, bug?: DatagramBug): TransportProtocol {
  return new ReferenceDatagram(host, bug);
}

const zero: Address = { w0: 0, w1: 0, w2: 0, w3: 0 };
const fresh = (): MutableSocketAddress => ({ address: { ...zero }, port: 0 });

class ReferenceDatagram implements TransportProtocol {
  readonly name = 'reference datagram';
  readonly protocol = protocol;
  readonly kind = 'datagram';
  readonly counters = { damaged: 0, short: 0, unclaimed: 0 };
  readonly host: TransportHost;
  readonly bug: DatagramBug | undefined;
  readonly endpoints: Endpoint[] = [];
  readonly changed: Set<Endpoint> = new Set();

  constructor(host: TransportHost, bug: DatagramBug | undefined) {
    this.host = host;
    this.bug = bug;
  }

  get hasEvents(): boolean {
    return this.changed.size > 0;
  }

  open(): TransportEndpoint {
    return new Endpoint(this);
  }

  receive(packet: Packet, arrival: Arrival): void {
    this.take(packet, arrival);
    if (this.bug !== 'leaks-packet' || packet.end - packet.start >= headerBytes) packet.pool.release(packet);
  }

  private take(packet: Packet, arrival: Arrival): void {
    const { memory, start } = packet;
    const available = packet.end - start;
    if (available < headerBytes) {
      if (this.bug === 'throws-on-short') throw new RangeError('short');
      this.counters.short++;
      return;
    }
    const length = memory.view.getUint16(start + 4);
    if (length < headerBytes || length > available) {
      this.counters.short++;
      return;
    }
    const hasSum = memory.view.getUint16(start + 6) !== 0;
    if (hasSum && packet.checksum !== checksumState.verified && this.bug !== 'no-checksum') {
      const pseudo = pseudoHeaderSum(arrival.source, arrival.destination, protocol, length);
      if (foldSum(sumBytes(memory, start, start + length) + pseudo) !== 0xffff) {
        this.counters.damaged++;
        return;
      }
    }
    const fromPort = memory.view.getUint16(start);
    const port = memory.view.getUint16(start + 2);
    const endpoint = this.claimant(arrival, fromPort, port);
    if (endpoint === undefined) {
      this.counters.unclaimed++;
      if (!arrival.isGroup) this.host.portUnreachable(packet, arrival);
      return;
    }
    const from = { address: { ...arrival.source }, port: fromPort };
    endpoint.put({ bytes: memory.bytes.slice(start + headerBytes, start + length), from });
  }

  private claimant(arrival: Arrival, fromPort: number, port: number): Endpoint | undefined {
    let best: Endpoint | undefined;
    let bestScore = -1;
    for (const endpoint of this.endpoints) {
      const score = endpoint.score(arrival, fromPort, port);
      const isBetter = this.bug === 'wildcard-first' ? score >= 0 && best === undefined : score > bestScore;
      if (isBetter) {
        best = endpoint;
        bestScore = score;
      }
    }
    return best;
  }

  networkError(error: NetworkError): boolean {
    if (this.bug === 'believes-anything') return true;
    if (this.bug === 'no-error') return false;
    const fromPort = error.view.getUint16(error.offset);
    const toPort = error.view.getUint16(error.offset + 2);
    const codes: Partial<Record<NetworkError['kind'], Result>> = {
      [networkErrorKind.portUnreachable]: failure.connectionRefused,
      [networkErrorKind.protocolUnreachable]: failure.protocolUnreachable,
      [networkErrorKind.packetTooBig]: failure.messageTooLong,
      [networkErrorKind.hostUnreachable]: failure.hostUnreachable,
      [networkErrorKind.neighbourUnreachable]: failure.hostUnreachable,
    };
    const endpoint = this.endpoints.find((each) => {
      if (each.local.port !== fromPort) return false;
      if (each.peer === null) return this.bug === 'tells-unconnected';
      return each.peer.port === toPort && addressEquals(each.peer.address, error.destination);
    });
    if (endpoint === undefined) return false;
    endpoint.error = codes[error.kind] ?? failure.networkUnreachable;
    endpoint.touch();
    return true;
  }

  writable(): void {}
  advance(): void {}

  deliverEvents(): void {
    const told = [...this.changed];
    this.changed.clear();
    for (const endpoint of told) {
      endpoint.tell();
      if (this.bug === 'calls-twice') endpoint.tell();
    }
  }

  nextDeadline(): number {
    return Infinity;
  }

  dispose(): void {
    for (const endpoint of [...this.endpoints]) endpoint.close();
    this.changed.clear();
  }
}

class Endpoint implements TransportEndpoint, PortOwner {
  readonly kind = 'datagram';
  readonly listening = false;
  readonly local = fresh();
  peer: SocketAddress | null = null;
  error: Result = 0;
  autobound = false;
  private readonly transport: ReferenceDatagram;
  private readonly options: Map<TransportOption, number>;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private claimed: SocketAddress | null = null;
  private isClosed = false;
  private isShut = false;
  private listener: ReadinessListener | null = null;

  constructor(transport: ReferenceDatagram) {
    this.transport = transport;
    this.options = new Map([
      ['reuseAddress', 0],
      ['broadcast', 0],
      ['ttl', 64],
      ['tos', 0],
    ]);
  }

  get reuseAddress(): boolean {
    return this.options.get('reuseAddress') === 1;
  }

  acceptsPort(): boolean {
    return true;
  }

  /** How well this endpoint suits a datagram; -1: not at all. */
  score(arrival: Arrival, fromPort: number, port: number): number {
    if (this.claimed === null || this.local.port !== port) return -1;
    let score = 0;
    if (!isUnspecified(this.claimed.address)) {
      if (!addressEquals(this.claimed.address, arrival.destination)) return -1;
      score += 1;
    }
    if (this.peer !== null && this.transport.bug !== 'no-filter') {
      if (this.peer.port !== fromPort || !addressEquals(this.peer.address, arrival.source)) return -1;
      score += 2;
    }
    return score;
  }

  put(item: Waiting): void {
    if (this.transport.bug === 'drops-empty' && item.bytes.length === 0) return;
    const cost = item.bytes.length + 64;
    if (this.waitingBytes + cost > limitBytes && this.transport.bug !== 'unbounded') return;
    const last = this.waiting.at(-1);
    if (this.transport.bug === 'merges-datagrams' && last !== undefined) {
      this.waiting[this.waiting.length - 1] = { bytes: Uint8Array.of(...last.bytes, ...item.bytes), from: item.from };
    } else if (this.transport.bug === 'lifo') this.waiting.unshift(item);
    else this.waiting.push(item);
    this.waitingBytes += cost;
    this.touch();
  }

  touch(): void {
    if (this.transport.bug === 'calls-at-once') this.tell();
    else this.transport.changed.add(this);
  }

  tell(): void {
    if (!this.isClosed) this.listener?.readinessChanged(this, this.readiness());
  }

  bind(local: SocketAddress): Result {
    const { host, bug } = this.transport;
    if (this.isClosed) return failure.closed;
    if (this.claimed !== null) return failure.invalid;
    const isOurs = isUnspecified(local.address) || host.isLocalAddress(local.address) || bug === 'foreign-bind';
    if (!isOurs) return failure.addressNotAvailable;
    const result =
      local.port === 0
        ? host.ports.ephemeral(protocol, local.address, this)
        : host.ports.claim(protocol, local.address, local.port, this);
    if (result < 0) return result;
    this.claimed = { address: { ...local.address }, port: local.port || result };
    copyAddress(this.local.address, local.address);
    this.local.port = this.claimed.port;
    this.transport.endpoints.push(this);
    return 0;
  }

  connect(remote: SocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (isUnspecified(remote.address)) {
      this.peer = null;
      return 0;
    }
    const route = this.transport.host.route(this.claimed?.address ?? zero, remote.address);
    if (typeof route === 'number') return route;
    if (this.isForbidden(route.isGroup, remote.address)) return failure.accessDenied;
    const bound = this.bindIfNeeded(route.source);
    if (bound < 0) return bound;
    copyAddress(this.local.address, route.source);
    this.peer = { address: { ...remote.address }, port: remote.port };
    return 0;
  }

  private isForbidden(isGroup: boolean, address: Address): boolean {
    if (this.transport.bug === 'no-permission') return false;
    return isGroup && !isMulticast(address) && this.options.get('broadcast') !== 1;
  }

  private bindIfNeeded(address: Address): Result {
    if (this.claimed !== null) return 0;
    this.autobound = true;
    return this.bind({ address, port: 0 });
  }

  listen(): Result {
    return this.isClosed ? failure.closed : failure.notSupported;
  }

  accept(): null {
    return null;
  }

  send(bytes: Uint8Array, start: number, end: number, _flags: number, to: SocketAddress | null): Result {
    const { host, bug } = this.transport;
    if (this.isClosed) return failure.closed;
    host.enter();
    if (this.error !== 0) return this.takeError();
    if (this.isShut) return failure.brokenPipe;
    const destination = to ?? this.peer;
    if (destination === null) return failure.destinationRequired;
    const length = end - start;
    if (length + headerBytes > 65_535) return bug === 'silent-too-long' ? length : failure.messageTooLong;
    const route = host.route(this.claimed?.address ?? zero, destination.address);
    if (typeof route === 'number') return route;
    if (this.isForbidden(route.isGroup, destination.address)) return failure.accessDenied;
    const bound = this.bindIfNeeded(zero);
    if (bound < 0) return bound;
    const packet = host.packets.take(headerBytes + length, false);
    if (packet === null) return failure.noBuffers;
    const { memory } = packet;
    packet.end = packet.start + headerBytes + length;
    memory.view.setUint16(packet.start, this.local.port);
    memory.view.setUint16(packet.start + 2, destination.port);
    memory.view.setUint16(packet.start + 4, headerBytes + length);
    memory.view.setUint16(packet.start + 6, 0);
    memory.bytes.set(bytes.subarray(start, end), packet.start + headerBytes);
    const sum =
      sumBytes(memory, packet.start, packet.end) +
      pseudoHeaderSum(route.source, route.destination, protocol, headerBytes + length);
    memory.view.setUint16(packet.start + 6, invertSum(foldSum(sum)) || 0xffff);
    const result = host.send(packet, route, protocol, { ttl: 64, tos: 0, dontFragment: false });
    return result < 0 ? result : length;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result {
    const { bug } = this.transport;
    if (this.isClosed && bug !== 'ignores-closed') return failure.closed;
    if (this.error !== 0) return this.takeError();
    const first = this.waiting[0];
    if (first === undefined) return failure.wouldBlock;
    const count = Math.min(first.bytes.length, end - start);
    into.set(first.bytes.subarray(0, count), start);
    if (details !== null) {
      if (bug !== 'no-sender') {
        copyAddress(details.from.address, first.from.address);
        details.from.port = first.from.port;
      }
      details.truncated = count < first.bytes.length && bug !== 'no-truncation-mark';
    }
    if ((flags & transfer.peek) === 0 || bug === 'peek-takes') {
      this.waiting.shift();
      this.waitingBytes -= first.bytes.length + 64;
    }
    return (flags & transfer.wholeLength) !== 0 || bug === 'whole-length-always' ? first.bytes.length : count;
  }

  shutdown(how: Direction): Result {
    if (this.isClosed) return failure.closed;
    if (this.peer === null) return failure.notConnected;
    if ((how & 2) !== 0) this.isShut = true;
    return 0;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.waiting.length = 0;
    if (this.claimed === null) return;
    const { host, endpoints, bug } = this.transport;
    endpoints.splice(endpoints.indexOf(this), 1);
    if (bug !== 'leaks-port') host.ports.release(protocol, this.claimed.address, this.claimed.port, this);
  }

  abort(): void {
    this.close();
  }

  localAddress(into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    copyAddress(into.address, this.local.address);
    into.port = this.local.port;
    return 0;
  }

  remoteAddress(into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.peer === null) return failure.notConnected;
    copyAddress(into.address, this.peer.address);
    into.port = this.peer.port;
    return 0;
  }

  readiness(): number {
    let bits: number = readiness.writable;
    if (this.waiting.length > 0) bits |= readiness.readable;
    if (this.error !== 0) bits |= readiness.error | readiness.readable;
    return bits;
  }

  listenReadiness(listener: ReadinessListener | null): void {
    this.listener = listener;
  }

  takeError(): Result {
    if (this.isClosed) return failure.closed;
    const { error } = this;
    if (this.transport.bug !== 'sticky-error') this.error = 0;
    return error;
  }

  takeResult(): Result {
    return 0;
  }

  setOption(option: TransportOption, value: number): Result {
    if (this.isClosed) return failure.closed;
    if (this.transport.bug === 'any-option') return 0;
    if (!this.options.has(option)) return option === 'readableBytes' ? failure.invalid : failure.noSuchOption;
    if (option === 'ttl' && (value < 1 || value > 255)) return failure.invalid;
    if (option === 'tos' && (value < 0 || value > 255)) return failure.invalid;
    this.options.set(option, value);
    return 0;
  }

  getOption(option: TransportOption): Result {
    if (this.isClosed) return failure.closed;
    if (option === 'readableBytes') return this.waiting[0]?.bytes.length ?? 0;
    return this.options.get(option) ?? failure.noSuchOption;
  }

  info(): null {
    return null;
  }
}
