import type { Address, Entropy, EventLoop, SocketAddress } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { parseAddress } from '@synos/wire';
import { type DhcpOptions, DhcpOverStack, type DhcpService } from './dhcp/service.js';
import { DnsForwarder, type DnsOptions, type DnsService, dnsPort, placeOfResolver } from './dns/forwarder.js';
import { type DatagramForwarding, DatagramPortForwarding } from './inbound/datagram-forwarding.js';
import { type Forwarding, PortForwarding } from './inbound/forwarding.js';
import { nodeEntropy, nodeLoop } from './node-host.js';
import type { HostPlace } from './outbound/destinations.js';
import { GuestsOut, type Outbound, type OutboundOptions } from './outbound/outbound.js';

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** The stack at the far end of the virtual LAN. It must be driven (`drive`); it remains its owner's. */
  readonly stack: Netstack;
  /** Connections that each forwarding keeps open at once, 1 or more; 10,000 by default. Further ones are reset. */
  readonly maxConnections?: number;
  /** Time, for what ends when nothing comes; Node's by default. */
  readonly loop?: EventLoop;
  /** Identifiers of DNS queries; Node's by default. */
  readonly entropy?: Entropy;
}

/** Options of {@link Gateway.forward}. */
export interface ForwardOptions {
  /** The address on which the host listens: `127.0.0.1` unless told. */
  readonly host?: string;
  /** 0 finds a free one. */
  readonly port: number;
  /** Where connections go. */
  readonly guest: { readonly address: string; readonly port: number };
  /** Closes the forwarding when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of {@link Gateway.forwardDatagrams}. */
export interface ForwardDatagramsOptions extends ForwardOptions {
  /** Places that may send to the port at a time, 1 or more; 1,024 by default. Beyond, the least recently used ends. */
  readonly maxFlows?: number;
  /** When a place is forgotten from which, and to which, nothing comes; 120,000 ms by default. */
  readonly flowIdleMs?: number;
}

/** The far end of a virtual LAN: what comes in on the host's side goes on to guests, and theirs comes out there. */
export interface Gateway {
  /**
   * Relays the connections of a host port to a guest. Each end of a stream is passed on by itself (half-close), a reset
   * as a reset, and a slow side slows the other: at most a chunk (64 KB) each way and the streams' own buffers are held.
   *
   * @throws (rejects) Node's error where the host does not listen (`EADDRINUSE`, `EACCES`); TypeError for a guest
   *   address that does not parse; RangeError for a port; the signal's reason
   */
  forward(options: ForwardOptions): Promise<Forwarding>;
  /**
   * Passes the datagrams of a host UDP port on to a guest, and its answers back. Each place that sends to the port is
   * a port of the gateway's own to the guest.
   *
   * @throws (rejects) as {@link forward}
   */
  forwardDatagrams(options: ForwardDatagramsOptions): Promise<DatagramForwarding>;
  /**
   * Lets guests out: TCP connections and UDP datagrams to any address leave by the host's own sockets. The gateway's own
   * address is the host's 127.0.0.1, except for ports where the stack itself listens. A guest's connection is accepted
   * after the host's stands, reset when it is refused, and told by ICMP of networks out of reach. Once per stack.
   *
   * @throws TypeError for a network that does not parse; RangeError for a number; Error when somebody answers already
   */
  openOutbound(options?: OutboundOptions): Outbound;
  /**
   * Gives guests addresses (RFC 2131, RFC 2132): all messages of clients are answered, relays and BOOTP are not.
   *
   * @throws TypeError for an address that does not parse; RangeError for a pool or lease; Error when the stack's port
   *   67 is taken
   */
  serveDhcp(options: DhcpOptions): DhcpService;
  /**
   * Passes guests' DNS queries on to a resolver: UDP here, and TCP by way of {@link openOutbound} when that is called
   * afterwards.
   *
   * @throws TypeError for an address that does not parse; RangeError for a number; Error when the stack's port 53 is
   *   taken
   */
  serveDns(options: DnsOptions): DnsService;
  /** Closes every forwarding and service. */
  close(): Promise<void>;
}

/**
 * A gateway on a stack of ours. It needs no rights: to the host it is an ordinary program.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ stack });
 * const { port } = await gateway.forward({ port: 0, guest: { address: '10.0.0.2', port: 80 } });
 * gateway.serveDhcp({ address: '10.0.0.1/24' });
 * gateway.openOutbound({ allow: ['127.0.0.0/8', '192.0.2.0/24'] });
 * ```
 */
export function createGateway(options: GatewayOptions): Gateway {
  return new StackGateway(options);
}

class StackGateway implements Gateway {
  readonly #stack: Netstack;
  readonly #maxConnections: number;
  readonly #loop: EventLoop;
  readonly #entropy: Entropy;
  readonly #open: Set<{ close(): unknown }>;
  /** Ports of the gateway that are not the host's ports of the same number. */
  readonly #redirected: Map<number, HostPlace>;

  constructor(options: GatewayOptions) {
    const { stack, maxConnections = 10_000 } = options;
    checkCount('maxConnections', maxConnections);
    this.#stack = stack;
    this.#maxConnections = maxConnections;
    this.#loop = options.loop ?? nodeLoop;
    this.#entropy = options.entropy ?? nodeEntropy;
    this.#open = new Set();
    this.#redirected = new Map();
  }

  async forward(options: ForwardOptions): Promise<Forwarding> {
    const target = await this.#targetOf(options);
    const { host = '127.0.0.1', port, signal } = options;
    const maxConnections = this.#maxConnections;
    const forwarding = new PortForwarding({ sockets: this.#stack.sockets, guest: target, maxConnections });
    await forwarding.listen(host, port);
    return this.#keep(forwarding, signal);
  }

  async forwardDatagrams(options: ForwardDatagramsOptions): Promise<DatagramForwarding> {
    const target = await this.#targetOf(options);
    const { host = '127.0.0.1', port, signal, maxFlows = 1024, flowIdleMs = 120_000 } = options;
    checkCount('maxFlows', maxFlows);
    checkCount('flowIdleMs', flowIdleMs);
    const parts = { sockets: this.#stack.sockets, loop: this.#loop, guest: target, maxFlows, idleMs: flowIdleMs };
    const forwarding = new DatagramPortForwarding(parts);
    await forwarding.listen(host, port);
    return this.#keep(forwarding, signal);
  }

  openOutbound(options: OutboundOptions = {}): Outbound {
    const parts = { stack: this.#stack, loop: this.#loop, options, redirected: this.#redirected };
    return this.#added(new GuestsOut(parts));
  }

  serveDhcp(options: DhcpOptions): DhcpService {
    return this.#added(new DhcpOverStack(this.#stack, this.#loop, options));
  }

  serveDns(options: DnsOptions): DnsService {
    const service = this.#added(new DnsForwarder(this.#stack, this.#loop, this.#entropy, options));
    this.#redirected.set(dnsPort, placeOfResolver(options));
    return service;
  }

  async close(): Promise<void> {
    const all = [...this.#open];
    this.#open.clear();
    await Promise.all(all.map((each) => each.close()));
  }

  async #targetOf({ port, guest, signal }: ForwardOptions): Promise<SocketAddress> {
    signal?.throwIfAborted();
    const address: Address | undefined = parseAddress(guest.address);
    if (!address) throw new TypeError(`not an address (like 10.0.0.2): ${guest.address}`);
    checkPort(port, 0);
    checkPort(guest.port, 1);
    return { address, port: guest.port };
  }

  #added<Service extends { close(): unknown }>(service: Service): Service {
    this.#open.add(service);
    return service;
  }

  /** Closes with the gateway or the signal, whichever is first. */
  async #keep<Kept extends { close(): Promise<void> }>(kept: Kept, signal: AbortSignal | undefined): Promise<Kept> {
    if (signal?.aborted) {
      await kept.close();
      signal.throwIfAborted();
    }
    const close = kept.close.bind(kept);
    const onAbort = (): void => void kept.close();
    kept.close = () => {
      this.#open.delete(kept);
      signal?.removeEventListener('abort', onAbort);
      return close();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return this.#added(kept);
  }
}

function checkPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) throw new RangeError(`port out of range: ${port}`);
}

function checkCount(name: string, count: number): void {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`${name} must be a whole number of 1 or more: ${count}`);
  }
}
