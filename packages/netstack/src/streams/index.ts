export { isNetworkError, type NetworkFailure } from '../errors.js';
export type { Connection } from './connection.js';
export type { Datagram, Datagrams } from './datagrams.js';
export { createDefaultHost, type Host } from './host.js';
export type { Listener } from './listener.js';
export {
  type ConnectOptions,
  createNetwork,
  type DatagramOptions,
  type ListenOptions,
  type Network,
  type NetworkOptions,
} from './network.js';
export type { Place } from './place.js';
