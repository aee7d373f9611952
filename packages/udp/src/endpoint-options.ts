import { failure, type Result, type SendOptions, type TransportOption } from '@synos/interfaces';
import { defaultReceiveBufferBytes, defaultSendBufferBytes, defaultTtl } from './limits.js';

/** The options of an endpoint. Values are shared and never changed: setting one makes a new record. */
export interface EndpointOptions {
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  /** 0: all. */
  readonly device: number;
  readonly broadcast: boolean;
  readonly cork: boolean;
  readonly keepAlive: boolean;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  readonly send: SendOptions;
  /** Whether the TTL was chosen: group datagrams have a default of their own. */
  readonly isTtlSet: boolean;
}

/** What an endpoint has that nobody has set anything on. */
export const defaultUdpOptions: EndpointOptions = {
  reuseAddress: false,
  reusePort: false,
  device: 0,
  broadcast: false,
  cork: false,
  keepAlive: false,
  receiveBufferBytes: defaultReceiveBufferBytes,
  sendBufferBytes: defaultSendBufferBytes,
  send: { ttl: defaultTtl, tos: 0, dontFragment: false },
  isTtlSet: false,
};

const largestBufferBytes = 4 * 1024 * 1024;

/** The options with one changed, or a failure: `noSuchOption`, `invalid`. */
export function setUdpOption(
  options: EndpointOptions,
  option: TransportOption,
  value: number,
): EndpointOptions | Result {
  if (!Number.isFinite(value) || value < 0) return failure.invalid;
  switch (option) {
    case 'reuseAddress':
    case 'reusePort':
    case 'broadcast':
    case 'cork':
    case 'keepAlive':
      return { ...options, [option]: value !== 0 };
    case 'receiveBufferBytes':
    case 'sendBufferBytes':
      if (value < 1) return failure.invalid;
      return { ...options, [option]: Math.min(largestBufferBytes, Math.floor(value)) };
    case 'device':
      return { ...options, device: value };
    case 'ttl':
      if (value < 1 || value > 255) return failure.invalid;
      return { ...options, send: { ...options.send, ttl: Math.floor(value) }, isTtlSet: true };
    case 'tos':
      return value > 255 ? failure.invalid : { ...options, send: { ...options.send, tos: Math.floor(value) } };
    case 'mtuDiscovery':
      return { ...options, send: { ...options.send, dontFragment: value !== 0 } };
    case 'listening':
    case 'readableBytes':
    case 'unsentBytes':
      return failure.invalid;
    default:
      return failure.noSuchOption;
  }
}

/** An option's value, or `noSuchOption`. */
export function getUdpOption(options: EndpointOptions, option: TransportOption): Result {
  switch (option) {
    case 'reuseAddress':
    case 'reusePort':
    case 'broadcast':
    case 'cork':
    case 'keepAlive':
      return options[option] ? 1 : 0;
    case 'device':
    case 'receiveBufferBytes':
    case 'sendBufferBytes':
      return options[option];
    case 'ttl':
      return options.send.ttl;
    case 'tos':
      return options.send.tos;
    case 'mtuDiscovery':
      return options.send.dontFragment ? 1 : 0;
    case 'listening':
      return 0;
    default:
      return failure.noSuchOption;
  }
}
