import {
  type Address,
  type Arrival,
  type Block,
  copyAddress,
  type Direction,
  direction,
  failure,
  isIpv4Mapped,
  isUnspecified,
  type MutableSocketAddress,
  optionOf,
  type Packet,
  type PortOwner,
  type ReadinessListener,
  type ReceiveDetails,
  type Result,
  type Route,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
  type TransportInfo,
  type TransportOption,
  transfer,
} from '@synos/interfaces';
import { ipv4Any, ipv6Any, isMulticast, isRange, udpHeaderBytes, udpLength, udpSourcePort } from '@synos/wire';
import { CollectedDatagram } from './collected-datagram.js';
import { DatagramRing, pushed } from './datagram-ring.js';
import type { DemuxEntry } from './demux.js';
import { defaultUdpOptions, type EndpointOptions, withUdpOption } from './endpoint-options.js';
import type { UdpProtocol } from './protocol.js';

/** One UDP endpoint: a place in the demultiplexer, a queue, and a few options. */
export class UdpEndpoint implements TransportEndpoint, PortOwner, DemuxEntry {
  readonly kind: 'datagram';
  boundAddress: Address;
  localPort: number;
  peerAddress: Address;
  remotePort: number;
  isListed: boolean;
  /** The route to the peer, `null` when there is no peer or the route has to be looked up again. */
  route: Route | null;
  /** The device for whose room it waits, -1 for none. */
  blockedDevice: number;
  /** Whether it stands in the protocol's queue of events. */
  isQueued: boolean;
  options: EndpointOptions;
  private readonly udp: UdpProtocol;
  private listener: ReadinessListener | null;
  private readonly ring: DatagramRing;
  private collected: CollectedDatagram | null;
  private error: number;
  /** Bits of `direction` that are shut down. */
  private shut: number;
  private isClosed: boolean;
  /** The address under which the port table has it, `null` when it holds no port. */
  private claimed: Address | null;
  /** The port was chosen by the program: a disconnect keeps it. */
  private isPortChosen: boolean;

  constructor(udp: UdpProtocol) {
    this.kind = 'datagram';
    this.boundAddress = ipv4Any;
    this.localPort = 0;
    this.peerAddress = ipv6Any;
    this.remotePort = 0;
    this.isListed = false;
    this.route = null;
    this.blockedDevice = -1;
    this.isQueued = false;
    this.options = defaultUdpOptions;
    this.udp = udp;
    this.listener = null;
    this.ring = new DatagramRing(udp.host.blocks);
    this.collected = null;
    this.error = 0;
    this.shut = 0;
    this.isClosed = false;
    this.claimed = null;
    this.isPortChosen = false;
  }

  get reuseAddress(): boolean {
    return this.options.reuseAddress;
  }

  get reusePort(): boolean {
    return this.options.reusePort;
  }

  get device(): number {
    return this.options.device;
  }

  get listening(): boolean {
    return false;
  }

  // Two datagram endpoints on one port do not differ by their flows: nobody shares a port that it did not ask for.
  get autobound(): boolean {
    return false;
  }

  acceptsPort(_port: number): boolean {
    return true;
  }

  bind(local: SocketAddress): Result {
    const { host } = this.udp;
    host.enter();
    if (this.isClosed) return failure.closed;
    if (this.claimed !== null || !(local.port >= 0 && local.port <= 65_535)) return failure.invalid;
    const address = { ...local.address };
    if (!isUnspecified(address) && !host.isLocalAddress(address)) return failure.addressNotAvailable;
    const result = this.claim(address, local.port);
    if (result === 0) this.isPortChosen = local.port !== 0;
    return result;
  }

  connect(remote: SocketAddress): Result {
    const { host, demux } = this.udp;
    host.enter();
    if (this.isClosed) return failure.closed;
    if (isUnspecified(remote.address)) return this.disconnect();
    if (!(remote.port >= 1 && remote.port <= 65_535)) return failure.invalid;
    const bound = this.claimed ?? anyLike(remote.address);
    const route = host.route(bound, remote.address, this.device);
    if (typeof route === 'number') return route;
    if (!this.mayReach(route)) return failure.accessDenied;
    if (this.claimed === null) {
      const result = this.claim(bound, 0);
      if (result < 0) return result;
    }
    demux.remove(this);
    this.boundAddress = isUnspecified(bound) ? route.source : bound;
    this.peerAddress = { ...remote.address };
    this.remotePort = remote.port;
    this.route = route;
    demux.add(this);
    return 0;
  }

  listen(_backlog: number): Result {
    return this.isClosed ? failure.closed : failure.notSupported;
  }

  accept(): TransportEndpoint | null {
    return null;
  }

  send(bytes: Uint8Array, start: number, end: number, flags: number, to: SocketAddress | null): Result {
    this.udp.host.enter();
    if (this.isClosed) return failure.closed;
    if (!isRange(bytes, start, end)) return failure.invalid;
    if ((this.shut & direction.send) !== 0) return failure.brokenPipe;
    if (this.error !== 0) return this.takeError();
    if (this.collected !== null || (flags & transfer.more) !== 0 || this.options.cork) {
      return this.collect(bytes, start, end, (flags & transfer.more) !== 0, to);
    }
    return this.udp.transmit(this, bytes, start, end, to);
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result {
    if (this.isClosed) return failure.closed;
    if (!isRange(into, start, end)) return failure.invalid;
    if (this.error !== 0) return this.takeError();
    const { ring } = this;
    const length = ring.nextLength();
    if (length < 0) return (this.shut & direction.receive) !== 0 ? 0 : failure.wouldBlock;
    const count = Math.min(length, end - start);
    ring.copyNext(into, start, count);
    if (details !== null) {
      ring.nextSender(details.from);
      details.truncated = count < length;
      if (details.arrival !== undefined) ring.nextArrival(details.arrival);
    }
    if ((flags & transfer.peek) === 0) ring.drop();
    return (flags & transfer.wholeLength) !== 0 ? length : count;
  }

  /** Without a peer it takes effect too, though the answer is `notConnected`: how Linux lets a waiting receive end. */
  shutdown(how: Direction): Result {
    if (this.isClosed) return failure.closed;
    this.shut |= how;
    if ((how & direction.send) !== 0) this.dropCollected();
    this.changed();
    return this.remotePort === 0 ? failure.notConnected : 0;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.listener = null;
    this.route = null;
    this.dropCollected();
    this.ring.clear();
    this.udp.demux.remove(this);
    this.releasePort();
    this.udp.forget(this);
  }

  abort(): void {
    this.close();
  }

  localAddress(into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    copyAddress(into.address, this.boundAddress);
    into.port = this.localPort;
    return 0;
  }

  remoteAddress(into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.remotePort === 0) return failure.notConnected;
    copyAddress(into.address, this.peerAddress);
    into.port = this.remotePort;
    return 0;
  }

  readiness(): number {
    if (this.isClosed) return 0;
    let bits = 0;
    // A send that is shut down fails at once: that counts as writable.
    if (this.blockedDevice < 0 || (this.shut & direction.send) !== 0) bits |= readiness.writable;
    if (this.collected === null) bits |= readiness.drained;
    if (this.error !== 0) bits |= readiness.error | readiness.readable | readiness.writable;
    if (this.ring.count > 0) bits |= readiness.readable;
    if ((this.shut & direction.receive) !== 0) bits |= readiness.readable | readiness.readHangup;
    if (this.shut === direction.both) bits |= readiness.hangup;
    return bits;
  }

  listenReadiness(listener: ReadinessListener | null): void {
    if (!this.isClosed) this.listener = listener;
  }

  takeError(): Result {
    if (this.isClosed) return failure.closed;
    const { error } = this;
    this.error = 0;
    return error;
  }

  takeResult(): Result {
    return this.isClosed ? failure.closed : failure.invalid;
  }

  setOption(option: TransportOption, value: number): Result {
    if (this.isClosed) return failure.closed;
    const options = withUdpOption(this.options, option, value);
    if (typeof options === 'number') return options;
    const uncorked = this.options.cork && !options.cork;
    this.options = options;
    if (option === 'device') this.route = null;
    return uncorked && this.collected !== null ? Math.min(0, this.flush()) : 0;
  }

  getOption(option: TransportOption): Result {
    if (this.isClosed) return failure.closed;
    if (option === 'readableBytes') return Math.max(0, this.ring.nextLength());
    if (option === 'unsentBytes') return this.collected === null ? 0 : this.collected.length;
    return option === 'listening' ? 0 : optionOf(this.options, option);
  }

  info(): TransportInfo | null {
    return null;
  }

  /** Whether the options allow to send by this route: a broadcast needs permission, a multicast does not. */
  mayReach(route: Route): boolean {
    return !route.isGroup || this.options.broadcast || isMulticast(route.destination);
  }

  /** Takes a port before the first send, if it has none. */
  autobind(destination: Address): Result {
    return this.claimed === null ? this.claim(anyLike(destination), 0) : 0;
  }

  /** From the network, a whole UDP datagram: the queue takes a copy. */
  deliver({ memory, start }: Packet, arrival: Arrival): void {
    const { counters } = this.udp;
    if ((this.shut & direction.receive) !== 0) {
      counters.droppedShutDown += 1;
      return;
    }
    const port = udpSourcePort(memory.view, start);
    const at = start + udpHeaderBytes;
    const length = udpLength(memory.view, start) - udpHeaderBytes;
    const result = this.ring.push(arrival, port, memory, at, length, this.options.receiveBufferBytes);
    if (result === pushed.ok) counters.received += 1;
    else if (result === pushed.full) counters.droppedQueueFull += 1;
    else counters.droppedNoMemory += 1;
    this.changed();
  }

  /** From the network: an error about a datagram to the peer. */
  fail(error: number): void {
    this.error = error;
    this.changed();
  }

  /** There may be news for the listener, which a closed endpoint does not have. */
  changed(): void {
    if (this.listener !== null && !this.isQueued) this.udp.queueEvent(this);
  }

  /** Tells the listener. */
  tell(): void {
    if (this.listener !== null) this.listener.readinessChanged(this, this.readiness());
  }

  private disconnect(): Result {
    if (this.remotePort === 0) return 0;
    const { demux } = this.udp;
    demux.remove(this);
    this.peerAddress = ipv6Any;
    this.remotePort = 0;
    this.route = null;
    // __udp_disconnect: what the program did not choose is given back.
    if (!this.isPortChosen) this.releasePort();
    this.boundAddress = this.claimed ?? anyLike(this.boundAddress);
    if (this.claimed !== null) demux.add(this);
    return 0;
  }

  /** Takes a port, any one for 0, and what comes for it. */
  private claim(address: Address, port: number): Result {
    const { demux, host, protocol } = this.udp;
    const result =
      port === 0 ? host.ports.ephemeral(protocol, address, this) : host.ports.claim(protocol, address, port, this);
    if (result < 0) return result;
    this.claimed = address;
    this.boundAddress = address;
    this.localPort = port === 0 ? result : port;
    demux.add(this);
    return 0;
  }

  private releasePort(): void {
    if (this.claimed === null) return;
    this.udp.host.ports.release(this.udp.protocol, this.claimed, this.localPort, this);
    this.claimed = null;
    this.localPort = 0;
  }

  private collect(bytes: Uint8Array, start: number, end: number, more: boolean, to: SocketAddress | null): Result {
    if (this.collected === null) {
      if (to === null && this.remotePort === 0) return failure.destinationRequired;
      this.collected = new CollectedDatagram(this.udp.host.blocks, to);
    }
    const added = this.collected.add(bytes, start, end);
    if (added < 0) {
      // ip_append_data: a part that does not fit takes the others with it.
      this.dropCollected();
      return added;
    }
    if (more || this.options.cork) return added;
    const sent = this.flush();
    return sent < 0 ? sent : added;
  }

  /** Sends what was collected. Whatever comes of it, the next send begins anew. */
  private flush(): Result {
    const collected = this.collected as CollectedDatagram;
    const { memory, offset } = collected.block as Block;
    this.collected = null;
    const result = this.udp.transmit(this, memory.bytes, offset, offset + collected.length, collected.to);
    collected.release();
    return result;
  }

  private dropCollected(): void {
    if (this.collected !== null) this.collected.release();
    this.collected = null;
  }
}

/** The unspecified address of the same family. */
function anyLike(address: Address): Address {
  return isIpv4Mapped(address) ? ipv4Any : ipv6Any;
}
