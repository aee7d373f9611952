import { failure, type Result, type SendOptions, type TransportOption, withOption } from '@synos/interfaces';
import type { TcpSettings } from './settings.js';

/**
 * What a program has set on an endpoint. Never written to: endpoints share one record until one of them changes, and
 * accepted connections share their listener's.
 */
export interface EndpointOptions {
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  /** 0: all. */
  readonly device: number;
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  readonly keepAlive: boolean;
  readonly keepAliveIdleMs: number;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveCount: number;
  readonly noDelay: boolean;
  readonly cork: boolean;
  /** 0: what the path allows. */
  readonly maximumSegmentBytes: number;
  /** 0: none (RFC 9293 §3.9.1, user timeout). */
  readonly userTimeoutMs: number;
  readonly send: SendOptions;
}

/** What a new endpoint starts with. Keepalive times as RFC 9293 §3.8.4 and Linux have them. */
export function initialOptions(settings: TcpSettings): EndpointOptions {
  return {
    reuseAddress: false,
    reusePort: false,
    device: 0,
    sendBufferBytes: settings.sendBufferBytes,
    receiveBufferBytes: settings.receiveBufferBytes,
    keepAlive: false,
    keepAliveIdleMs: 7_200_000,
    keepAliveIntervalMs: 75_000,
    keepAliveCount: 9,
    noDelay: false,
    cork: false,
    maximumSegmentBytes: 0,
    userTimeoutMs: 0,
    send: { ttl: 64, tos: 0, dontFragment: true },
  };
}

const maxBufferBytes = 1 << 22;

/** The options with one changed, or a failure: `noSuchOption`, `invalid` (out of range). */
export function withTcpOption(
  options: EndpointOptions,
  option: TransportOption,
  value: number,
): EndpointOptions | Result {
  if (!Number.isFinite(value) || value < 0) return failure.invalid;
  switch (option) {
    case 'sendBufferBytes':
    case 'receiveBufferBytes':
      // Out of range is brought into it, as POSIX systems do.
      return withOption(options, option, Math.min(Math.max(Math.floor(value), 1), maxBufferBytes));
    case 'keepAliveIdleMs':
    case 'keepAliveIntervalMs':
      return value < 1 || value > 0x7fff_ffff ? failure.invalid : withOption(options, option, Math.ceil(value));
    case 'keepAliveCount':
      return value < 1 || value > 127 ? failure.invalid : withOption(options, option, Math.floor(value));
    case 'maximumSegmentBytes':
      return value !== 0 && (value < 48 || value > 65_495)
        ? failure.invalid
        : withOption(options, option, Math.floor(value));
    case 'userTimeoutMs':
      return value > 0x7fff_ffff ? failure.invalid : withOption(options, option, Math.ceil(value));
    default:
      return withOption(options, option, value);
  }
}
