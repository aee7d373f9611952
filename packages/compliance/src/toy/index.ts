export { ToyHost, type ToyLeaks, toyAddress, toyBroadcast, toyLoopback } from './host.js';
export type { ToyFault } from './link.js';
export { type ToyNetwork, type ToyNetworkSettings, toyNetwork } from './network.js';
export { createToyPortTable, type ToyPortTable, toyEphemeralFirst, toyEphemeralLast } from './port-table.js';
