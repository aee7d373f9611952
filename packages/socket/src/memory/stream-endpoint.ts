import {
  type Direction,
  direction,
  failure,
  isUnspecified,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
  transfer,
} from '@synos/interfaces';
import { ByteRing } from './byte-ring.js';
import { MemoryEndpoint } from './memory-endpoint.js';
import type { Network } from './memory-network.js';

/** A stream: what is sent lies in the peer's ring at once. */
export class StreamEndpoint extends MemoryEndpoint {
  readonly kind = 'stream';
  private state: 'idle' | 'listening' | 'connecting' | 'connected' | 'over';
  private peer: StreamEndpoint | null;
  private readonly received: ByteRing;
  private peerHasEnded: boolean;
  /** Bits of {@link direction} that are shut down. */
  private shut: number;
  private backlog: number;
  /** Connections that wait to be accepted. */
  private readonly waiting: StreamEndpoint[];
  /** Those that wait for room among them. */
  private readonly knocking: Set<StreamEndpoint>;

  constructor(network: Network) {
    super(network, 'stream');
    this.state = 'idle';
    this.peer = null;
    this.received = new ByteRing();
    this.peerHasEnded = false;
    this.shut = 0;
    this.backlog = 0;
    this.waiting = [];
    this.knocking = new Set();
  }

  get isListening(): boolean {
    return this.state === 'listening';
  }

  protected get readableBytes(): number {
    return this.received.length;
  }

  connect(remote: SocketAddress): Result {
    const refusal = this.refuseConnect();
    if (refusal !== 0) return refusal;
    const address = this.network.reach(remote.address);
    if (address === null) return failure.networkUnreachable;
    const { completesLater } = this.network;
    const busy = completesLater ? this.begin() : 0;
    if (busy !== 0) return busy;
    this.state = 'connecting';
    const to = { address, port: remote.port };
    this.network.later(() => {
      if (!this.isClosed) this.knock(to);
    });
    // Its port is told at once; the address is the one that reaches the peer.
    const bound = this.takeAny();
    if (bound !== 0) this.connectEnded(bound);
    if (isUnspecified(this.local.address)) this.local = { address, port: this.local.port };
    return completesLater ? failure.pending : failure.inProgress;
  }

  listen(backlog: number): Result {
    return this.operate(() => {
      if (this.state !== 'idle' && this.state !== 'listening') return failure.invalid;
      const bound = this.takeAny();
      if (bound !== 0) return bound;
      if (this.network.ports.hasOtherListener(this)) return failure.addressInUse;
      this.state = 'listening';
      this.backlog = Math.max(1, backlog);
      this.admit();
      return 0;
    });
  }

  accept(): TransportEndpoint | null {
    if (this.isClosed) return null;
    const next = this.waiting.shift() ?? null;
    if (next !== null && this.knocking.size > 0) this.network.later(() => this.admit());
    return next;
  }

  send(bytes: Uint8Array, start: number, end: number): Result {
    if (this.isClosed) return failure.closed;
    if (this.error !== 0) return this.takeError();
    if ((this.shut & direction.send) !== 0 || this.state === 'over') return failure.brokenPipe;
    if (this.state === 'connecting') return failure.wouldBlock;
    const { peer } = this;
    if (this.state !== 'connected' || peer === null) return failure.notConnected;
    if (peer.isClosed) {
      // Taken before the answer can be known: the reset follows.
      this.fail(failure.connectionReset);
      return end - start;
    }
    if (end > start && peer.room === 0) return failure.wouldBlock;
    const count = peer.isDeaf ? end - start : peer.received.write(bytes, start, end, peer.capacityBytes);
    this.network.changed(peer);
    return count;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, _details: ReceiveDetails | null): Result {
    if (this.isClosed) return failure.closed;
    if (this.received.length > 0) {
      const isPeek = (flags & transfer.peek) !== 0;
      const count = this.received.read(into, start, end, isPeek);
      if (!isPeek && this.peer !== null) this.network.changed(this.peer);
      return count;
    }
    if (this.error !== 0) return this.takeError();
    if (this.peerHasEnded || this.isDeaf || this.state === 'over') return 0;
    return this.state === 'connecting' || this.state === 'connected' ? failure.wouldBlock : failure.notConnected;
  }

  shutdown(how: Direction): Result {
    if (this.isClosed) return failure.closed;
    if (this.state !== 'connected') return failure.notConnected;
    if ((how & direction.send) !== 0) this.endPeer();
    if ((how & direction.receive) !== 0) this.received.clear();
    this.shut |= how;
    this.network.changed(this);
    return 0;
  }

  close(): void {
    if (this.isClosed) return;
    // RFC 2525 §2.17: with data unread the close is a reset.
    if (this.received.length > 0) {
      this.abort();
      return;
    }
    this.endPeer();
    this.leave();
  }

  abort(): void {
    if (this.isClosed) return;
    this.peer?.fail(failure.connectionReset);
    this.leave();
  }

  override leave(): void {
    super.leave();
    this.received.clear();
    for (const child of this.waiting.splice(0)) child.abort();
    for (const client of this.knocking) client.connectEnded(failure.connectionRefused);
  }

  protected bits(): number {
    const { readable, writable, readHangup, hangup, drained } = readiness;
    if (this.state === 'listening') return drained | (this.waiting.length > 0 ? readable : 0);
    if (this.state === 'over') return readable | writable | readHangup | hangup | drained;
    if (this.state !== 'connected') return drained;
    const hasEnded = this.peerHasEnded || this.isDeaf;
    const sendsNoMore = (this.shut & direction.send) !== 0;
    let bits: number = drained;
    if (this.received.length > 0 || hasEnded) bits |= readable;
    if (sendsNoMore || this.peer === null || this.peer.isClosed || this.peer.room > 0) bits |= writable;
    if (hasEnded) bits |= readHangup;
    if (hasEnded && sendsNoMore) bits |= hangup;
    return bits;
  }

  private get capacityBytes(): number {
    return this.getOption('receiveBufferBytes');
  }

  private get room(): number {
    return this.isDeaf ? Number.POSITIVE_INFINITY : this.received.room(this.capacityBytes);
  }

  /** Whether its receiving side is shut down: what comes is dropped. */
  private get isDeaf(): boolean {
    return (this.shut & direction.receive) !== 0;
  }

  private refuseConnect(): Result {
    if (this.isClosed) return failure.closed;
    if (this.state === 'connecting') return failure.alreadyInProgress;
    if (this.state === 'connected') return failure.alreadyConnected;
    return this.state === 'idle' ? 0 : failure.invalid;
  }

  private knock(to: SocketAddress): void {
    if (this.state !== 'connecting') return;
    const hearing = this.network.ports.hearing('stream', to) as StreamEndpoint[];
    const listener = hearing.find((each) => each.isListening);
    if (listener === undefined) {
      this.connectEnded(failure.connectionRefused);
      return;
    }
    this.remote = to;
    listener.knocking.add(this);
    listener.admit();
  }

  /** Lets in who knocks, while there is room. */
  private admit(): void {
    for (const client of this.knocking) {
      // Linux lets one more wait than the backlog says.
      if (this.waiting.length > this.backlog) return;
      this.knocking.delete(client);
      if (client.isClosed || client.remote === null) continue;
      const child = this.network.enter(new StreamEndpoint(this.network));
      child.local = client.remote;
      child.remote = client.local;
      child.peer = client;
      child.state = 'connected';
      child.setOption('receiveBufferBytes', this.capacityBytes);
      client.peer = child;
      this.waiting.push(child);
      client.connectEnded(0);
      this.network.changed(this);
    }
  }

  private connectEnded(result: Result): void {
    if (this.state !== 'connecting') return;
    this.state = result === 0 ? 'connected' : 'over';
    if (result !== 0) this.remote = null;
    if (this.network.completesLater) this.complete(result);
    else if (result !== 0) this.fail(result);
    else this.network.changed(this);
  }

  private endPeer(): void {
    const { peer } = this;
    if (peer === null || (this.shut & direction.send) !== 0) return;
    peer.peerHasEnded = true;
    this.network.changed(peer);
  }

  /** The connection is over by this failure. */
  private fail(error: Result): void {
    if (this.isClosed) return;
    this.error = error;
    this.state = 'over';
    this.peer = null;
    this.remote = null;
    this.network.changed(this);
  }
}
