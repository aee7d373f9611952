import type {
  Address,
  Arrival,
  BlockPool,
  Clock,
  Entropy,
  NetDevice,
  NetworkProtocol,
  Packet,
  PacketPool,
  PortTable,
  Result,
  TransportFactory,
} from '@synos/interfaces';
import type { IpCounters } from './counters.js';
import type { Forwarding } from './forwarding/forwarding.js';
import type { IpOptions } from './options.js';
import type { RouteRecord, RouteSpecification } from './routing/route-table.js';

/** What a network layer is made of. */
export interface IpParts {
  /** Packets, of which the receiving devices' may be another pool. */
  readonly packets: PacketPool;
  readonly blocks: BlockPool;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly ports: PortTable;
  readonly transports: readonly TransportFactory[];
  readonly options?: IpOptions;
}

/** A device by its index or itself. */
export type DeviceReference = number | NetDevice;

/** Why a destination is out of reach, as ICMP tells it (RFC 792, RFC 1812 §5.2.7.1). */
export type Unreachable = 'network' | 'host' | 'port' | 'prohibited';

/** What is known of a neighbour, for people and tests. */
export interface NeighbourInfo {
  readonly device: number;
  readonly address: Address;
  /** The hardware address, or `null` while nobody has answered. */
  readonly mac: Uint8Array<ArrayBuffer> | null;
  readonly state: 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'permanent';
}

/** IPv4 over Ethernet with its management. All results: 0 (or an index), or a failure. */
export interface Ip extends NetworkProtocol {
  readonly counters: IpCounters;
  /**
   * Attaches a device and answers its index (2 to 255: 1 is the host's own loopback). The device stays its creator's, who
   * closes it. The index of one that was removed is given again only when all others were.
   */
  addDevice(device: NetDevice): Result;
  /** The index of the first device with this name, or `noSuchDevice`. */
  deviceIndex(name: string): Result;
  /** Detaches a device; its addresses, routes, neighbours and queued frames go. */
  removeDevice(device: DeviceReference): Result;
  /** Gives a device an address; its network becomes reachable there. `prefixBits` of 128: 120 for an IPv4 /24. */
  addAddress(device: DeviceReference, address: Address, prefixBits: number): Result;
  removeAddress(device: DeviceReference, address: Address): Result;
  /** Addresses of a device, in the order in which they were added. */
  addresses(device: DeviceReference): readonly { readonly address: Address; readonly prefixBits: number }[];
  addRoute(route: RouteSpecification): Result;
  removeRoute(route: RouteSpecification): Result;
  /** All routes, longest prefix first. */
  routes(): readonly RouteRecord[];
  neighbours(): readonly NeighbourInfo[];
  /** A neighbour by hand: never asked, never forgotten, contradicted by nobody. */
  addNeighbour(device: DeviceReference, address: Address, mac: Uint8Array): Result;
  removeNeighbour(device: DeviceReference, address: Address): Result;
  /** Takes in packets to a multicast group. Members are counted. Routers are not told: there is no IGMP yet. */
  joinGroup(device: DeviceReference, group: Address): Result;
  leaveGroup(device: DeviceReference, group: Address): Result;
  /**
   * Takes in packets to all addresses of a prefix as if they were ours, and lets transports answer from them: what a
   * gateway needs, together with `host.onUnclaimed`. Routes and neighbours are not affected. Echo requests to them are
   * dropped: nobody here knows whether the destination would answer.
   */
  acceptPrefix(prefix: Address, prefixBits: number): Result;
  /**
   * Tells a packet's sender that its destination is out of reach, in the destination's name: rate-limited, never about
   * group addresses. Borrows the packet, whose `networkStart` must be known.
   */
  unreachable(packet: Packet, arrival: Arrival, why: Unreachable): void;
  /**
   * Makes this host a router, or with `null` (as it begins) a host again. Packets to others then go from device to
   * device; those to this host's own addresses and accepted prefixes stay.
   */
  setForwarding(forwarding: Forwarding | null): void;
}
