import type { Arrival, Claim, EventLoop, Packet, TransportProtocol } from '@synos/interfaces';
import type { Netstack } from '@synos/netstack';
import { ipv4Any, protocolNumber, tcpDestinationPort } from '@synos/wire';
import { type ConnectionStats, GuestConnections } from './connections.js';
import { type DatagramStats, GuestFlows } from './datagrams.js';
import { Destinations, type HostPlace } from './destinations.js';

/** Options of {@link Gateway.openOutbound}. Counts are whole numbers of 1 or more, times milliseconds. */
export interface OutboundOptions {
  /**
   * Networks of the host's side that guests may reach, `'192.0.2.0/24'`; by default `['127.0.0.0/8']`, which guests
   * know as the gateway's own address alone. `['0.0.0.0/0']` is everything that the host reaches.
   */
  readonly allow?: readonly string[];
  /**
   * The host's address for a guest's destination, or `null` where guests may not go: by default the same. What it
   * answers must be in `allow` too. It is not asked about the gateway's own address, which is the host's 127.0.0.1.
   */
  readonly toHost?: (destination: string) => string | null;
  /** Connections of all guests, 10,000 by default; further ones are reset. */
  readonly maxConnections?: number;
  /** Connections of one guest's address, 1,024 by default; further ones are reset. */
  readonly maxConnectionsPerGuest?: number;
  /** How long the host may take to connect, and then the guest to end its handshake; 60,000 by default. */
  readonly connectTimeoutMs?: number;
  /** UDP flows of all guests, 4,096 by default; beyond, the guest with most flows loses its least recently used one. */
  readonly maxFlows?: number;
  /** UDP flows of one guest's address, 512 by default; beyond, it loses its least recently used one. */
  readonly maxFlowsPerGuest?: number;
  /** When a flow ends in which nothing comes; 120,000 by default, the least that RFC 4787 §4.3 allows. */
  readonly flowIdleMs?: number;
}

/** What came of guests' connections and datagrams to the host's side. */
export interface OutboundStats {
  readonly connections: ConnectionStats;
  readonly datagrams: DatagramStats;
  /** SYNs and datagrams to where guests may not go: answered with ICMP "administratively prohibited". */
  readonly prohibited: number;
}

/** Guests' way out; see {@link Gateway.openOutbound}. */
export interface Outbound {
  /** The numbers of this moment. */
  readonly stats: OutboundStats;
  /** Resets every connection, ends every flow, and refuses from now on. Idempotent. */
  close(): void;
}

/** What {@link GuestsOut} is made of. */
export interface GuestsOutParts {
  readonly stack: Netstack;
  readonly loop: EventLoop;
  readonly options: OutboundOptions;
  /** Where connections to a port of the gateway go instead of the host's port of that number. */
  readonly redirected: ReadonlyMap<number, HostPlace>;
}

/** Answers for every address that is not the stack's. */
export class GuestsOut implements Outbound {
  readonly #parts: GuestsOutParts;
  readonly #destinations: Destinations;
  readonly #connections: GuestConnections;
  readonly #flows: GuestFlows;
  #prohibited: number;
  #isClosed: boolean;

  /** @throws TypeError for a network that does not parse; RangeError for a number; Error when somebody answers already */
  constructor(parts: GuestsOutParts) {
    const { stack, loop, options } = parts;
    const { maxConnections = 10_000, maxConnectionsPerGuest = 1024, connectTimeoutMs = 60_000 } = options;
    const { maxFlows = 4096, maxFlowsPerGuest = 512, flowIdleMs = 120_000 } = options;
    checkCounts({ maxConnections, maxConnectionsPerGuest, connectTimeoutMs, maxFlows, maxFlowsPerGuest, flowIdleMs });
    const { allow = ['127.0.0.0/8'], toHost } = options;
    const { host } = stack.ip;
    if (host.onUnclaimed !== null) throw new Error('somebody answers already for what no socket of the stack claims');
    const tcp = stack.transports.find(({ protocol }) => protocol === protocolNumber.tcp);
    if (tcp === undefined) throw new Error('the stack has no TCP');
    this.#parts = parts;
    this.#destinations = new Destinations({ ip: stack.ip, allow, toHost });
    this.#connections = new GuestConnections({
      stack,
      tcp,
      loop,
      maxConnections,
      maxConnectionsPerGuest,
      connectTimeoutMs,
    });
    this.#flows = new GuestFlows({ stack, loop, maxFlows, maxFlowsPerGuest, idleMs: flowIdleMs });
    this.#prohibited = 0;
    this.#isClosed = false;
    host.onUnclaimed = (transport, packet, arrival) => this.#claim(transport, packet, arrival);
    stack.ip.acceptPrefix(ipv4Any, 96);
  }

  get stats(): OutboundStats {
    return { connections: this.#connections.stats, datagrams: this.#flows.stats, prohibited: this.#prohibited };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.stack.ip.host.onUnclaimed = null;
    this.#connections.close();
    this.#flows.close();
  }

  #claim(transport: TransportProtocol, packet: Packet, arrival: Arrival): Claim {
    const { stack, redirected } = this.#parts;
    const isTcp = transport.protocol === protocolNumber.tcp;
    if (!isTcp && transport.protocol !== protocolNumber.udp) return false;
    const known = isTcp ? this.#connections.recall(packet, arrival) : null;
    if (known !== null) return known;
    // Whoever cannot be answered costs the host nothing.
    if (typeof stack.ip.host.route(arrival.destination, arrival.source) === 'number') return 'held';
    // Both transports have the destination's port in the same place.
    const port = tcpDestinationPort(packet.memory.view, packet.start);
    if (port === 0) return false;
    const elsewhere = isTcp ? redirected.get(port) : undefined;
    if (elsewhere !== undefined && this.#destinations.isOwn(arrival.destination, arrival.device)) {
      return this.#connections.begin(packet, arrival, elsewhere);
    }
    const address = this.#destinations.onHost(arrival.destination, arrival.device);
    if (address === null) {
      this.#prohibited += 1;
      stack.ip.unreachable(packet, arrival, 'prohibited');
      return 'held';
    }
    const place = { address, port };
    return isTcp ? this.#connections.begin(packet, arrival, place) : this.#flows.claim(packet, arrival, place);
  }
}

function checkCounts(counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isInteger(count) && count >= 1)) {
      throw new RangeError(`${name} must be a whole number of 1 or more: ${count}`);
    }
  }
}
