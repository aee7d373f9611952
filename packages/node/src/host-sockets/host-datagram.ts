import { createSocket, type Socket } from 'node:dgram';
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
  type TransportOption,
  transfer,
} from '@synos/interfaces';
import { failureOfError } from './failure-of-error.js';
import { anyName, type HostDomain, hostText, socketAddress } from './host-address.js';
import { HostEndpoint } from './host-endpoint.js';
import type { Host } from './host-sockets.js';

/** RFC 768 over RFC 791: 65,535 bytes with 28 of headers. */
const longestDatagramBytes = 65_507;
/** What a datagram counts for besides its bytes, so that empty ones are bounded too. */
const overheadBytes = 64;

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

/** Datagrams of the host. What finds no room in the queue here is lost, as in the host's own. */
export class HostDatagram extends HostEndpoint {
  readonly kind = 'datagram';
  protected readonly isListening = false;
  private handle: Socket | null;
  private isBound: boolean;
  private isConnecting: boolean;
  private readonly received: Datagram[];
  private receivedBytes: number;
  /** Handed to the host, which has not said yet what became of it. */
  private sendingBytes: number;

  constructor(host: Host, domain: HostDomain) {
    super(host, domain, 'datagram');
    this.handle = null;
    this.isBound = false;
    this.isConnecting = false;
    this.received = [];
    this.receivedBytes = 0;
    this.sendingBytes = 0;
  }

  protected get readableBytes(): number {
    return this.received[0]?.bytes.length ?? 0;
  }

  protected get unsentBytes(): number {
    return this.sendingBytes;
  }

  bind(local: SocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating) return failure.alreadyInProgress;
    if (this.handle !== null) return failure.invalid;
    const address = hostText(this.domain, local);
    if (address === undefined) return failure.addressNotAvailable;
    this.open(address, local.port);
    return this.begin();
  }

  connect(remote: SocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating) return failure.alreadyInProgress;
    const isNobody = isUnspecified(remote.address);
    const address = hostText(this.domain, remote);
    if (address === undefined) return failure.networkUnreachable;
    if (remote.port === 0 && !isNobody) return failure.invalid;
    try {
      if (this.remote !== null) this.handle?.disconnect();
      this.remote = null;
      if (isNobody) return 0;
      const handle = this.handle ?? this.open(hostText(this.domain, anyName(this.domain)) as string, 0);
      this.isConnecting = true;
      handle.connect(remote.port, address, ((error?: Error) => this.connected(remote, error)) as () => void);
    } catch (error) {
      this.isConnecting = false;
      return failureOfError(error);
    }
    return this.begin();
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
    if (end - start > longestDatagramBytes) return failure.messageTooLong;
    if (this.isOperating) return failure.wouldBlock;
    const target = to ?? this.remote;
    if (target === null) return failure.destinationRequired;
    const address = hostText(this.domain, target);
    if (address === undefined) return failure.networkUnreachable;
    if (target.port === 0) return failure.invalid;
    const isConnected = this.remote !== null;
    // Node sends from a connected socket to its peer alone.
    if (this.remote !== null && !isSame(this.remote, target)) return failure.alreadyConnected;
    const cost = end - start + overheadBytes;
    if (this.sendingBytes > 0 && this.sendingBytes + cost > this.options.get('sendBufferBytes')) {
      return failure.wouldBlock;
    }
    const copy = Buffer.from(bytes.subarray(start, end));
    const sent = (error: Error | null): void => this.sent(cost, error);
    try {
      const handle = this.handle ?? this.open(hostText(this.domain, anyName(this.domain)) as string, 0);
      if (isConnected) handle.send(copy, sent);
      else handle.send(copy, target.port, address, sent);
    } catch (error) {
      return failureOfError(error);
    }
    this.sendingBytes += cost;
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
    this.changed();
    return 0;
  }

  close(): void {
    if (this.isClosed) return;
    this.leave();
    this.received.length = 0;
    // What was taken is still sent.
    if (this.sendingBytes === 0) this.closeHandle();
  }

  abort(): void {
    if (this.isClosed) return;
    this.leave();
    this.received.length = 0;
    this.closeHandle();
  }

  protected bits(): number {
    const isReadable = this.received.length > 0 || (this.shut & direction.receive) !== 0;
    const hasRoom = this.sendingBytes < this.options.get('sendBufferBytes') && !this.isConnecting;
    return (
      (isReadable ? readiness.readable : 0) |
      (hasRoom ? readiness.writable : 0) |
      (this.sendingBytes === 0 ? readiness.drained : 0)
    );
  }

  protected apply(option: TransportOption, value: number): void {
    // Before it is bound the host has no socket to set it on.
    if (this.handle === null || !this.isBound) return;
    if (option === 'broadcast') this.handle.setBroadcast(value !== 0);
    if (option === 'ttl') this.handle.setTTL(value);
  }

  private open(address: string, port: number): Socket {
    const reuseAddr = this.options.get('reuseAddress') === 1;
    const handle = createSocket({ type: this.domain === 'inet' ? 'udp4' : 'udp6', reuseAddr });
    this.handle = handle;
    this.host.keep(handle, () => this.closeHandle());
    handle.on('listening', () => this.bound(handle));
    handle.on('message', (bytes, from) => this.deliver(bytes, socketAddress(from.address, from.port)));
    handle.on('error', (error) => this.failed(error));
    handle.bind({ address, port, exclusive: true });
    return handle;
  }

  private bound(handle: Socket): void {
    if (this.isClosed) return;
    this.isBound = true;
    this.nameItself(handle);
    for (const [option, value] of this.options.changed) this.apply(option, value);
    if (!this.isConnecting) this.complete(0);
  }

  private nameItself(handle: Socket): void {
    const { address, port } = handle.address();
    this.local = socketAddress(address, port) ?? this.local;
  }

  private connected(remote: SocketAddress, error: Error | undefined): void {
    this.isConnecting = false;
    if (this.isClosed || this.handle === null) return;
    if (error == null) {
      this.remote = { address: { ...remote.address }, port: remote.port };
      this.nameItself(this.handle);
    }
    this.complete(error == null ? 0 : failureOfError(error));
  }

  private failed(error: Error): void {
    const code = failureOfError(error);
    if (!this.isBound) {
      this.closeHandle();
      this.isConnecting = false;
    }
    if (this.isClosed) return;
    if (this.isOperating) {
      this.complete(code);
      return;
    }
    this.error = code;
    this.changed();
  }

  private sent(cost: number, error: Error | null): void {
    this.sendingBytes -= cost;
    if (this.isClosed) {
      if (this.sendingBytes === 0) this.closeHandle();
      return;
    }
    if (error !== null && error !== undefined) this.error = failureOfError(error);
    this.changed();
  }

  private deliver(bytes: Uint8Array, from: SocketAddress | null): void {
    if (this.isClosed || from === null) return;
    const cost = bytes.length + overheadBytes;
    if (this.received.length > 0 && this.receivedBytes + cost > this.options.get('receiveBufferBytes')) return;
    this.received.push({ bytes, from });
    this.receivedBytes += cost;
    this.changed();
  }

  private closeHandle(): void {
    const { handle } = this;
    this.handle = null;
    this.isBound = false;
    handle?.close();
  }
}

function isSame(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && addressEquals(a.address, b.address);
}
