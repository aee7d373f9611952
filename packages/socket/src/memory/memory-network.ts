import {
  type Address,
  addressEquals,
  failure,
  isUnspecified,
  type Result,
  type SocketKind,
  type SocketProvider,
  type TransportEndpoint,
} from '@synos/interfaces';
import { DatagramEndpoint } from './datagram-endpoint.js';
import type { MemoryEndpoint } from './memory-endpoint.js';
import { Ports } from './ports.js';
import { StreamEndpoint } from './stream-endpoint.js';

/** What {@link createMemoryNetwork} is given. */
export interface MemoryNetworkOptions {
  /** Runs a task soon, and never from inside the call: `queueMicrotask`, `setImmediate`, a simulated loop's `soon`. */
  readonly soon: (task: () => void) => void;
  /** The addresses of the one host there is; 127.0.0.1 and ::1 by default. */
  readonly addresses?: readonly Address[];
  /**
   * Whether bind, listen and connect answer `pending` and complete in a later turn, as a host's own sockets do; `false`
   * by default.
   */
  readonly completesLater?: boolean;
  /** How many endpoints may be open at a time, 65,536 by default; beyond, `open` answers `noBuffers`. */
  readonly maximumEndpoints?: number;
}

/** A network in memory. */
export interface MemoryNetwork extends SocketProvider {
  /** How many endpoints are open, those included that nobody has accepted. */
  readonly openEndpoints: number;
  /** Closes every endpoint and gives all ports back. No listener is told; nothing may be opened afterwards. */
  dispose(): void;
}

const loopback: readonly Address[] = [
  { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001 },
  { w0: 0, w1: 0, w2: 0, w3: 1 },
];
const usualProtocol = { stream: 6, datagram: 17 } as const;
const options = ['cork', 'maximumSegmentBytes', 'mtuDiscovery'];

/**
 * Streams and datagrams between the sockets of one provider, without packets, time or loss: a network for programs
 * under test, and a provider to read. Two networks share nothing.
 *
 * @example
 * ```ts
 * const network = createMemoryNetwork({ soon: queueMicrotask });
 * const sockets = createSockets({ providers: [network], clock });
 * ```
 */
export function createMemoryNetwork(given: MemoryNetworkOptions): MemoryNetwork {
  return new Network(given);
}

/** What endpoints see of their network. */
export class Network implements MemoryNetwork {
  readonly name = 'memory';
  readonly lacks: readonly string[];
  readonly ports: Ports;
  readonly completesLater: boolean;
  private readonly addresses: readonly Address[];
  private readonly maximumEndpoints: number;
  private readonly soon: (task: () => void) => void;
  private readonly endpoints: Set<MemoryEndpoint>;
  private tasks: (() => void)[];
  private events: Set<MemoryEndpoint>;
  private isScheduled: boolean;
  private isDisposed: boolean;

  constructor({ soon, addresses = loopback, completesLater = false, maximumEndpoints = 65_536 }: MemoryNetworkOptions) {
    if (typeof soon !== 'function') throw new TypeError('a network in memory needs { soon }: queueMicrotask, for one');
    this.lacks = [
      'unix',
      'raw',
      'urgent',
      'collect',
      'info',
      'datagram broadcast',
      ...options.map((option) => `stream ${option}`),
      ...options.map((option) => `datagram ${option}`),
      ...(completesLater ? [] : ['pending']),
    ];
    this.ports = new Ports();
    this.completesLater = completesLater;
    this.addresses = addresses;
    this.maximumEndpoints = maximumEndpoints;
    this.soon = soon;
    this.endpoints = new Set();
    this.tasks = [];
    this.events = new Set();
    this.isScheduled = false;
    this.isDisposed = false;
  }

  get openEndpoints(): number {
    return this.endpoints.size;
  }

  supports({ domain, type, protocol }: SocketKind): boolean {
    if (domain === 'unix' || type === 'raw') return false;
    return protocol === 0 || protocol === usualProtocol[type];
  }

  open(kind: SocketKind): TransportEndpoint | Result {
    if (!this.supports(kind)) return failure.notSupported;
    if (this.isDisposed || this.endpoints.size >= this.maximumEndpoints) return failure.noBuffers;
    return this.enter(kind.type === 'stream' ? new StreamEndpoint(this) : new DatagramEndpoint(this));
  }

  dispose(): void {
    this.isDisposed = true;
    for (const endpoint of this.endpoints) endpoint.leave();
    this.tasks = [];
    this.events.clear();
  }

  enter<Endpoint extends MemoryEndpoint>(endpoint: Endpoint): Endpoint {
    this.endpoints.add(endpoint);
    return endpoint;
  }

  forget(endpoint: MemoryEndpoint): void {
    this.endpoints.delete(endpoint);
    this.events.delete(endpoint);
    this.ports.release(endpoint);
  }

  isOwn(address: Address): boolean {
    return this.addresses.some((own) => addressEquals(own, address));
  }

  /** Where a destination really lies, `null` for out of reach: "any" is this host, as Linux has it. */
  reach(address: Address): Address | null {
    if (isUnspecified(address)) return this.addresses[0] ?? null;
    return this.isOwn(address) ? address : null;
  }

  /** Runs `task` when no call of anybody's is under way. */
  later(task: () => void): void {
    this.tasks.push(task);
    this.schedule();
  }

  /** The endpoint's listener is told, soon. */
  changed(endpoint: MemoryEndpoint): void {
    this.events.add(endpoint);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.isDisposed) return;
    this.isScheduled = true;
    this.soon(() => this.turn());
  }

  private turn(): void {
    this.isScheduled = false;
    const { tasks } = this;
    this.tasks = [];
    for (const task of tasks) task();
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
