export type { IpCounters } from './counters.js';
export { createIp } from './create-ip.js';
export { createForwarding, type Forwarding } from './forwarding/forwarding.js';
export { createPing, type Ping, type PingDone } from './icmp/ping.js';
export type { DeviceReference, Ip, IpParts, NeighbourInfo, Unreachable } from './ip.js';
export type { IpOptions } from './options.js';
export { createPortTable, heldPorts, type PortTableOptions } from './ports/port-table.js';
export type { RouteRecord, RouteSpecification } from './routing/route-table.js';
