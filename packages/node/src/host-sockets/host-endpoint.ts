import {
  copyAddress,
  type Direction,
  failure,
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
import { anyName, type HostDomain } from './host-address.js';
import type { Host } from './host-sockets.js';

/** What streams and datagrams have in common: names, options, errors, a listener, operations that end later. */
export abstract class HostEndpoint implements TransportEndpoint {
  abstract readonly kind: 'stream' | 'datagram';
  readonly domain: HostDomain;
  isClosed: boolean;
  protected readonly host: Host;
  protected readonly options: EndpointOptions;
  protected local: SocketAddress;
  protected remote: SocketAddress | null;
  protected error: Result;
  /** Bits of `direction` that are shut down. */
  protected shut: number;
  protected isOperating: boolean;
  private listener: ReadinessListener | null;
  /** Of an operation that has ended. */
  private result: Result | undefined;

  constructor(host: Host, domain: HostDomain, kind: 'stream' | 'datagram') {
    this.domain = domain;
    this.isClosed = false;
    this.host = host;
    this.options = new EndpointOptions(kind);
    this.local = anyName(domain);
    this.remote = null;
    this.error = 0;
    this.shut = 0;
    this.isOperating = false;
    this.listener = null;
    this.result = undefined;
    host.enter(this);
  }

  abstract bind(local: SocketAddress): Result;
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
  protected abstract readonly isListening: boolean;
  protected abstract readonly readableBytes: number;
  protected abstract readonly unsentBytes: number;
  /** Sets an option on the handle, if there is one. */
  protected abstract apply(option: TransportOption, value: number): void;

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
    if (listener !== null) this.host.changed(this);
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
    if (this.isClosed) return failure.closed;
    const result = this.options.set(option, value);
    if (result === 0) this.apply(option, value);
    return result;
  }

  getOption(option: TransportOption): Result {
    if (this.isClosed) return failure.closed;
    if (option === 'listening') return this.isListening ? 1 : 0;
    if (option === 'readableBytes') return this.readableBytes;
    if (option === 'unsentBytes') return this.unsentBytes;
    return this.options.get(option);
  }

  info(): TransportInfo | null {
    return null;
  }

  /** From the provider, outside of every call. */
  tell(): void {
    if (!this.isClosed) this.listener?.readinessChanged(this, this.readiness());
  }

  /** Is closed from now on. */
  protected leave(): void {
    this.isClosed = true;
    this.listener = null;
    this.host.forget(this);
  }

  protected begin(): Result {
    this.isOperating = true;
    this.result = undefined;
    return failure.pending;
  }

  /** The operation that runs has ended. */
  protected complete(result: Result): void {
    if (!this.isOperating || this.isClosed) return;
    this.isOperating = false;
    this.result = result;
    this.host.changed(this);
  }

  protected changed(): void {
    this.host.changed(this);
  }

  private tellAddress(from: SocketAddress | null, into: MutableSocketAddress): Result {
    if (this.isClosed) return failure.closed;
    if (from === null) return failure.notConnected;
    copyAddress(into.address, from.address);
    into.port = from.port;
    return 0;
  }
}
