export type { StreamCounters } from './counters.js';
export type { FramingError, FramingFault, StreamPlace } from './errors.js';
export type { StreamAddress, StreamOptions } from './options.js';
export {
  type ConnectStreamOptions,
  connectStream,
  type ReconnectOptions,
  type StreamClient,
} from './stream-client.js';
export {
  type ListenStreamOptions,
  listenStream,
  type StreamPeer,
  type StreamServer,
  type StreamServerCounters,
} from './stream-server.js';
