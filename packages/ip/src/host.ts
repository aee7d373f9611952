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
import { icmpUnreachableCode } from '@synos/wire';
import type { Context } from './context.js';
import type { IcmpErrors } from './icmp/icmp-errors.js';
import { type InterfaceTable, isMulticastWord } from './interface-table.js';
import type { IpParts } from './ip.js';
import type { Ipv4Output } from './ipv4/ipv4-output.js';
import type { NeighbourTable } from './neighbour/neighbour-table.js';
import type { CachedRoute } from './routing/cached-route.js';
import type { Router } from './routing/router.js';

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
  private readonly neighbourTable: NeighbourTable;
  private readonly errors: IcmpErrors;

  constructor(
    context: Context,
    { clock, blocks, ports }: IpParts,
    router: Router,
    interfaces: InterfaceTable,
    output: Ipv4Output,
    neighbours: NeighbourTable,
    errors: IcmpErrors,
  ) {
    this.entropy = context.entropy;
    this.packets = context.packets;
    this.blocks = blocks;
    this.ports = ports;
    this.onUnclaimed = null;
    this.context = context;
    this.clock = clock;
    this.router = router;
    this.interfaces = interfaces;
    this.output = output;
    this.neighbourTable = neighbours;
    this.errors = errors;
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
    this.context.notify();
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
    this.errors.unreachable(packet, arrival, icmpUnreachableCode.port);
  }

  confirmReachable(route: Route): void {
    const neighbour = (route as CachedRoute).neighbour;
    if (neighbour !== null) this.neighbourTable.confirmForward(neighbour);
  }
}
