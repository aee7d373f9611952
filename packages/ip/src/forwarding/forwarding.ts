import type { Packet } from '@synos/interfaces';
import type { Context } from '../context.js';
import type { IcmpErrors } from '../icmp/icmp-errors.js';
import type { InterfaceTable } from '../interface-table.js';
import type { NeighbourTable } from '../neighbour/neighbour-table.js';
import type { NetInterface } from '../net-interface.js';
import type { RouteTable } from '../routing/route-table.js';
import { Forwarder } from './forwarder.js';

/**
 * What turns a host into a router: hand one to `Ip.setForwarding`. What passes between it and the network layer is
 * their own business. It is a part of its own so that hosts, which are nearly all, do not carry it.
 */
export type Forwarding = (parts: never) => unknown;

/** What the network layer asks of a router's part. */
export interface PacketForwarder {
  /** Takes a packet for somebody else: `start` at its header, which was checked, as were its addresses. */
  forward(from: NetInterface, packet: Packet): void;
  /** A packet's next hop does not answer. False: it was this host's own. The packet stays with the caller. */
  hopIsSilent(packet: Packet): boolean;
}

/** What a router's part works with. */
export interface ForwarderParts {
  readonly context: Context;
  readonly interfaces: InterfaceTable;
  readonly table: RouteTable;
  readonly neighbourTable: NeighbourTable;
  readonly errors: IcmpErrors;
}

/**
 * IP forwarding between devices (RFC 1812 §5): longest-prefix match, time to live, fragments or "fragmentation needed",
 * ICMP errors under the host's own rate limits. Never passed on: what came in a broadcast frame, goes to a broadcast
 * or multicast address, is link-local or source-routed. No redirects are sent, record-route and timestamp options pass
 * as they are, and sources are not validated against the routes (RFC 1812 §5.3.8 leaves that to choice).
 *
 * @example
 * const ip = createIp(parts); // with two devices and their addresses
 * ip.setForwarding(createForwarding()); // and `null` to be a host again
 */
export function createForwarding(): Forwarding {
  return (parts: ForwarderParts): PacketForwarder => new Forwarder(parts);
}
