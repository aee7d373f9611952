import { failure, type Result, type SocketKind, type SocketProvider, type TransportEndpoint } from '@synos/interfaces';
import { lackingOptions } from './endpoint-options.js';
import { HostDatagram } from './host-datagram.js';
import type { HostEndpoint } from './host-endpoint.js';
import { HostStream } from './host-stream.js';

/** What {@link createHostSockets} may be given. */
export interface HostSocketsOptions {
  /** How many endpoints may be open at a time, 65,536 by default; beyond, `open` answers `noBuffers`. */
  readonly maximumEndpoints?: number;
}

/** The host's own network as a provider of sockets. */
export interface HostSockets extends SocketProvider {
  /** Handles of the host that are open, those included that still send after their endpoint was closed. */
  readonly openHandles: number;
  /** Closes every endpoint and destroys every handle. No listener is told; nothing may be opened afterwards. */
  dispose(): void;
}

const usualProtocol = { stream: 6, datagram: 17 } as const;

/**
 * The host's own network under POSIX sockets: TCP by `node:net`, UDP by `node:dgram`. `bind`, `listen` and a datagram's
 * `connect` answer `pending`, as Node completes them later. Listeners are told from `setImmediate`, never from inside a
 * call. Open handles keep the process alive, as Node's own do.
 *
 * @example
 * ```ts
 * const host = createHostSockets();
 * const sockets = createSockets({ providers: [host], clock: performance });
 * ```
 */
export function createHostSockets(options: HostSocketsOptions = {}): HostSockets {
  return new Host(options);
}

/** What the host has handed out and must get back. */
interface Handle {
  once(event: 'close', listener: () => void): unknown;
}

/** What endpoints see of their provider. */
export class Host implements HostSockets {
  readonly name = 'host';
  readonly lacks: readonly string[];
  private readonly maximumEndpoints: number;
  private readonly endpoints: Set<HostEndpoint>;
  private readonly handles: Map<Handle, () => void>;
  private events: Set<HostEndpoint>;
  private isScheduled: boolean;
  private isDisposed: boolean;

  constructor({ maximumEndpoints = 65_536 }: HostSocketsOptions) {
    this.lacks = ['unix', 'raw', 'urgent', 'collect', 'info', 'bind-without-listen', ...lackingOptions()];
    this.maximumEndpoints = maximumEndpoints;
    this.endpoints = new Set();
    this.handles = new Map();
    this.events = new Set();
    this.isScheduled = false;
    this.isDisposed = false;
  }

  get openHandles(): number {
    return this.handles.size;
  }

  /** Whether another endpoint may be opened. */
  get hasRoom(): boolean {
    return !this.isDisposed && this.endpoints.size < this.maximumEndpoints;
  }

  supports({ domain, type, protocol }: SocketKind): boolean {
    if (domain === 'unix' || type === 'raw') return false;
    return protocol === 0 || protocol === usualProtocol[type];
  }

  open(kind: SocketKind): TransportEndpoint | Result {
    if (kind.domain === 'unix' || !this.supports(kind)) return failure.notSupported;
    if (!this.hasRoom) return failure.noBuffers;
    return kind.type === 'stream' ? new HostStream(this, kind.domain) : new HostDatagram(this, kind.domain);
  }

  dispose(): void {
    this.isDisposed = true;
    for (const endpoint of this.endpoints) endpoint.abort();
    for (const destroy of this.handles.values()) destroy();
    this.events.clear();
  }

  enter(endpoint: HostEndpoint): void {
    this.endpoints.add(endpoint);
  }

  forget(endpoint: HostEndpoint): void {
    this.endpoints.delete(endpoint);
    this.events.delete(endpoint);
  }

  /** Counts a handle until it is closed; `destroy` is what ends it at once. */
  keep(handle: Handle, destroy: () => void): void {
    this.handles.set(handle, destroy);
    handle.once('close', () => this.handles.delete(handle));
  }

  /** The endpoint's listener is told, when nobody's call is under way. */
  changed(endpoint: HostEndpoint): void {
    if (endpoint.isClosed) return;
    this.events.add(endpoint);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.deliver());
  }

  private deliver(): void {
    this.isScheduled = false;
    const told = this.events;
    this.events = new Set();
    try {
      for (const endpoint of told) {
        told.delete(endpoint);
        endpoint.tell();
      }
    } finally {
      // A listener that throws takes nobody's event away.
      for (const endpoint of told) this.changed(endpoint);
    }
  }
}
