import {
  copyAddress,
  type Direction,
  failure,
  isUnspecified,
  type MutableSocketAddress,
  type ReadinessListener,
  type ReceiveDetails,
  type Result,
  readiness,
  type SocketAddress,
  type TransportEndpoint,
  type TransportInfo,
  type TransportOption,
} from '@synos/interfaces';
import { EndpointOptions } from './endpoint-options.js';
import type { Network } from './memory-network.js';

/** What streams and datagrams have in common: a name, options, errors, a listener, operations that end later. */
export abstract class MemoryEndpoint implements TransportEndpoint {
  abstract readonly kind: 'stream' | 'datagram';
  abstract readonly isListening: boolean;
  local: SocketAddress;
  isClosed: boolean;
  protected readonly network: Network;
  protected remote: SocketAddress | null;
  protected error: Result;
  private readonly options: EndpointOptions;
  private listener: ReadinessListener | null;
  private isOperating: boolean;
  /** Of an operation that has ended. */
  private result: Result | undefined;

  constructor(network: Network, kind: 'stream' | 'datagram') {
    this.local = { address: { w0: 0, w1: 0, w2: 0xffff, w3: 0 }, port: 0 };
    this.isClosed = false;
    this.network = network;
    this.remote = null;
    this.error = 0;
    this.options = new EndpointOptions(kind);
    this.listener = null;
    this.isOperating = false;
    this.result = undefined;
  }

  get reusesAddress(): boolean {
    return this.options.get('reuseAddress') === 1;
  }

  abstract connect(remote: SocketAddress): Result;
  abstract listen(backlog: number): Result;
  abstract accept(): TransportEndpoint | null;
  abstract send(bytes: Uint8Array, start: number, end: number, flags: number, to: SocketAddress | null): Result;
  abstract receive(into: Uint8Array, start: number, end: number, flags: number, details: ReceiveDetails | null): Result;
  abstract shutdown(how: Direction): Result;
  abstract close(): void;
  abstract abort(): void;
  /** Bits of readiness besides errors and ended operations. */
  protected abstract bits(): number;
  protected abstract readonly readableBytes: number;

  bind(local: SocketAddress): Result {
    return this.operate(() => this.take(local));
  }

  localAddress(into: MutableSocketAddress): Result {
    return this.tellAddress(this.local, into);
  }

  remoteAddress(into: MutableSocketAddress): Result {
    return this.tellAddress(this.remote, into);
  }

  readiness(): number {
    if (this.isClosed) return 0;
    const error = this.error === 0 ? 0 : readiness.error | readiness.readable | readiness.writable;
    return this.bits() | error | (this.result === undefined ? 0 : readiness.completed);
  }

  listenReadiness(listener: ReadinessListener | null): void {
    this.listener = listener;
    // What holds already is told as well.
    if (listener !== null) this.network.changed(this);
  }

  takeError(): Result {
    if (this.isClosed) return failure.closed;
    const { error } = this;
    this.error = 0;
    return error;
  }

  takeResult(): Result {
    if (this.isClosed) return failure.closed;
    const result = this.result ?? (this.isOperating ? failure.pending : failure.invalid);
    this.result = undefined;
    return result;
  }

  setOption(option: TransportOption, value: number): Result {
    return this.isClosed ? failure.closed : this.options.set(option, value);
  }

  getOption(option: TransportOption): Result {
    if (this.isClosed) return failure.closed;
    if (option === 'listening') return this.isListening ? 1 : 0;
    if (option === 'readableBytes') return this.readableBytes;
    // What was sent is at the peer.
    if (option === 'unsentBytes') return 0;
    return this.options.get(option);
  }

  info(): TransportInfo | null {
    return null;
  }

  /** From the network, outside of every call. */
  tell(): void {
    if (!this.isClosed) this.listener?.readinessChanged(this, this.readiness());
  }

  /** Is closed from now on; the peer is told nothing. */
  leave(): void {
    this.isClosed = true;
    this.listener = null;
    this.network.forget(this);
  }

  /** Does it now, or answers `pending` and does it later, as the network is. */
  protected operate(operation: () => Result): Result {
    if (!this.network.completesLater) return this.isClosed ? failure.closed : operation();
    const refusal = this.begin();
    if (refusal !== 0) return refusal;
    this.network.later(() => {
      if (!this.isClosed) this.complete(operation());
    });
    return failure.pending;
  }

  /** Begins an operation that ends later: one at a time. */
  protected begin(): Result {
    if (this.isClosed) return failure.closed;
    if (this.isOperating) return failure.alreadyInProgress;
    this.isOperating = true;
    this.result = undefined;
    return 0;
  }

  protected complete(result: Result): void {
    this.isOperating = false;
    this.result = result;
    this.network.changed(this);
  }

  /** Binds to `local`: 0, or a failure. */
  protected take(local: SocketAddress): Result {
    if (this.local.port !== 0) return failure.invalid;
    if (!isUnspecified(local.address) && !this.network.isOwn(local.address)) return failure.addressNotAvailable;
    const port = this.network.ports.claim(this, local.address, local.port);
    if (port < 0) return port;
    this.local = { address: { ...local.address }, port };
    return 0;
  }

  /** Binds to any port where nothing is bound. */
  protected takeAny(): Result {
    return this.local.port === 0 ? this.take({ address: this.local.address, port: 0 }) : 0;
  }

  private tellAddress(from: SocketAddress | null, into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (from === null) return failure.notConnected;
    copyAddress(into.address, from.address);
    into.port = from.port;
    return 0;
  }
}
