import { failure, type Result, type SendOptions, type TransportOption, withOption } from '@synos/interfaces';
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

const largestBufferBytes = 0x40_0000;

/** The options with one changed, or a failure: `noSuchOption`, `invalid`. */
export function withUdpOption(
  options: EndpointOptions,
  option: TransportOption,
  value: number,
): EndpointOptions | Result {
  if (!Number.isFinite(value) || value < 0) return failure.invalid;
  if (option === 'receiveBufferBytes' || option === 'sendBufferBytes') {
    if (value < 1) return failure.invalid;
    value = Math.min(largestBufferBytes, Math.floor(value));
  }
  return withOption(option === 'ttl' ? { ...options, isTtlSet: true } : options, option, value);
}
