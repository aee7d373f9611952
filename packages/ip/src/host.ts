import type {
  Address,
  Arrival,
  BlockPool,
  Clock,
  Entropy,
  Packet,
  PacketPool,
  PortTable,
  Result,
  Route,
  SendOptions,
  TransportHost,
} from '@synos/interfaces';
import { isIpv4Mapped, isUnspecified } from '@synos/interfaces';
import type { Context } from './context.js';
import type { IcmpErrors } from './icmp/icmp-errors.js';
import { type InterfaceTable, isMulticastWord } from './interface-table.js';
import type { Ipv4Output } from './ipv4/ipv4-output.js';
import type { NeighbourTable } from './neighbour/neighbour-table.js';
import type { CachedRoute } from './routing/cached-route.js';
import type { Router } from './routing/router.js';

/** The parts of the network layer that transports reach through their host. */
export interface HostParts {
  readonly context: Context;
  readonly clock: Clock;
  readonly blocks: BlockPool;
  readonly ports: PortTable;
  readonly router: Router;
  readonly interfaces: InterfaceTable;
  readonly output: Ipv4Output;
  readonly neighbours: NeighbourTable;
  readonly errors: IcmpErrors;
  readonly wake: () => void;
}

/** The face of the network layer that transports see. */
export class Host implements TransportHost {
  readonly entropy: Entropy;
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
  readonly ports: PortTable;
  onUnclaimed: TransportHost['onUnclaimed'];
  private readonly context: Context;
  private readonly clock: Clock;
  private readonly router: Router;
  private readonly interfaces: InterfaceTable;
  private readonly output: Ipv4Output;
  private readonly neighbours: NeighbourTable;
  private readonly errors: IcmpErrors;
  private readonly notify: () => void;

  constructor(parts: HostParts) {
    this.entropy = parts.context.entropy;
    this.packets = parts.context.packets;
    this.blocks = parts.blocks;
    this.ports = parts.ports;
    this.onUnclaimed = null;
    this.context = parts.context;
    this.clock = parts.clock;
    this.router = parts.router;
    this.interfaces = parts.interfaces;
    this.output = parts.output;
    this.neighbours = parts.neighbours;
    this.errors = parts.errors;
    this.notify = parts.wake;
  }

  get now(): number {
    return this.context.now;
  }

  get isPolling(): boolean {
    return this.context.isPolling;
  }

  enter(): void {
    if (this.context.isPolling) return;
    const now = this.clock.now();
    if (now > this.context.now) this.context.now = now;
  }

  wake(): void {
    this.notify();
  }

  route(source: Address, destination: Address, device?: number): Route | Result {
    return this.router.route(source, destination, device);
  }

  isLocalAddress(address: Address): boolean {
    if (!isIpv4Mapped(address)) return false;
    if (isUnspecified(address)) return false;
    // An endpoint may bind a group before the host joins it.
    return isMulticastWord(address.w3) || this.router.isLocal(address.w3) || this.interfaces.accepts(address.w3);
  }

  send(packet: Packet, route: Route, protocol: number, options: SendOptions): Result {
    return this.output.send(packet, route as CachedRoute, protocol, options.ttl, options.tos, options.dontFragment);
  }

  portUnreachable(packet: Packet, arrival: Arrival): void {
    this.errors.portUnreachable(packet, arrival);
  }

  confirmReachable(route: Route): void {
    const neighbour = (route as CachedRoute).neighbour;
    if (neighbour !== null) this.neighbours.confirmForward(neighbour);
  }
}
