import {
  addressEquals,
  copyAddress,
  type Direction,
  direction,
  failure,
  isUnspecified,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  transfer,
} from '@synos/interfaces';
import { MemoryEndpoint } from './memory-endpoint.js';
import type { Network } from './memory-network.js';

/** RFC 768 over RFC 791: 65,535 bytes with 28 of headers. */
const longestDatagramBytes = 65_507;
/** What a datagram counts for besides its bytes, so that empty ones are bounded too. */
const overheadBytes = 64;

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

/** Datagrams: what is sent waits at the receiver at once; what finds no room is lost. */
export class DatagramEndpoint extends MemoryEndpoint {
  readonly kind = 'datagram';
  readonly isListening = false;
  private readonly received: Datagram[];
  private receivedBytes: number;
  private shut: number;

  constructor(network: Network) {
    super(network, 'datagram');
    this.received = [];
    this.receivedBytes = 0;
    this.shut = 0;
  }

  protected get readableBytes(): number {
    return this.received[0]?.bytes.length ?? 0;
  }

  connect(remote: SocketAddress): Result {
    return this.operate(() => {
      if (isUnspecified(remote.address)) {
        this.remote = null;
        return 0;
      }
      const address = this.network.reach(remote.address);
      if (address === null) return failure.networkUnreachable;
      const bound = this.takeAny();
      if (bound !== 0) return bound;
      this.remote = { address, port: remote.port };
      this.local = { address: this.sourceFor(address), port: this.local.port };
      return 0;
    });
  }

  listen(): Result {
    return this.isClosed ? failure.closed : failure.notSupported;
  }

  accept(): null {
    return null;
  }

  send(bytes: Uint8Array, start: number, end: number, flags: number, to: SocketAddress | null): Result {
    if (this.isClosed) return failure.closed;
    if (this.error !== 0) return this.takeError();
    if ((this.shut & direction.send) !== 0) return failure.brokenPipe;
    if ((flags & transfer.more) !== 0) return failure.notSupported;
    const target = to ?? this.remote;
    if (target === null) return failure.destinationRequired;
    if (end - start > longestDatagramBytes) return failure.messageTooLong;
    const address = this.network.reach(target.address);
    if (address === null) return failure.networkUnreachable;
    const bound = this.takeAny();
    if (bound !== 0) return bound;
    const from = { address: this.sourceFor(address), port: this.local.port };
    const receiver = this.receiverAt({ address, port: target.port }, from);
    if (receiver !== undefined) receiver.deliver({ bytes: bytes.slice(start, end), from });
    // RFC 1122 §4.1.3.3: only who is connected can be told.
    else if (this.remote !== null) this.fail(failure.connectionRefused);
    return end - start;
  }

  receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result {
    if (this.isClosed) return failure.closed;
    if (this.error !== 0) return this.takeError();
    const [first] = this.received;
    if (first === undefined) return (this.shut & direction.receive) !== 0 ? 0 : failure.wouldBlock;
    const { bytes, from } = first;
    const count = Math.min(end - start, bytes.length);
    into.set(bytes.subarray(0, count), start);
    if (details !== null) {
      copyAddress(details.from.address, from.address);
      details.from.port = from.port;
      details.truncated = count < bytes.length;
    }
    if ((flags & transfer.peek) === 0) {
      this.received.shift();
      this.receivedBytes -= bytes.length + overheadBytes;
    }
    return (flags & transfer.wholeLength) !== 0 ? bytes.length : count;
  }

  shutdown(how: Direction): Result {
    if (this.isClosed) return failure.closed;
    if (this.remote === null) return failure.notConnected;
    this.shut |= how;
    this.network.changed(this);
    return 0;
  }

  close(): void {
    if (this.isClosed) return;
    this.received.length = 0;
    this.leave();
  }

  abort(): void {
    this.close();
  }

  protected bits(): number {
    const isReadable = this.received.length > 0 || (this.shut & direction.receive) !== 0;
    return readiness.writable | readiness.drained | (isReadable ? readiness.readable : 0);
  }

  private sourceFor(destination: SocketAddress['address']): SocketAddress['address'] {
    return isUnspecified(this.local.address) ? destination : this.local.address;
  }

  /** Who hears a datagram: a connected endpoint hears its peer alone, and comes first. */
  private receiverAt(to: SocketAddress, from: SocketAddress): DatagramEndpoint | undefined {
    const hearing = this.network.ports.hearing('datagram', to) as DatagramEndpoint[];
    const fits = ({ remote }: DatagramEndpoint): boolean =>
      remote !== null && remote.port === from.port && addressEquals(remote.address, from.address);
    return hearing.find(fits) ?? hearing.find(({ remote }) => remote === null);
  }

  private deliver(datagram: Datagram): void {
    const cost = datagram.bytes.length + overheadBytes;
    if (this.received.length > 0 && this.receivedBytes + cost > this.getOption('receiveBufferBytes')) return;
    this.received.push(datagram);
    this.receivedBytes += cost;
    this.network.changed(this);
  }

  private fail(error: Result): void {
    this.error = error;
    this.network.changed(this);
  }
}
