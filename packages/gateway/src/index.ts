export type { DhcpCounters } from './dhcp/server.js';
export type { DhcpOptions, DhcpService, DhcpStats } from './dhcp/service.js';
export type { DnsOptions, DnsService, DnsStats } from './dns/forwarder.js';
export {
  createGateway,
  type ForwardDatagramsOptions,
  type ForwardOptions,
  type Gateway,
  type GatewayOptions,
} from './gateway.js';
export type { DatagramForwarding, DatagramForwardingStats } from './inbound/datagram-forwarding.js';
export type { Forwarding, ForwardingStats } from './inbound/forwarding.js';
export type { GuardCounters } from './lan/guard.js';
export { createLan, type Lan, type LanGuest, type LanOptions, type LanStats } from './lan/lan.js';
export type { ConnectionStats } from './outbound/connections.js';
export type { DatagramStats } from './outbound/datagrams.js';
export type { Outbound, OutboundOptions, OutboundStats } from './outbound/outbound.js';
