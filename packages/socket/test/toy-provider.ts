import {
  addressEquals,
  copyAddress,
  type Direction,
  direction,
  failure,
  type MutableSocketAddress,
  type ReadinessListener,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  type SocketKind,
  type SocketProvider,
  type TransportEndpoint,
  type TransportInfo,
  type TransportOption,
  transfer,
} from '@synos/interfaces';

const anyAddress = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };
const ownAddress = { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001 };

/** An IPv4 name: `name(80)` is 127.0.0.1:80. */
export function name(port: number, ipv4 = 0x7f000001): SocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0xffff, w3: ipv4 | 0 }, port };
}

export function emptyName(): MutableSocketAddress {
  return { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };
}

/** A network in memory. Nothing happens by itself: `run()` completes handshakes and calls listeners. */
export class ToyNetwork implements SocketProvider {
  readonly name = 'toy';
  readonly lacks: readonly string[] = [];
  /** Room of a stream's receiving side. */
  streamBytes = 1000;
  /** Whether bind answers `pending`. */
  bindsLater = false;
  /** Whether a listener can be shut down. */
  shutsListeners = true;
  /** Whether sent bytes are acknowledged by `run`. */
  acknowledges = true;
  readonly ports = new Map<string, ToyEndpoint>();
  readonly open_ = new Set<ToyEndpoint>();
  private tasks: (() => void)[] = [];
  private events = new Set<ToyEndpoint>();
  private nextPort = 50000;

  supports(kind: SocketKind): boolean {
    if (kind.domain === 'unix' || kind.type === 'raw') return false;
    return kind.protocol === 0 || kind.protocol === (kind.type === 'stream' ? 6 : 17);
  }

  open(kind: SocketKind): TransportEndpoint | Result {
    const endpoint = new ToyEndpoint(this, kind.type === 'stream' ? 'stream' : 'datagram');
    this.open_.add(endpoint);
    return endpoint;
  }

  ephemeral(): number {
    this.nextPort += 1;
    return this.nextPort;
  }

  later(task: () => void): void {
    this.tasks.push(task);
  }

  changed(endpoint: ToyEndpoint): void {
    this.events.add(endpoint);
  }

  /** Lets everything happen that is under way. */
  run(): void {
    for (let round = 0; round < 100 && (this.tasks.length > 0 || this.events.size > 0); round += 1) {
      const tasks = this.tasks;
      this.tasks = [];
      for (const task of tasks) task();
      const events = this.events;
      this.events = new Set();
      for (const endpoint of events) endpoint.tell();
    }
  }
}

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

export class ToyEndpoint implements TransportEndpoint {
  readonly kind: 'stream' | 'datagram';
  readonly options = new Map<TransportOption, number>([
    ['reuseAddress', 0],
    ['sendBufferBytes', 16384],
    ['receiveBufferBytes', 65536],
    ['ttl', 64],
    ['tos', 0],
    ['cork', 0],
    ['mtuDiscovery', 0],
  ]);
  state: 'idle' | 'connecting' | 'connected' | 'listening' | 'dead' = 'idle';
  local: SocketAddress = { address: anyAddress, port: 0 };
  remote: SocketAddress | null = null;
  peer: ToyEndpoint | null = null;
  /** Set by tests: handshakes with this port stay open. */
  error = 0;
  private result = 0;
  private completed = false;
  private backlog = 0;
  private queue: ToyEndpoint[] = [];
  private stream: number[] = [];
  private datagrams: Datagram[] = [];
  private unacknowledged = 0;
  private ended = false;
  private shut = 0;
  private closed = false;
  private listener: ReadinessListener | null = null;
  private readonly net: ToyNetwork;

  constructor(net: ToyNetwork, kind: 'stream' | 'datagram') {
    this.net = net;
    this.kind = kind;
    if (kind === 'stream') {
      for (const option of ['noDelay', 'keepAlive', 'maximumSegmentBytes', 'userTimeoutMs'] as const) {
        this.options.set(option, 0);
      }
      this.options.set('keepAliveIdleMs', 7_200_000).set('keepAliveIntervalMs', 75_000).set('keepAliveCount', 9);
    } else {
      this.options.set('broadcast', 0);
    }
  }

  bind(local: SocketAddress): Result {
    if (this.closed) return failure.closed;
    if (!this.net.bindsLater) return this.take(local);
    this.net.later(() => {
      if (this.closed) return;
      this.result = this.take(local);
      this.completed = true;
      this.net.changed(this);
    });
    return failure.pending;
  }

  private take(local: SocketAddress): Result {
    const port = local.port === 0 ? this.net.ephemeral() : local.port;
    if (local.address.w3 !== 0 && !addressEquals(local.address, ownAddress)) return failure.addressNotAvailable;
    const key = `${this.kind} ${port}`;
    if (this.net.ports.has(key)) return failure.addressInUse;
    this.net.ports.set(key, this);
    this.local = { address: local.address, port };
    return 0;
  }

  private autobind(): void {
    if (this.local.port === 0) this.take({ address: anyAddress, port: 0 });
  }

  connect(remote: SocketAddress): Result {
    if (this.closed) return failure.closed;
    if (this.kind === 'datagram') {
      this.autobind();
      this.remote = remote.address.w3 === 0 ? null : remote;
      return 0;
    }
    if (this.state !== 'idle') return failure.invalid;
    if (remote.address.w3 !== ownAddress.w3) return failure.networkUnreachable;
    this.autobind();
    this.state = 'connecting';
    this.remote = remote;
    if (remote.port !== 9) this.net.later(() => this.handshake());
    return failure.inProgress;
  }

  private handshake(): void {
    if (this.closed || this.state !== 'connecting') return;
    const target = this.net.ports.get(`stream ${(this.remote as SocketAddress).port}`);
    if (target === undefined || target.state !== 'listening') {
      this.fail(failure.connectionRefused);
      return;
    }
    if (target.queue.length > target.backlog) return;
    const child = new ToyEndpoint(this.net, 'stream');
    this.net.open_.add(child);
    child.state = 'connected';
    child.local = { address: ownAddress, port: target.local.port };
    child.remote = { address: ownAddress, port: this.local.port };
    child.peer = this;
    this.peer = child;
    this.state = 'connected';
    target.queue.push(child);
    this.net.changed(target);
    this.net.changed(this);
  }

  /** The connection is over by this failure. */
  fail(error: number): void {
    this.error = error;
    this.state = 'dead';
    this.shut = 3;
    this.net.changed(this);
  }

  listen(backlog: number): Result {
    if (this.closed) return failure.closed;
    if (this.kind === 'datagram') return failure.notSupported;
    this.autobind();
    this.state = 'listening';
    this.backlog = backlog;
    return 0;
  }

  accept(): TransportEndpoint | null {
    return this.queue.shift() ?? null;
  }

  send(bytes: Uint8Array, start: number, end: number, _flags: number, to: SocketAddress | null): Result {
    if (this.closed) return failure.closed;
    if (this.error !== 0) return this.takeError();
    if ((this.shut & direction.send) !== 0) return failure.brokenPipe;
    if (this.kind === 'datagram') {
      const target = to ?? this.remote;
      if (target === null) return failure.destinationRequired;
      if (end - start > 65507) return failure.messageTooLong;
      this.autobind();
      const receiver = this.net.ports.get(`datagram ${target.port}`);
      const datagram = { bytes: bytes.slice(start, end), from: { address: ownAddress, port: this.local.port } };
      this.net.later(() => {
        if (receiver !== undefined && !receiver.closed) {
          receiver.datagrams.push(datagram);
          this.net.changed(receiver);
        } else if (this.remote !== null) {
          this.error = failure.connectionRefused;
          this.net.changed(this);
        }
      });
      return end - start;
    }
    if (this.state === 'connecting') return failure.wouldBlock;
    const { peer } = this;
    if (this.state !== 'connected' || peer === null) return failure.notConnected;
    const count = Math.min(end - start, this.net.streamBytes - this.unacknowledged);
    if (count <= 0 && end > start) return failure.wouldBlock;
    for (let index = 0; index < count; index += 1) peer.stream.push(bytes[start + index] as number);
    this.unacknowledged += count;
    this.net.changed(peer);
    return count;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result {
    if (this.closed) return failure.closed;
    const peek = (flags & transfer.peek) !== 0;
    if (this.kind === 'datagram') {
      if (this.error !== 0) return this.takeError();
      const first = peek ? this.datagrams[0] : this.datagrams.shift();
      if (first === undefined) return (this.shut & direction.receive) !== 0 ? 0 : failure.wouldBlock;
      const count = Math.min(end - start, first.bytes.length);
      into.set(first.bytes.subarray(0, count), start);
      if (details !== null) {
        copyAddress(details.from.address, first.from.address);
        details.from.port = first.from.port;
        details.truncated = count < first.bytes.length;
      }
      return (flags & transfer.wholeLength) !== 0 ? first.bytes.length : count;
    }
    if (this.stream.length > 0) {
      const count = Math.min(end - start, this.stream.length);
      for (let index = 0; index < count; index += 1) into[start + index] = this.stream[index] as number;
      if (!peek) {
        this.stream.splice(0, count);
        const { peer } = this;
        if (this.net.acknowledges && peer !== null) {
          peer.unacknowledged -= count;
          this.net.changed(peer);
        }
      }
      return count;
    }
    if (this.error !== 0) return this.takeError();
    if (this.ended || (this.shut & direction.receive) !== 0) return 0;
    return this.state === 'connected' || this.state === 'connecting' ? failure.wouldBlock : failure.notConnected;
  }

  shutdown(how: Direction): Result {
    if (this.closed) return failure.closed;
    if (this.state === 'listening' && this.net.shutsListeners) {
      for (const child of this.queue.splice(0)) child.abort();
      this.state = 'idle';
      return 0;
    }
    if (this.kind === 'stream' && this.state !== 'connected') return failure.notConnected;
    if ((how & direction.send) !== 0 && (this.shut & direction.send) === 0) this.endPeer();
    this.shut |= how;
    this.net.changed(this);
    return 0;
  }

  private endPeer(): void {
    const { peer } = this;
    if (peer === null) return;
    peer.ended = true;
    this.net.changed(peer);
  }

  close(): void {
    if (this.closed) return;
    this.leave();
    if ((this.shut & direction.send) === 0) this.endPeer();
  }

  abort(): void {
    if (this.closed) return;
    this.leave();
    if (this.peer !== null && !this.peer.closed) this.peer.fail(failure.connectionReset);
  }

  private leave(): void {
    this.closed = true;
    this.net.open_.delete(this);
    const key = `${this.kind} ${this.local.port}`;
    if (this.net.ports.get(key) === this) this.net.ports.delete(key);
    for (const child of this.queue) child.abort();
  }

  localAddress(into: MutableSocketAddress): Result {
    if (this.closed) return failure.closed;
    copyAddress(into.address, this.local.address);
    into.port = this.local.port;
    return 0;
  }

  remoteAddress(into: MutableSocketAddress): Result {
    if (this.closed) return failure.closed;
    if (this.remote === null || this.state === 'dead') return failure.notConnected;
    copyAddress(into.address, this.remote.address);
    into.port = this.remote.port;
    return 0;
  }

  readiness(): number {
    let bits = 0;
    if (this.completed) bits |= readiness.completed;
    if (this.error !== 0) bits |= readiness.error | readiness.readable;
    if (this.kind === 'datagram') {
      if (this.datagrams.length > 0 || (this.shut & direction.receive) !== 0) bits |= readiness.readable;
      return bits | readiness.writable | readiness.drained;
    }
    if (this.queue.length > 0 || this.stream.length > 0) bits |= readiness.readable;
    if (this.ended || (this.shut & direction.receive) !== 0) bits |= readiness.readable | readiness.readHangup;
    const over = this.ended && (this.shut & direction.send) !== 0;
    if (over || this.state === 'dead') bits |= readiness.hangup | readiness.readHangup | readiness.readable;
    if (this.state === 'dead') bits |= readiness.writable;
    if (this.state === 'connected' && this.unacknowledged < this.net.streamBytes) bits |= readiness.writable;
    if (this.unacknowledged === 0) bits |= readiness.drained;
    return bits;
  }

  listenReadiness(listener: ReadinessListener | null): void {
    this.listener = listener;
  }

  tell(): void {
    if (this.listener !== null && !this.closed) this.listener.readinessChanged(this, this.readiness());
  }

  takeError(): Result {
    const { error } = this;
    this.error = 0;
    return error;
  }

  takeResult(): Result {
    this.completed = false;
    return this.result;
  }

  setOption(option: TransportOption, value: number): Result {
    if (!this.options.has(option)) return failure.noSuchOption;
    this.options.set(option, value);
    return 0;
  }

  getOption(option: TransportOption): Result {
    if (option === 'readableBytes')
      return this.kind === 'stream' ? this.stream.length : (this.datagrams[0]?.bytes.length ?? 0);
    if (option === 'unsentBytes') return this.unacknowledged;
    return this.options.get(option) ?? failure.noSuchOption;
  }

  info(): TransportInfo | null {
    if (this.kind === 'datagram') return null;
    return {
      state: this.state === 'connected' ? 'ESTABLISHED' : this.state === 'listening' ? 'LISTEN' : 'CLOSED',
      rttMs: 12.5,
      rttVarianceMs: 3,
      rtoMs: 200,
      sendMssBytes: 1460,
      receiveMssBytes: 1448,
      congestionWindowBytes: 14600,
      slowStartThresholdBytes: Number.POSITIVE_INFINITY,
      sendWindowBytes: 65535,
      receiveWindowBytes: 32768,
      sendWindowScale: 7,
      receiveWindowScale: 3,
      timestamps: true,
      sackPermitted: true,
      unacknowledgedSegments: 2,
      retransmits: 0,
      totalRetransmits: 5,
      bytesSent: 5_000_000_000,
      bytesAcknowledged: 4_999_999_000,
      bytesReceived: 17,
      segmentsSent: 9,
      segmentsReceived: 8,
      pathMtuBytes: 1500,
      lastDataSentMs: 40,
      lastDataReceivedMs: 41,
    };
  }
}
